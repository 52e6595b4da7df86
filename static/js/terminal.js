// The frame: menus, keys, dialogs, copying, the clock. Everything here also works, if slower, without it.
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // The server writes times in the reader's zone; only the browser knows which that is.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`zone=${encodeURIComponent(zone)}`)) {
    document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
  }

  // --- Dialogs: [data-open="id"] opens, [data-close] and a click beside it close ---------------------------
  const openDialog = (dialog) => {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    // Not the attribute autofocus: browsers complain of it in what is fetched into a page.
    dialog.querySelector("[data-first]")?.focus();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    const opener = event.target.closest("[data-open]");
    if (opener) openDialog(document.getElementById(opener.dataset.open));
    if (event.target.matches("dialog:not([data-careful])")) event.target.close();
  });
  // What is fetched into the page as a dialog opens as one, and leaves nothing behind when it closes.
  document.addEventListener("htmx:load", (event) => {
    const dialog = event.target;
    if (!(dialog instanceof HTMLDialogElement) || !("fetched" in dialog.dataset)) return;
    const asker = document.activeElement;
    openDialog(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      asker?.isConnected && asker.focus();
    });
  });
  document.addEventListener("close-dialogs", () => $$("dialog[open]").forEach((dialog) => dialog.close()));

  // --- Menus: one open at a time, Esc and a click elsewhere close, arrows walk -------------------------------
  const menus = () => $$("details.menu");
  const closeMenus = (but) => menus().forEach((menu) => { if (menu !== but) menu.open = false; });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  const walkMenu = (event) => {
    const menu = event.target.closest("details.menu[open]");
    if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const items = $$(".menu-list a, .menu-list button", menu);
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
    items.at(next >= items.length ? 0 : next)?.focus();
  };

  // --- Keys --------------------------------------------------------------------------------------------------
  const keysOn = () => {
    try { return localStorage.getItem("single-keys") !== "off"; } catch { return true; }
  };
  const keySwitch = $("#single-keys");
  if (keySwitch) {
    keySwitch.checked = keysOn();
    keySwitch.addEventListener("change", () => {
      try { localStorage.setItem("single-keys", keySwitch.checked ? "on" : "off"); } catch { /* stays on */ }
    });
  }
  const writing = (element) => element?.matches?.("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");
  let goUntil = 0;

  document.addEventListener("keydown", (event) => {
    walkMenu(event);
    if (event.key === "Escape") {
      const menu = $("details.menu[open]");
      if (menu) {
        closeMenus();
        $("summary", menu).focus();
      }
      // A search field would take the first Esc to empty itself.
      if (event.target.matches?.("dialog [type=search]")) {
        event.preventDefault();
        event.target.closest("dialog").close();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || !keysOn()) return;
    if ($("dialog[open]")) return;
    if (performance.now() < goUntil) {
      goUntil = 0;
      const place = $(`[data-go="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); location.assign(place.href); }
    } else if (event.key === "g") {
      goUntil = performance.now() + 1500;
    } else if (event.key === "?") {
      event.preventDefault();
      openDialog($("#keys"));
    } else if (event.key === "/") {
      event.preventDefault();
      const field = $("[data-find]");
      if (field) field.focus(); else openDialog($("#find"));
    }
  });

  // --- Find: panels at once, symbols from the server -----------------------------------------------------------
  const words = $("#find-words");
  words?.addEventListener("input", () => {
    const wanted = words.value.trim().toLowerCase();
    $$("#found > a:not([data-symbol])").forEach((a) => { a.hidden = !a.textContent.toLowerCase().includes(wanted); });
  });
  words?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") $("#found a:not([hidden])")?.click();
  });

  // --- A click anywhere on a row goes where its link goes ---------------------------------------------------------
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.("tr:has(.row-link)");
    if (!row || event.target.closest("a, button, input, label, select, summary") || !getSelection().isCollapsed) return;
    $(".row-link", row).click();
  });

  // --- Copying: [data-copy="text"] or [data-copy-from="id"] ----------------------------------------------------------
  const say = (text) => {
    const voice = $("#voice");
    if (voice) voice.textContent = text;
  };
  const copied = (button) => {
    if ("done" in button.dataset) return;
    const label = $("[data-copy-word]", button);
    const before = label?.textContent;
    button.dataset.done = "";
    if (label) label.textContent = "Copied";
    say("Copied");
    setTimeout(() => {
      delete button.dataset.done;
      if (label) label.textContent = before;
    }, 1600);
  };
  const write = async (text) => {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    // Plain HTTP has no clipboard of its own: a field that is selected and copied the old way.
    const field = document.createElement("textarea");
    field.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("copying was refused");
  };
  const copy = async (text, button) => {
    try {
      await write(text);
      copied(button);
      button.dispatchEvent(new CustomEvent("copied", { bubbles: true }));
      return true;
    } catch {
      say("The browser did not let it be copied: select the text and copy it by hand.");
      return false;
    }
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    const text = source ? (source.value ?? source.textContent) : button.dataset.copy;
    if (!(await copy(text, button))) source?.select?.();
  });

  // --- Toasts --------------------------------------------------------------------------------------------------------
  const toast = (kind, title, text = "") => {
    const place = $("#toasts");
    const shape = $("#toast-shape");
    if (!place || !shape) return;
    const note = shape.content.firstElementChild.cloneNode(true);
    note.dataset.kind = kind;
    $("use", note).setAttribute("href", shape.dataset.icons + { fill: "#done", done: "#done", fault: "#fault" }[kind]);
    $("strong", note).textContent = title;
    $("p", note).textContent = text ?? "";
    $("button", note).addEventListener("click", () => note.remove());
    place.append(note);
    setTimeout(() => note.remove(), 8000);
  };
  document.addEventListener("toast", ({ detail }) => toast(detail.kind, detail.title, detail.text));

  window.terminal = { copy, openDialog, say, toast };

  // Where there is no status bar, an execution arrives as a toast.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const last = document.getElementById("last-event");
    if (event.target.id !== "last-event" || last?.dataset.kind !== "filled" || last.offsetParent) return;
    if (last.dataset.event !== toasted) toast("fill", last.textContent.replace(/\s+/g, " ").trim());
    toasted = last.dataset.event;
  });
  let toasted = $("#last-event")?.dataset.event;

  // --- The clock --------------------------------------------------------------------------------------------------------
  const clock = $("#clock");
  if (clock) setInterval(() => {
    if (!document.hidden) clock.textContent = new Date().toISOString().slice(11, 19);
  }, 1000);
})();
