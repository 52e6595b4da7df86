// The ticket: shows the fields that the chosen type has, and what the order would come to at the last quote.
"use strict";

(() => {
  const last = new Map();  // instrument -> [bid, ask]
  const ticket = () => document.getElementById("ticket");
  const number = (text) => Number(String(text ?? "").replace(/[\s\u00a0]/g, "").replace("\u2212", "-") || NaN);
  const grouped = (value, places) => {
    const [whole, rest] = Math.abs(value).toFixed(places).split(".");
    return (value < 0 ? "\u2212" : "") + whole.replace(/\B(?=(\d{3})+$)/g, "\u00a0") + (rest ? `.${rest}` : "");
  };

  const showFields = (form) => {
    const type = form.elements.type.value;
    for (const field of form.querySelectorAll("[data-only]")) {
      field.hidden = !field.dataset.only.includes(`|${type}|`);
      field.querySelector("input").disabled = field.hidden;
    }
    const until = form.querySelector("[data-until]");
    until.hidden = form.elements.validity.value !== "GTD";
    until.querySelector("input").disabled = until.hidden;
  };
  const prices = (form) => ["bid", "ask"].map((side) => number(form.querySelector(`[data-shows="${side}"]`).textContent));
  const priceOf = (form, side) => {
    const type = form.elements.type.value;
    const own = { Limit: "price", Care: "price", "Stop limit": "price", Stop: "stopPrice" }[type];
    const given = own ? number(form.elements[own].value) : NaN;
    const [bid, ask] = prices(form);
    return Number.isNaN(given) ? (side === "buy" ? ask : bid) : given;
  };
  const showEstimate = (form) => {
    const { lot, margin, rate, feeLot, feePercent, feeFixed, money, places } = form.dataset;
    const side = form.elements.side.value;
    const price = priceOf(form, side);
    const cash = number(form.elements.cashOrderQty.value);
    const perLot = price * Number(lot) * number(rate);
    const qty = Number.isNaN(cash) ? number(form.elements.qty.value) : cash / perLot;
    const amount = qty * perLot;
    const shows = {
      amount, margin: amount * Number(margin),
      fee: qty * Number(feeLot) * number(rate) + (amount * Number(feePercent)) / 100 + Number(feeFixed) * number(rate),
    };
    for (const [name, value] of Object.entries(shows)) {
      const element = form.querySelector(`[data-estimate="${name}"]`);
      element.textContent = Number.isFinite(value) ? grouped(value, Number(money)) : "–";
    }
    const [bid, ask] = prices(form);
    form.querySelector(".spread [data-spread]").textContent = Number.isNaN(ask - bid) ? "–" : grouped(ask - bid, Number(places));
    const button = form.querySelector("button[type=submit]");
    button.dataset.side = side;
    const size = Number.isNaN(cash) ? form.elements.qty.value.trim() : `${form.elements.cashOrderQty.value.trim()} ${form.querySelector("#o-cashOrderQty ~ .unit").textContent} of`;
    button.querySelector("[data-doing]").textContent = `${side === "buy" ? "Buy" : "Sell"} ${size} ${form.dataset.name}`;
  };
  const show = () => {
    const form = ticket();
    if (!form) return;
    showFields(form);
    showEstimate(form);
  };
  document.addEventListener("input", (event) => { if (event.target.closest("#ticket")) show(); });
  document.addEventListener("change", (event) => { if (event.target.closest("#ticket")) show(); });
  document.addEventListener("htmx:load", (event) => {
    if (event.target.id !== "ticket") return;
    show();
    const fault = event.target.querySelector("[aria-invalid]");
    if (fault) fault.focus();
    else event.target.querySelector("button[type=submit]").focus();
  });
  show();

  // --- The watchlist: how far today, how wide ------------------------------------------------------------------
  document.body.addEventListener("quotes", ({ detail }) => {
    for (const [id, bid, ask] of detail.quotes) last.set(String(id), [Number(bid), Number(ask)]);
    requestAnimationFrame(() => {
      for (const element of document.querySelectorAll(".watchlist [data-day]")) showChange(element);
      for (const element of document.querySelectorAll(".watchlist [data-spread]")) {
        const quote = last.get(element.dataset.spread);
        if (quote) element.textContent = String(Math.round((quote[1] - quote[0]) / Number(element.dataset.tick)));
      }
      const form = ticket();
      if (form && last.has(form.dataset.instrument)) showEstimate(form);
    });
  });
  const showChange = (element) => {
    const quote = last.get(element.dataset.day);
    const from = number(element.dataset.from);
    if (!quote || Number.isNaN(from)) return;
    const percent = (quote[0] / from - 1) * 100;
    const words = grouped(percent, 2);
    const span = document.createElement("span");
    const zero = Number(percent.toFixed(2)) === 0;
    span.textContent = `${zero ? "0.00" : percent > 0 ? `+${words}` : words}\u00a0%`;
    if (!zero) span.dataset.sign = percent > 0 ? "gain" : "loss";
    if (span.textContent !== element.textContent) element.replaceChildren(span);
  };
})();
