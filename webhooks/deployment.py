"""Settings that cannot work in front of senders: told by `manage.py check` and `migrate`, and when the gate opens."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register, run_checks

log = logging.getLogger("webhooks.deployment")

TAG: Final = "webhooks"


@register(TAG)
def proxies_before_https(**_: Any) -> list[CheckMessage]:
    """Behind a proxy requests come by plain http; what it says of them counts only when it is trusted."""
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    what = "PUBLIC_URL is https and TRUSTED_PROXIES is 0: whatever comes through a proxy is refused with https_required"
    hint = "Set TRUSTED_PROXIES to the number of your proxies, unless this process speaks TLS itself."
    return [Warning(what, hint, id="webhooks.W001")]


def warn() -> None:
    """In the log of the web process, where `manage.py check` does not run."""
    for problem in run_checks(tags=[TAG]):
        log.warning("%s. %s", problem.msg, problem.hint)
