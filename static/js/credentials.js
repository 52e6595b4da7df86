// The one dialog that has a secret: masked, copied, and gone from the page and from memory when it closes.
"use strict";

(() => {
  const secrets = new Map();  // field → what it hides
  let copied = false;

  const hide = (field) => {
    field.value = field.dataset.mask;
    field.setAttribute("value", field.dataset.mask);
  };
  const forget = (dialog) => {
    secrets.clear();
    for (const field of dialog.querySelectorAll("input")) {
      field.value = "";
      field.removeAttribute("value");
    }
  };

  const prepare = (dialog) => {
    copied = false;
    for (const field of dialog.querySelectorAll("[data-mask]")) {
      secrets.set(field, field.value);
      hide(field);
    }
    dialog.addEventListener("click", clicked);
    dialog.addEventListener("copy", () => { copied = true; });
    dialog.addEventListener("cancel", (event) => {
      if (mayLeave(dialog)) return;
      event.preventDefault();
      ask(dialog, true);
    });
    dialog.addEventListener("close", () => forget(dialog));
  };

  // --- Leaving: asked once, and only when nothing was copied -------------------------------------------------
  const mayLeave = (dialog) => copied || !dialog.querySelector("[data-asking]").hidden;
  const ask = (dialog, asking) => {
    dialog.querySelector("[data-asking]").hidden = !asking;
    dialog.querySelector("[data-resting]").hidden = asking;
    dialog.querySelector(asking ? "[data-stay]" : "[data-copy-secret=credentials-secret-key]").focus();
  };
  const leave = (dialog) => { if (mayLeave(dialog)) dialog.close(); else ask(dialog, true); };

  // --- Showing and copying -------------------------------------------------------------------------------------
  const reveal = (button) => {
    const field = document.getElementById(button.dataset.reveal);
    const show = button.getAttribute("aria-pressed") !== "true";
    if (show) field.value = secrets.get(field); else hide(field);
    button.setAttribute("aria-pressed", String(show));
    button.querySelector("[data-reveal-word]").textContent = show ? "Hide" : "Show";
  };
  const copy = async (button) => {
    const field = document.getElementById(button.dataset.copySecret);
    if (await window.terminal.copy(secrets.get(field) ?? field.value, button)) copied = true;
  };
  const clicked = (event) => {
    const dialog = event.currentTarget;
    const button = event.target.closest("button");
    if (event.target === dialog || button?.matches("[data-leave]")) leave(dialog);
    else if (button?.matches("[data-stay]")) ask(dialog, false);
    else if (button?.matches("[data-reveal]")) reveal(button);
    else if (button?.matches("[data-copy-secret]")) copy(button);
  };

  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("[data-credentials]")) prepare(event.target);
  });
  // Leaving the page, or freezing it for the back button, leaves no secret behind.
  addEventListener("pagehide", () => document.querySelector("[data-credentials]")?.close());
})();
