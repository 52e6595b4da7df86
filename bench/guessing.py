"""A-02: what the time of a refusal tells whoever guesses: unknown, wrong, expired, deleted, disabled keys at the gate.

The gate itself is called, in this process, without a network between. Kinds take turns in random order; each turn is
compared with the unknown key's of the same round, so that a busy machine disturbs both alike. What counts is the median
of these differences, and how sure it is. One kind is there twice, to see what nothing looks like. Warm: the key was
looked up within the last second. Cold: it is looked up anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

LIMIT_MICROSECONDS: Final = 20.0
WARM_ROUNDS, COLD_ROUNDS = 2_000, 800
# The standard error of a median, from the median absolute deviation of what is nearly normal.
MEDIAN_ERROR: Final = 1.2533 * 1.4826
SURE: Final = 4  # standard errors
Compared = dict[str, float]  # microseconds: median, later than the unknown key's, error of that
REFUSED: Final = 401
CONTROL: Final = "unknown, again"
PREPARE: Final = """
import json
from webhooks.keys import *
from webhooks.models import WebhookKey
pairs = {{name: WebhookKey.objects.get(api_key=api) for name, api in {apis!r}.items()}}
delete_key(pairs["deleted"])
pairs["disabled owner"].user.is_active = False
pairs["disabled owner"].user.save()
"""
USERS: Final = ("guessed", "gone")
KEYS: Final = {"wrong": "guessed", "expired": "guessed", "deleted": "guessed", "disabled owner": "gone"}


def world() -> dict[str, list[dict[str, Any]]]:
    """Two users, and a key of each kind."""
    users = [
        {"username": name, "password": f"{name}-demo-pass-1", "email": f"{name}@example.test", "groups": []}
        for name in USERS
    ]
    expired = {"expires": "2020-01-01T00:00:00Z"}
    keys = [{"user": user, "name": name} | (expired if name == "expired" else {}) for name, user in KEYS.items()]
    empty: dict[str, list[dict[str, Any]]] = {name: [] for name in ("products", "accounts", "instruments", "quotes")}
    return empty | {
        "users": users,
        "subscriptions": [{"user": name, "product": "trading-webhooks"} for name in USERS],
        "keys": keys,
    }


def paths_of(instance: Any) -> dict[str, str]:
    """A webhook's address of each kind; the secrets are others' where the key exists."""
    file = Path(instance.folder) / "guessing.json"
    file.write_text(json.dumps(world()))
    made = {row["name"]: row for row in json.loads(instance.manage("seed", str(file)))}
    apis = {name: row["apiKey"] for name, row in made.items()}
    instance.manage("shell", "--no-imports", "--command", PREPARE.format(apis=apis))
    own = {name: row["secretKey"] for name, row in made.items() if name != "wrong"}
    return {name: f"/webhook/{api}/{own.get(name, 'MINT')}" for name, api in apis.items()}


# --- In the process that is measured ----------------------------------------------------------------------


async def measured(paths: dict[str, str], rounds: int, cold: bool) -> dict[str, Compared]:
    from webhooks.gate import webhook
    from webhooks.gatehouse import doorkeeper

    house = await doorkeeper.open()
    turns: list[dict[str, float]] = []
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        nonlocal status
        status = event.get("status", status)

    for number in range(rounds + rounds // 10):
        turn: dict[str, float] = {}
        for name in random.sample(list(paths), len(paths)):
            if cold:
                house.badges.kept.clear()
                house.badges.older.clear()
            started = time.perf_counter()
            await webhook(scope_of(paths[name]), receive, send)
            seconds = time.perf_counter() - started
            if status == REFUSED:  # not 503, from a machine that has no time for the database
                turn[name] = seconds * 1e6
        if number >= rounds // 10 and len(turn) == len(paths):
            turns.append(turn)
        if number % 50 == 0:
            await asyncio.sleep(0.01)  # the delivery log writes
    assert len(turns) > rounds / 2, "too few were answered to tell"
    return {name: compared(turns, name) for name in paths}


def compared(turns: list[dict[str, float]], name: str) -> Compared:
    differences = [turn[name] - turn["unknown"] for turn in turns]
    middle = statistics.median(differences)
    spread = statistics.median(abs(one - middle) for one in differences)
    error = MEDIAN_ERROR * spread / math.sqrt(len(turns))
    return {"median": statistics.median(turn[name] for turn in turns), "later": middle, "error": error}


def scope_of(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
        "scheme": "http",
        "client": ("127.0.0.1", 50_000),
    }


async def measure(paths: dict[str, str], share: float) -> dict[str, dict[str, Compared]]:
    from webhooks.gatehouse import doorkeeper

    found = {
        "warm": await measured(paths, int(WARM_ROUNDS * share), cold=False),
        "cold": await measured(paths, int(COLD_ROUNDS * share), cold=True),
    }
    await doorkeeper.close()
    return found


def inside(paths: dict[str, str], share: float) -> None:
    import django

    django.setup()
    from webhooks.keys import mint

    known = {name: path.replace("MINT", mint()[1]) for name, path in paths.items()}
    for name in ("unknown", CONTROL):
        known[name] = "/webhook/{}/{}".format(*mint())
    print(json.dumps(asyncio.run(measure(known, share))))


# --- Around it ----------------------------------------------------------------------------------------------


def run(instance: Any, share: float = 1.0) -> dict[str, dict[str, Compared]]:
    """By warm and cold, by kind. The instance needs a high WEBHOOK_WRONG_KEYS in its settings or here."""
    command = [sys.executable, "-m", "bench.guessing", "--inside", json.dumps(paths_of(instance)), str(share)]
    environment = instance.environment("web") | {
        "DJANGO_SETTINGS_MODULE": "webhooks_terminal.settings",
        "WEBHOOK_WRONG_KEYS": "100000000",
        "LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, dict[str, Compared]] = json.loads(done.stdout)
    return found


def too_far(found: dict[str, Compared]) -> list[str]:
    """Kinds that are surely further than the limit from an unknown key."""
    return [name for name, one in found.items() if abs(one["later"]) - SURE * one["error"] > LIMIT_MICROSECONDS]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--inside", nargs=2)
    asked = parser.parse_args()
    if asked.inside:
        inside(json.loads(asked.inside[0]), float(asked.inside[1]))
        return 0
    from bench.place import place

    failed = False
    with place(1) as found:
        for way, kinds in run(found.instance).items():
            for name, one in sorted(kinds.items()):
                print(
                    f"{way} {name:15} median {one['median']:8.1f} µs, later by {one['later']:+.1f} ± {one['error']:.1f}"
                )
            print(f"{way}: further than {LIMIT_MICROSECONDS:.0f} µs: {', '.join(too_far(kinds)) or 'none'}")
            failed = failed or bool(too_far(kinds))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
