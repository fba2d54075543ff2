"""`python -m tests.gpu`: everything that is to be known of a GPU, in one table (see README.md)."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from explorer.foundation.device import device_label, pick_device
from explorer.foundation.errors import SettingsError
from tests.gpu.parts import PARTS
from tests.gpu.scale import SIZES, Setting
from tests.gpu.table import Row, Table

ROOT = Path(__file__).resolve().parents[2]
MINUTES = 8.0
GRACE_S = 15.0  # for a process to load torch and to find its device
MARK = "row: "  # begins the line of a row that a process sends


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m tests.gpu", description="One table about the GPU that is here.")
    result.add_argument(
        "--out", type=Path, default=ROOT / "out" / "gpu", help="folder of the table and the checkpoints"
    )
    result.add_argument("--minutes", type=float, default=MINUTES, help="for everything (default: 8)")
    result.add_argument("--train", type=float, help="minutes of the zoo, beside the others (default: its share)")
    result.add_argument("--size", choices=SIZES, default="full")
    result.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    result.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    result.add_argument("--members", nargs="+", help="of the zoo (default: those that are owed first)")
    result.add_argument("--data", nargs="+", default=[], help="folders of pictures for the zoo (default: samples)")
    result.add_argument("--held-out", nargs="+", default=[], help="folders of pictures to measure it on")
    result.add_argument("--one-process", action="store_true", help="run the parts here, where none can be stopped")
    result.add_argument("--part", help=argparse.SUPPRESS)  # what a process of a part is started with
    result.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    return result


def seconds_of(name: str, options: argparse.Namespace) -> float:
    """What a part has."""
    if name == "zoo" and options.train is not None:
        return options.train * 60
    return PARTS[name].share / sum(PARTS[one].share for one in options.parts) * options.minutes * 60


def setting_of(name: str, options: argparse.Namespace, seconds: float) -> Setting:
    scale = SIZES[options.size]
    if options.members:
        scale = dataclasses.replace(scale, members=tuple(options.members))
    folder = options.out.resolve() / name
    folder.mkdir(parents=True, exist_ok=True)
    device = pick_device(options.device)
    return Setting(device, scale, folder, seconds, tuple(options.data), tuple(options.held_out))


def run_here(name: str, options: argparse.Namespace, seconds: float, table: Table) -> None:
    """A part in this process; what it raises is a row."""
    try:
        for row in PARTS[name].load()(setting_of(name, options, seconds)):
            table.add([row])
    except Exception as error:
        table.add([broken(name, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")])


def broken(name: str, why: str) -> Row:
    return Row(name, "the part as a whole", why, "runs to its end", "failed")


def run_apart(name: str, line: Sequence[str], seconds: float, table: Table, grace_s: float = GRACE_S) -> None:
    """A part in a process of its own, started by `line`, whose rows come as lines of JSON; it and all that it started
    are ended when its time is over."""
    log, late = table.folder / f"{name}.log", threading.Event()
    with log.open("w") as errors:
        process = subprocess.Popen(
            line, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )

        def end() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(seconds + grace_s, end)
        timer.start()
        try:
            for one in process.stdout:
                if one.startswith(MARK):
                    table.add([Row(**json.loads(one.removeprefix(MARK)))])
            process.wait()
        finally:
            timer.cancel()
    if late.is_set():
        table.add([broken(name, f"took more than its {seconds:.0f} s")])
    elif process.returncode:
        table.add([broken(name, f"its process ended with {process.returncode}; {log.name} says more")])


class Printer(Table):
    """A table whose rows go to the process that asked."""

    def __init__(self) -> None:
        self.rows = []

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            print(MARK + json.dumps(dataclasses.asdict(row)), flush=True)


def main(argv: Sequence[str]) -> int:
    options = parser().parse_args(argv)
    if options.part:
        run_here(options.part, options, options.seconds, Printer())
        return 0
    if not options.minutes > 0 or not (options.train is None or options.train > 0):
        raise SettingsError("--minutes and --train must be above 0")
    device = pick_device(options.device)
    heading = (
        f"{device_label(device)}; Python {platform.python_version()}, torch {torch.__version__}; {options.size} size"
    )
    began, table = time.monotonic(), Table(options.out.resolve(), heading)
    for name in options.parts:
        seconds = seconds_of(name, options)
        print(f"{name}: {seconds:.0f} s at most", file=sys.stderr, flush=True)
        if options.one_process:
            run_here(name, options, seconds, table)
        else:
            line = [sys.executable, "-m", "tests.gpu", *argv, "--part", name, "--seconds", f"{seconds:.1f}"]
            run_apart(name, line, seconds, table)
    table.add([Row("all", "minutes", f"{(time.monotonic() - began) / 60:.1f}", f"{options.minutes:g}")])
    print(table.markdown())
    return 1 if any(row.state == "failed" for row in table.rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
