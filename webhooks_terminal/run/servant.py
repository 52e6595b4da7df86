"""Whom root lets do what root may not: PostgreSQL refuses to run as root, so an unprivileged user runs it."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from webhooks_terminal.run.trouble import TroubleError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Servant:
    name: str
    uid: int
    gid: int


def servant_for(data: Path) -> Servant | None:
    """None for an ordinary user, who needs nobody; else the owner of the data, or whom this machine has."""
    if os.geteuid() != 0:
        return None
    names = list(CANDIDATES)
    if data.exists() and data.stat().st_uid != 0:
        names.insert(0, data.owner())
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Servant(name, entry.pw_uid, entry.pw_gid)
    raise TroubleError("PostgreSQL refuses to run as root, and there is no user `nobody`; run as an ordinary user")


def open_to(servant: Servant, path: Path) -> bool:
    """Whether the servant can run the program or enter the folder; asked by trying, for ACLs and mounts count too."""
    test = ["test", "-x", str(path)]
    return subprocess.run(test, user=servant.uid, group=servant.gid, extra_groups=[], check=False).returncode == 0
