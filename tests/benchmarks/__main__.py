"""Print one markdown table of what the budgets of the design measure: `python -m tests.benchmarks [--only NAME ...]`.

Each `bench_<name>.py` beside this file or in a room offers `measure() -> list[(what, measured, budget)]`. Nothing here
fails for being slow: a benchmark prints, a test never times.
Those in `soak/` take many minutes and run only when they are asked for.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import traceback
from pathlib import Path

import explorer  # noqa: F401  before any of them imports torch: it decides how threads wait

HERE = Path(__file__).parent
FILES = {file.stem.removeprefix("bench_"): file.relative_to(HERE) for file in HERE.rglob("bench_*.py")}
NAMES = sorted(FILES)
USUAL = [name for name in NAMES if FILES[name].parent.name != "soak"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure against the budgets.")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=USUAL, metavar="NAME", help=", ".join(NAMES))
    chosen = parser.parse_args().only
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{platform.machine()}, {cores} cores, load {load:.1f}, Python {platform.python_version()}")
    print("\n| what | measured | budget |\n| --- | --- | --- |", flush=True)
    failed = 0
    for name in chosen:
        try:
            rows = importlib.import_module(f"tests.benchmarks.{_module_of(name)}").measure()
        except Exception:  # one that breaks must not hide the others
            traceback.print_exc(file=sys.stderr)
            rows, failed = [(name, "broke; see the trace", "")], failed + 1
        for row in rows:
            print("| " + " | ".join(row) + " |", flush=True)
    return 1 if failed else 0


def _module_of(name: str) -> str:
    return ".".join(FILES[name].with_suffix("").parts)


if __name__ == "__main__":
    sys.exit(main())
