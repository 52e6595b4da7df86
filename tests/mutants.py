"""Changes the engine in small ways, one at a time, and asks its tests whether they notice: `make mutate`.

All of it takes most of an hour; `--sample` takes some changes at random, drawn by `--seed`. The survivors are printed
with what was changed. It fails when fewer than 85 % are noticed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random, randrange

PROJECT = Path(__file__).resolve().parent.parent
MUTMUT = Path(sys.executable).parent / "mutmut"
FOLDER = PROJECT / "mutants"
LEAST = 85
# Few random lives, without a search for the shortest that fails: every change is met by all tests of its function.
FEW = {"ENGINE_RUNS": "10", "ENGINE_SCENARIOS": "60", "ENGINE_SHRINK": "0", "ENGINE_SEED": "1"}
# What counts as noticed: a test failed, or it went on without end.
NOTICED = {"killed", "timeout", "suspicious", "segfault"}


def main() -> int:
    asked = read_arguments()
    os.chdir(PROJECT)
    names = all_names()
    chosen = sorted(Random(asked.seed).sample(names, min(asked.sample, len(names)))) if asked.sample else names
    print(f"{len(chosen)} of {len(names)} changes" + (f", drawn by --seed {asked.seed}" if asked.sample else ""))
    shutil.rmtree(FOLDER, ignore_errors=True)
    run(chosen if asked.sample else [])
    return report({name: state for name, state in results().items() if name in set(chosen)})


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="make mutate")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=randrange(10**6))
    return parser.parse_args()


def all_names() -> list[str]:
    """Every change there is, by its name; mutmut reads its settings from here when it is imported."""
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    names = []
    for path in sorted(Path("orders/engine").glob("*.py")):
        found = mutate_file_contents(str(path), path.read_text("utf-8")).mutant_names
        names += [get_mutant_name(path, name) for name in found]
    return names


def run(names: list[str]) -> None:
    """Tries the changes; what mutmut shows meanwhile is for its own terminal and goes into a file."""
    log = PROJECT / "test-results" / "mutants.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as shown:
        done = subprocess.run([MUTMUT, "run", *names], env=os.environ | FEW, stdout=shown, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit(f"mutmut failed: {log}")


def results() -> dict[str, str]:
    told = subprocess.run([MUTMUT, "results", "--all", "true"], check=True, capture_output=True, text=True).stdout
    lines = (line.strip().rpartition(": ") for line in told.splitlines())
    return {name: state for name, _, state in lines if name}


def report(states: dict[str, str]) -> int:
    for name in sorted(name for name, state in states.items() if state not in NOTICED):
        print(subprocess.run([MUTMUT, "show", name], check=True, capture_output=True, text=True).stdout)
    noticed = sum(state in NOTICED for state in states.values())
    share = 100 * noticed / max(len(states), 1)
    counts = ", ".join(f"{state} {count}" for state, count in sorted(Counter(states.values()).items()))
    print(f"{noticed} of {len(states)} changes were noticed: {share:.1f} % ({counts})")
    return 0 if share >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
