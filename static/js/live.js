// What happens on the server is told to the page as events on <body>:
//   books     an account of this person changed        book      the chosen one did
//   minute    a minute has passed
//   requests  a webhook request arrived or was answered
//   quotes    prices changed; detail.quotes is [[instrument, bid, ask], ...]
// A page in the background closes its stream, and catches up when it is looked at again.
"use strict";

(() => {
  const { body } = document;
  if (!body.dataset.live) return;
  const LATE_MS = 7000;
  const LOST_MS = 12000;
  const SLOW_MS = 400;
  const HIDDEN_MS = 15000;

  let source = null;
  let since = Number(body.dataset.now);  // the server's clock, seconds
  let heard = performance.now();
  let latency = null;
  let tries = 0;
  let retryAt = 0;
  let lostAt = null;
  let hideTimer = 0;

  const tell = (name, detail = {}) => body.dispatchEvent(new CustomEvent(name, { detail }));

  // --- The state in the top bar: a word and a shape each ---------------------------------------------------
  const plate = document.getElementById("connection");
  const banner = document.getElementById("lost");
  const show = (state, word, detail = "") => {
    if (!plate) return;
    plate.dataset.state = state;
    const [first, second] = plate.querySelectorAll("span");
    if (first.textContent !== word) first.textContent = word;
    if (second.textContent !== detail) second.textContent = detail;
  };
  const utc = (time) => new Date(time).toISOString().slice(11, 19);
  const showLost = () => {
    const wait = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
    const age = Math.round((performance.now() - heard) / 1000);
    show("lost", "lost");
    banner.hidden = false;
    banner.querySelector("span").textContent =
      `Connection lost at ${utc(lostAt)} UTC. What you see is ${age} s old. ${wait ? `Trying again in ${wait} s.` : "Trying again now."}`;
  };
  const showState = () => {
    if (document.hidden) return;
    const silence = performance.now() - heard;
    if (!source || silence > LOST_MS) {
      lostAt ??= Date.now();
      showLost();
      if (source && silence > LOST_MS) again();
    } else if (silence > LATE_MS || latency > SLOW_MS) {
      show("slow", "slow", latency === null ? "" : `${latency} ms`);
    } else if (latency !== null || tries === 0) {
      show("live", "live", latency === null ? "" : `${latency} ms`);
    }
  };

  // --- News: the first is told at once; those of a busy moment together, so that each page is drawn once for them -----
  const APART_MS = 600;
  const changed = new Set();  // accounts
  let asked = false;
  let toldAt = -APART_MS;
  let telling = 0;
  const tellAll = () => {
    telling = 0;
    toldAt = performance.now();
    const accounts = [...changed];
    const requests = asked;
    changed.clear();
    asked = false;
    if (accounts.length) tell("books", { accounts });
    if (accounts.includes(Number(body.dataset.account))) tell("book");
    if (requests) tell("requests");
  };
  const news = () => {
    if (!telling) telling = setTimeout(tellAll, Math.max(0, toldAt + APART_MS - performance.now()));
  };

  // --- The stream ---------------------------------------------------------------------------------------------
  const close = () => {
    source?.close();
    source = null;
  };
  const again = () => {
    close();
    tries += 1;
    const wait = Math.min(10000, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
    retryAt = performance.now() + wait;
    setTimeout(open, wait);
  };
  const refused = async () => {
    // An EventSource does not say why it was refused: ask once more in a way that tells.
    try {
      const answer = await fetch(body.dataset.live, { method: "HEAD", cache: "no-store" });
      if (answer.status === 401) location.reload();  // which leads to the sign-in page and back
    } catch { /* the network is away: the next try will tell */ }
  };
  const open = () => {
    if (source || document.hidden) return;
    const quotes = document.querySelector("[data-quotes='all']") ? "&quotes=all" : "";
    source = new EventSource(`${body.dataset.live}?since=${since}${quotes}`);
    source.addEventListener("beat", (event) => {
      const [now, took, waits] = JSON.parse(event.data);
      since = now / 1000;
      heard = performance.now();
      tries = 0;
      if (lostAt !== null) {
        lostAt = null;
        banner.hidden = true;
      }
      showEngine(took, waits);
      showState();
    });
    source.addEventListener("books", (event) => {
      JSON.parse(event.data).forEach((account) => changed.add(account));
      news();
    });
    source.addEventListener("requests", () => { asked = true; news(); });
    source.addEventListener("quotes", (event) => tell("quotes", { quotes: JSON.parse(event.data) }));
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) refused();
      again();
    });
  };

  // --- The engine, in the status bar -----------------------------------------------------------------------------
  const engine = document.getElementById("engine");
  const showEngine = (took, waits) => {
    if (!engine) return;
    engine.dataset.state = waits > 10000 ? "lost" : waits > 1000 ? "slow" : "live";
    engine.querySelector(".num").textContent = waits > 1000 ? `waits ${Math.round(waits / 1000)} s` : `${took} ms`;
  };

  // --- Latency: one tiny question now and then --------------------------------------------------------------------
  const ping = async () => {
    if (document.hidden) return;
    const started = performance.now();
    try {
      await fetch(`${body.dataset.live}/ping`, { cache: "no-store" });
      latency = Math.round(performance.now() - started);
    } catch {
      latency = null;
    }
    showState();
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hideTimer);
    if (document.hidden) {
      hideTimer = setTimeout(close, HIDDEN_MS);
    } else if (!source) {
      heard = performance.now();
      open();
    }
  });
  addEventListener("online", () => { if (!source) open(); });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  open();
  setTimeout(ping, 300);
  setInterval(ping, 15000);
  setInterval(showState, 1000);
  setInterval(() => { if (!document.hidden) tell("minute"); }, 60000);
})();
