"""Memory and files of the server while visitors come and go, each with pictures of their own: what must stay flat.

SOAK_VISITORS (117) come one after another, or SOAK_AT_ONCE (1) at a time, each with PICTURES different pictures, and
ask all that the Inspect page of a browser asks. A minute after the last one left, what is left of their files is
counted. Runs only when it is named.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from tests.benchmarks.machinery.lab_page import served
from tests.benchmarks.machinery.page_visitor import PageVisitor

VISITORS = int(os.environ.get("SOAK_VISITORS", "117"))
AT_ONCE = int(os.environ.get("SOAK_AT_ONCE", "1"))
PICTURES = 4
SIDE_PX = (640, 480)
AFTER_S = 60.0
LOOKS = (0.25, 0.5, 0.75, 1.0)


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as (url, pid), ThreadPoolExecutor(AT_ONCE) as pool:
        folder = Path(name)
        began, looks, waits = time.monotonic(), [("idle", _resident(pid))], []
        for first in range(0, VISITORS, AT_ONCE):
            group = range(first, min(first + AT_ONCE, VISITORS))
            waits += [wait for found in pool.map(lambda number: _visit(url, folder, number), group) for wait in found]
            for share in LOOKS:
                if group[0] < share * VISITORS <= group[-1] + 1:
                    looks.append((f"{share:.0%}", _resident(pid)))
                    print(f"{group[-1] + 1} visitors: {looks[-1][1]} MB, {_files(folder / 'tmp')}", file=sys.stderr)
        took, at_end = time.monotonic() - began, _files(folder / "tmp")
        time.sleep(AFTER_S)
        left, looks = _files(folder / "tmp"), [*looks, (f"{AFTER_S:.0f} s later", _resident(pid))]
    memory = ", ".join(f"{when} {'?' if value is None else f'{value:,.0f}'} MB" for when, value in looks)
    who = f"{VISITORS} visitors, {AT_ONCE} at a time, {len(waits)} pictures in {took:.0f} s"
    spread = f"median {np.median(waits):.2f} s, worst {max(waits):.2f} s"
    return [
        (f"{who}: memory of the server", memory, "flat from 25% on"),
        ("... a picture sent -> all views of it", spread, "1 s, one at a time"),
        ("... temporary files as the last one leaves", f"{at_end[0]:,} files, {at_end[1] / 1e6:.1f} MB", ""),
        (f"... {AFTER_S:.0f} s later", f"{left[0]:,} files, {left[1] / 1e6:.1f} MB", "none of a visitor"),
    ]


def _visit(url: str, folder: Path, number: int) -> list[float]:
    """One visitor comes, shows their pictures in turn, and leaves: how many seconds each took."""
    rng, waits = np.random.default_rng(number), []
    with PageVisitor(url) as visitor:
        for picture in range(PICTURES):
            file = folder / f"{number}-{picture}.png"
            base = np.linspace(0, 200, SIDE_PX[0])[None, :, None] * rng.random(3)
            noise = rng.normal(0, 20, (SIDE_PX[1], SIDE_PX[0], 3))  # so that PNG makes no small file of it
            Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8)).save(file)
            began = time.monotonic()
            visitor.show(file)
            waits.append(time.monotonic() - began)
            file.unlink()
    return waits


def _resident(pid: int) -> float | None:
    """Resident megabytes of the server itself: maps are laid out in processes that end. None without /proc."""
    status = Path(f"/proc/{pid}/status")
    return int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) * 1024 / 1e6 if status.exists() else None


def _files(folder: Path) -> tuple[int, int]:
    """How many files there are, and their bytes."""
    sizes = []
    for place, _, names in os.walk(folder):  # which passes over folders that are deleted meanwhile
        for name in names:
            with suppress(OSError):
                sizes.append(os.stat(Path(place) / name).st_size)
    return len(sizes), sum(sizes)
