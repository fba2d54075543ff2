"""Print one markdown table of what the budgets of the design measure: `python -m tests.benchmarks [--only NAME ...]`.

Each `bench_<name>.py` beside this file offers `measure() -> list[(what, measured, budget)]`. Nothing here fails for
being slow: a benchmark prints, a test never times.
One named `..._soak` takes many minutes and runs only when it is asked for.
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

NAMES = sorted(file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py"))
USUAL = [name for name in NAMES if not name.endswith("_soak")]


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
            rows = importlib.import_module(f"tests.benchmarks.bench_{name}").measure()
        except Exception:  # one that breaks must not hide the others
            traceback.print_exc(file=sys.stderr)
            rows, failed = [(name, "broke; see the trace", "")], failed + 1
        for row in rows:
            print("| " + " | ".join(row) + " |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
