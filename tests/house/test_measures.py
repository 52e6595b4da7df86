"""The measures the code holds itself to (CONTRIBUTING.md): small functions, small files, telling names."""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "orders", "webhooks", "webhooks_terminal", "bench")
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 10
NINE_IN_TEN = 30
LONGEST_FILE = 300
LONGEST_ENGINE_FILE = 200
# Names that say nothing about what is inside.
FORBIDDEN = {"services", "selectors", "utils", "helpers", "constants", "signals", "common", "misc"}

SOURCES = [path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py")) if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def functions(path: Path) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    tree = ast.parse(path.read_text("utf-8"))
    return [
        (f"{name_of(path)}:{node.lineno} {node.name}", node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short() -> None:
    lengths = sorted(length(node) for path in SOURCES for _, node in functions(path))
    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    assert lengths[int(len(lengths) * 0.9)] <= NINE_IN_TEN


def test_no_function_is_too_long() -> None:
    assert [where for path in SOURCES for where, node in functions(path) if length(node) > LONGEST_FUNCTION] == []


def test_every_function_says_what_it_returns() -> None:
    assert [where for path in SOURCES for where, node in functions(path) if node.returns is None] == []


def test_files_are_short() -> None:
    sizes = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    allowed = {name: LONGEST_ENGINE_FILE if name.startswith("orders/engine/") else LONGEST_FILE for name in sizes}
    assert {name: size for name, size in sizes.items() if size > allowed[name]} == {}


def test_modules_are_named_after_what_they_are_about() -> None:
    assert [name_of(path) for path in SOURCES if path.stem in FORBIDDEN or path.parent.name in FORBIDDEN] == []


@pytest.mark.parametrize("path", sorted((PROJECT / "orders" / "engine").glob("*.py")), ids=lambda path: path.stem)
def test_the_engine_imports_the_standard_library_only(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    foreign = {
        name for name in imported if name.split(".")[0] not in sys.stdlib_module_names and "orders.engine" not in name
    }
    assert foreign == set()


def test_every_module_says_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in SOURCES
        if path.name != "apps.py"
        and path.read_text("utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []
