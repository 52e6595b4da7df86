// Fragments that live: what has not changed is not sent again, a number that changed flashes, a fault says so.
"use strict";

(() => {
  // The server names what it sent by a fingerprint; asked again with that name, it answers 204 when nothing changed.
  const shown = new Map();
  document.addEventListener("htmx:configRequest", (event) => {
    const target = event.detail.target;
    const mark = event.detail.verb === "get" && target?.id && shown.get(target.id);
    if (mark) event.detail.headers["X-Shown"] = mark;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    const mark = xhr.getResponseHeader("X-Shown");
    if (target?.id && event.detail.shouldSwap) shown.set(target.id, mark);
    // A refused form comes back with its faults in it; 4xx with a body of ours is shown like any answer.
    if (xhr.status >= 400 && xhr.status < 500 && xhr.getResponseHeader("X-Fragment")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // What somebody is writing into a field stays when the panel around it comes again.
  if (window.Idiomorph) Idiomorph.defaults.ignoreActiveValue = true;

  // A session that ended answers with the sign-in page: go there instead of drawing it into a panel.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const url = event.detail.xhr.responseURL;
    if (url && new URL(url).pathname.startsWith("/account/login")) {
      event.preventDefault();
      location.assign(`/account/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    }
  });
  // --- Faults: said where they are, and tried again ---------------------------------------------------------
  const RETRY_MS = 5000;
  const time = () => new Date().toISOString().slice(11, 19);
  const sayInPanel = (panel, why) => {
    const shape = document.getElementById("fault-shape");
    if (!shape || !panel.isConnected || panel.closest(".topbar")) return;  // up there the connection's state says it
    const notice = panel.querySelector(":scope > .notice[data-read]") ?? shape.content.firstElementChild.cloneNode(true);
    notice.querySelector("span").textContent = `${why} at ${time()} UTC. What you see is older.`;
    notice.querySelector("button").onclick = () => htmx.trigger(panel, panel.getAttribute("hx-trigger")?.split(" ")[0]);
    const head = panel.querySelector(":scope > .panel-head");
    if (head) head.after(notice); else panel.prepend(notice);
    setTimeout(() => { if (notice.isConnected) notice.querySelector("button").click(); }, RETRY_MS);
  };
  const failed = (event, why) => {
    const { requestConfig, target } = event.detail;
    if (requestConfig.verb !== "get") window.terminal.toast("fault", "That did not work", why);
    else if (target?.hasAttribute("hx-trigger")) sayInPanel(target, why);
    else if (target?.id === "dialogs") window.terminal.toast("fault", "That could not be opened", why);
  };
  document.addEventListener("htmx:responseError", (event) => failed(event, `The server answered ${event.detail.xhr.status}`));
  document.addEventListener("htmx:sendError", (event) => failed(event, "The server could not be reached"));
  document.addEventListener("htmx:timeout", (event) => failed(event, "The server took too long"));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) event.detail.target?.querySelector(":scope > .notice[data-read]")?.remove();
  });

  // --- Flashes and arrivals ----------------------------------------------------------------------------------
  const number = (text) => Number(text.replace(/[\s\u00a0]/g, "").replace("\u2212", "-").replace("%", ""));
  const flash = (element, before, after) => {
    if (!(after !== before) || Number.isNaN(after) || Number.isNaN(before)) return;
    element.removeAttribute("data-flash");
    requestAnimationFrame(() => { element.dataset.flash = after > before ? "up" : "down"; });
  };
  const watcher = new MutationObserver((changes) => {
    // A row that only moved is taken out and put in again: that is no arrival.
    const moved = new Set(changes.flatMap((change) => [...change.removedNodes]));
    for (const change of changes) {
      if (change.type === "characterData") {
        const element = change.target.parentElement?.closest("[data-number]");
        if (element) flash(element, number(change.oldValue), number(change.target.data));
      } else if (change.target.matches?.("tbody[data-rows]")) {
        for (const row of change.addedNodes) if (row.matches?.("tr") && !moved.has(row)) row.dataset.new = "";
      }
    }
  });
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true, characterDataOldValue: true });
  document.addEventListener("animationend", (event) => {
    if (event.animationName.startsWith("flash")) event.target.removeAttribute("data-flash");
    if (event.animationName === "row-arrives") event.target.closest("tr")?.removeAttribute("data-new");
  });
})();
