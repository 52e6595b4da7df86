// Accounts → Webhooks: tabs, the words of the limits, the live list, and where the focus returns to.
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // --- Tabs: one tab stop, arrows walk and choose ----------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.("[role=tab]");
    if (!tab || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const tabs = $$("[role=tab]", tab.closest("[role=tablist]"));
    const at = tabs.indexOf(tab);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    const chosen = tabs.at(next % tabs.length);
    chosen.focus();
    chosen.click();
  });

  // --- The folded limits are told in a sentence ---------------------------------------------------------------
  const chosen = (form, name) => $$(`[name=${name}]:checked`, form).map((box) => box.value);
  const written = (form, name) => form.elements[name]?.value.trim() ?? "";
  const sources = (form) => {
    const networks = written(form, "networks");
    if (form.elements.tradingview?.checked) return networks ? `TradingView, ${networks}` : "TradingView only";
    return networks || "any address";
  };
  const limitWords = (form) => {
    const accounts = chosen(form, "accounts");
    const actions = chosen(form, "actions");
    const rate = written(form, "requests_per_minute");
    const identical = Number(written(form, "identical_window_seconds"));
    return [
      accounts.length ? accounts.join(", ") : "all accounts",
      actions.length === 3 ? "all actions" : actions.join(", ") || "no action",
      sources(form),
      rate ? `${rate} requests per minute` : "usual rate",
      ...(identical ? [`no repeat in ${identical} s`] : []),
    ].join(" · ");
  };
  const tellLimits = () => {
    const form = $("#key-form");
    const words = form && $("[data-limits-words]", form);
    if (words) words.textContent = limitWords(form);
  };
  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#key-form")) tellLimits();
  });
  document.addEventListener("htmx:afterSettle", tellLimits);

  // --- How much the keys are used is counted anew at most every few seconds ------------------------------------
  const TRAFFIC_MS = 4000;
  let countedAt = -TRAFFIC_MS;
  let counting = 0;
  document.body.addEventListener("requests", () => {
    if (counting) return;
    counting = setTimeout(() => {
      counting = 0;
      countedAt = performance.now();
      document.body.dispatchEvent(new CustomEvent("traffic"));
    }, Math.max(0, countedAt + TRAFFIC_MS - performance.now()));
  });

  // --- The list lives only while its switch is on and its first page is shown -----------------------------------
  document.addEventListener("htmx:beforeRequest", (event) => {
    const isLive = event.detail.elt.matches?.("[data-live-list]") && event.detail.requestConfig.triggeringEvent?.type === "requests";
    if (isLive && !$("#requests-live")?.checked) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "requests-live") return;
    event.stopPropagation();
    if (event.target.checked) document.body.dispatchEvent(new CustomEvent("requests"));
  }, true);

  // --- A dialog may follow a dialog; the focus returns to what opened the first --------------------------------------
  let opener = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "dialogs" && !event.detail.elt.closest("dialog")) opener = document.activeElement;
  });
  document.addEventListener("close", (event) => {
    if (!event.target.closest?.("#dialogs")) return;
    const place = opener?.isConnected ? opener : document.getElementById(opener?.id ?? "");
    requestAnimationFrame(() => { if (!$("dialog[open]")) place?.focus(); });
  }, true);

  // A dialog that came with the page, because the browser posted before this script was there, opens like any.
  for (const dialog of $$("#dialogs > dialog[open]")) {
    dialog.removeAttribute("open");
    dialog.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  }
})();
