"""Memory and files of the server while visitors come and go, each with pictures of its own: what must stay flat.

SOAK_VISITORS (117) come one after another, or SOAK_AT_ONCE (1) at a time, each in a browser of its own with
PICTURES different pictures; a minute after the last one left, what is left of their files is counted. Runs only when it
is named.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image

from tests.benchmarks.lab_page import ROOT, chromium

VISITORS = int(os.environ.get("SOAK_VISITORS", "117"))
AT_ONCE = int(os.environ.get("SOAK_AT_ONCE", "1"))
PICTURES = 4
SIDE_PX = (640, 480)
AFTER_S = 60.0
PATIENCE_MS = 120_000
VIEW = "#inspect-view .dte-inspect"
FIGURE = r"() => document.querySelector('#reconstruction').innerText.match(/PSNR\s+([\d.]+)/)?.[1] ?? ''"
SHOWN = f"(before) => {{ const now = ({FIGURE})(); return now !== '' && now !== before; }}"
LOOKS = (0.25, 0.5, 0.75, 1.0)


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (url, pid), chromium() as browser:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        began, looks, sent = time.monotonic(), [("idle", _resident(pid))], 0
        for first in range(0, VISITORS, AT_ONCE):
            group = range(first, min(first + AT_ONCE, VISITORS))
            sent += _visit(browser, url, [_pictures(pictures, one, rng) for one in group])
            for share in LOOKS:
                if group[0] < share * VISITORS <= group[-1] + 1:
                    looks.append((f"{share:.0%}", _resident(pid)))
                    print(
                        f"{group[-1] + 1} visitors: {looks[-1][1]} MB, {_files(Path(folder) / 'tmp')}", file=sys.stderr
                    )
        took = time.monotonic() - began
        at_end = _files(Path(folder) / "tmp")
        time.sleep(AFTER_S)
        left, bytes_left = _files(Path(folder) / "tmp")
        looks.append((f"{AFTER_S:.0f} s later", _resident(pid)))
    memory = ", ".join(f"{when} {'?' if value is None else f'{value:,.0f}'} MB" for when, value in looks)
    who = f"{VISITORS} visitors, {AT_ONCE} at a time, {sent} pictures in {took:.0f} s"
    return [
        (f"{who}: memory of the server", memory, "flat from 25% on"),
        ("... temporary files as the last one leaves", f"{at_end[0]:,} files, {at_end[1] / 1e6:.1f} MB", ""),
        (f"... {AFTER_S:.0f} s later", f"{left:,} files, {bytes_left / 1e6:.1f} MB", "those of nobody"),
    ]


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """Address and process number of `python app.py`, whose temporary files lie in `folder`/tmp."""
    (folder / "tmp").mkdir()
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "EXPLORER_CACHE": str(folder / "cache")}
    environment["TMPDIR"] = str(folder / "tmp")
    line = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", "0"]
    server = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        found = (re.search(r"Running on (http\S+)", one) for one in server.stdout)
        url = next((match[1] for match in found if match), None)
        if url is None:
            raise RuntimeError("the app ended before it said where it runs")
        yield url, server.pid
    finally:
        server.terminate()
        server.wait()


def _pictures(folder: Path, visitor: int, rng: np.random.Generator) -> list[Path]:
    """Files of one visitor, no two alike: noise over a gradient, so that neither PNG nor JPEG makes nothing of it."""
    made = []
    for number in range(PICTURES):
        base = np.linspace(0, 200, SIDE_PX[0])[None, :, None] * rng.random(3)
        pixels = np.clip(base + rng.normal(0, 20, (SIDE_PX[1], SIDE_PX[0], 3)), 0, 255).astype(np.uint8)
        made.append(folder / f"{visitor}-{number}.png")
        Image.fromarray(pixels).save(made[-1])
    return made


def _visit(browser, url: str, files: list[list[Path]]) -> int:
    """As many visitors as there are lists come, show their pictures in turn, and leave; how many were shown."""
    contexts = [browser.new_context(viewport={"width": 1440, "height": 900}) for _ in files]
    pages, shown = [context.new_page() for context in contexts], 0
    for page in pages:
        page.goto(url)
    for page in pages:
        page.wait_for_selector(f"{VIEW}[data-frames-drawn]", timeout=PATIENCE_MS)
        page.wait_for_function(SHOWN, arg="", timeout=PATIENCE_MS)
        page.get_by_text("Your own picture").click()
    for number in range(PICTURES):
        drawn = [page.evaluate(FIGURE) for page in pages]
        for page, own in zip(pages, files, strict=True):
            page.locator("#upload-file input[type=file]").first.set_input_files(str(own[number]))
        for page, before in zip(pages, drawn, strict=True):
            page.wait_for_function(SHOWN, arg=before, timeout=PATIENCE_MS)
            shown += 1
    for context, own in zip(contexts, files, strict=True):
        context.close()
        for file in own:
            file.unlink()
    return shown


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
