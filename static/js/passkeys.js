// What goes wrong with a passkey is said on the page. The ceremony itself is django-allauth's (mfa/js/webauthn.js).
"use strict";

(() => {
  const REASONS = {
    NotAllowedError: "Nothing was confirmed: it was cancelled, took too long, or there is no passkey for this address.",
    InvalidStateError: "This device or security key is registered already.",
    SecurityError: "Passkeys need a host name with HTTPS, or localhost; a bare address is not enough.",
    TypeError: "This browser offers no passkeys here: they need HTTPS, or localhost.",
  };
  const fault = document.getElementById("passkey-fault");

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    fault.textContent = REASONS[event.detail.exception?.name] ?? "The passkey could not be used. Try again.";
    fault.hidden = false;
  });
})();
