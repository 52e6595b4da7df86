"""What the pages say is what the code does: settings, error codes, the production form."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import yaml
from django.core.management import get_commands

from webhooks.errors import CATALOGUE
from webhooks_terminal.run.instance import Instance

PROJECT = Path(__file__).resolve().parent.parent.parent


def text(name: str) -> str:
    return (PROJECT / name).read_text("utf-8")


def test_every_setting_is_described() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text("webhooks_terminal/settings.py")))
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", text("docs/settings.md"), re.MULTILINE))
    assert described == read


def test_every_link_between_the_pages_leads_somewhere() -> None:
    dead = []
    for page in [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                dead.append(f"{page.name}: {target}")
    assert dead == []


def test_every_file_that_a_page_names_exists() -> None:
    rooms = "accounts|bench|deploy|docs|orders|templates|tests|webhooks|webhooks_terminal"
    missing = []
    for page in [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]:
        for named in re.findall(rf"`((?:{rooms})/[\w./-]*)`", page.read_text("utf-8")):
            if not (PROJECT / named).exists() and not (PROJECT / f"{named}.py").exists():
                missing.append(f"{page.name}: {named}")
    assert missing == []


def test_every_refusal_has_a_text() -> None:
    assert [code for code, kind in CATALOGUE.items() if not kind.text.endswith((".", "?")) or len(kind.text) < 10] == []


def test_the_proxy_answers_as_the_gate_would() -> None:
    answers = re.findall(r"return (\d+) '(\{.*\})\\n';", text("deploy/nginx.conf"))
    assert {int(status) for status, _ in answers} == {413, 503}
    for status, answer in answers:
        body = json.loads(answer)
        assert CATALOGUE[body["code"]].status == int(status)
        assert body["errmsg"] == body["errors"][0]["message"]


def test_production_runs_the_same_processes_as_the_one_command(tmp_path: Path) -> None:
    services = yaml.safe_load(text("docker-compose.yml"))["services"]
    commands = Instance(tmp_path, port=8000, simulator=True).commands()
    assert set(commands) <= set(services)
    image = json.loads(
        re.search(r"^CMD (\[.*?\])$", text("Dockerfile").replace("\\\n", ""), re.MULTILINE | re.DOTALL)[1]
    )
    own = {"127.0.0.1", "0.0.0.0", "-m"}
    assert [word for word in image if word not in own] == [word for word in commands["web"] if word not in own]
    for name in ("worker", "pump", "simulator"):
        assert commands[name][-1] in services[name]["command"]
    assert services["worker"]["environment"]["ROLE"] == "worker"


def test_production_keeps_what_it_accepted() -> None:
    services = yaml.safe_load(text("docker-compose.yml"))["services"]
    assert "fsync=on" in services["database"]["command"]
    assert "synchronous_commit=on" in services["database"]["command"]
    assert "noeviction" in services["redis"]["command"]
    assert all("healthcheck" in services[name] for name in ("proxy", "web", "worker", "database", "redis"))


def test_every_fault_has_its_test_and_every_test_of_faults_is_told_of() -> None:
    told = set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text("docs/faults.md")))
    assert [f"{path}::{name}" for path, name in sorted(told) if f"def {name}(" not in text(path)] == []
    written = {
        (str(path.relative_to(PROJECT)), name)
        for path in (PROJECT / "tests" / "faults").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert written - told == set()


def test_every_command_that_a_page_names_exists() -> None:
    named = {
        (page.name, command)
        for page in [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
        for command in re.findall(r"manage\.py (\w+)", page.read_text("utf-8"))
    }
    assert {(page, command) for page, command in named if command not in get_commands()} == set()


def test_the_room_kept_for_a_picture_is_its_size() -> None:
    kept = re.findall(r'name="(\w+)" width=(\d+) height=(\d+)', text("templates/webhooks/parts/steps.html"))
    assert len(kept) == 3
    for name, *room in kept:
        for theme in ("dark", "light"):
            header = (PROJECT / "static" / "pictures" / f"{name}-{theme}.png").read_bytes()[16:24]
            # Taken twice as sharp as they are shown.
            assert struct.unpack(">II", header) == tuple(2 * int(one) for one in room), name
