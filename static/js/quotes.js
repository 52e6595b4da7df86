// Prices, results and the projected balance follow the quotes between two answers of the server, which are the truth.
//   [data-quote="ID"][data-shows="bid|ask"][data-places]   shows a price
//   tr[data-held="ID"][data-hits][data-open][data-point][data-fee]   a position; its [data-shows="gross|net|value"]
//   #figures[data-worths]   the account: [[ID, side, open price, money per unit of price], ...]
"use strict";

(() => {
  const last = new Map();  // instrument -> { bid, ask }

  const grouped = (value, places, signed = false) => {
    const digits = Math.abs(value).toFixed(places);
    const zero = Number(digits) === 0;
    const [whole, rest] = digits.split(".");
    const words = whole.replace(/\B(?=(\d{3})+$)/g, "\u00a0") + (rest ? `.${rest}` : "");
    if (zero) return words;
    return (value < 0 ? "\u2212" : signed ? "+" : "") + words;
  };
  // Into the text node itself: the watcher of numbers then knows what stood there before.
  const write = (element, words) => {
    const node = element.firstChild;
    if (node?.nodeType !== Node.TEXT_NODE) element.textContent = words;
    else if (node.data !== words) node.data = words;
  };
  const writeResult = (element, value, places) => {
    const place = element.querySelector("[data-number]") ?? element;
    const words = grouped(value, places, true);
    write(place, words);
    if (words.startsWith("+")) place.dataset.sign = "gain";
    else if (words.startsWith("\u2212")) place.dataset.sign = "loss";
    else delete place.dataset.sign;
  };

  const showPrice = (element) => {
    const quote = last.get(element.dataset.quote);
    if (quote) write(element, grouped(quote[element.dataset.shows], Number(element.dataset.places)));
  };
  const showPosition = (row, places) => {
    const quote = last.get(row.dataset.held);
    if (!quote) return;
    const { hits, open, point, fee } = row.dataset;
    const gross = (quote[hits] - Number(open)) * Number(point);
    const shows = { gross, net: gross - Number(fee) };
    for (const [name, value] of Object.entries(shows)) {
      const cell = row.querySelector(`[data-shows="${name}"]`);
      if (cell) writeResult(cell, value, places);
    }
    const value = row.querySelector('[data-shows="value"]');
    if (value) write(value, grouped(Math.abs(Number(point)) * quote[hits], places));
  };
  const number = (text) => Number(text.replace(/[\s\u00a0]/g, "").replace("\u2212", "-"));
  const showSums = (table, places) => {
    for (const sum of table.querySelectorAll("[data-sum]")) {
      const cells = [...table.querySelectorAll(`tbody [data-shows="${sum.dataset.sum}"]`)];
      const total = cells.reduce((all, cell) => all + number(cell.textContent), 0);
      if (Number.isNaN(total)) continue;
      if (sum.dataset.sum === "value") write(sum, grouped(total, places));
      else writeResult(sum, total, places);
    }
  };
  const showProjected = () => {
    const figures = document.getElementById("figures");
    const projected = figures?.querySelector("[data-projected]");
    if (!projected || !figures.dataset.worths) return;
    const worths = JSON.parse(figures.dataset.worths);
    if (!worths.every(([id]) => last.has(String(id)))) return;
    const places = Number(figures.dataset.money);
    const open = worths.reduce((all, [id, hits, price, point]) => all + (last.get(String(id))[hits] - price) * point, 0);
    const equity = grouped(Number(figures.dataset.balance) + open, places);
    write(projected, equity);
    document.querySelectorAll('[data-account="equity"]').forEach((element) => write(element, equity));
    document.querySelectorAll('[data-account="open"]').forEach((element) => writeResult(element, open, places));
  };

  const show = (changed) => {
    for (const element of document.querySelectorAll("[data-quote]")) {
      if (changed.has(element.dataset.quote)) showPrice(element);
    }
    const tables = new Map();
    for (const row of document.querySelectorAll("tr[data-held]")) {
      if (!changed.has(row.dataset.held)) continue;
      const places = Number(row.closest("tbody").dataset.money);
      showPosition(row, places);
      tables.set(row.closest("table"), places);
    }
    tables.forEach((places, table) => showSums(table, places));
    showProjected();
  };

  let waiting = null;
  document.body.addEventListener("quotes", (event) => {
    waiting ??= new Set();
    for (const [id, bid, ask] of event.detail.quotes) {
      last.set(String(id), { bid: Number(bid), ask: Number(ask) });
      waiting.add(String(id));
    }
    requestAnimationFrame(() => {
      if (waiting) show(waiting);
      waiting = null;
    });
  });
})();
