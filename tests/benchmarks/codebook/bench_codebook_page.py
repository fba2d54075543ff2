"""The codebook page as a visitor meets it: open, another tokenizer, click to the page of a code. Needs Chromium."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from explorer.media.samples import PICTURES
from tests.benchmarks.bench_page import FLAGS, ROOT

PAGE = "#codebook-view .dte-codebook"
CLICKS = 60
TOKENIZERS = ("vq-ema-reseed", "rvq-4", "fsq")
# Presses "next used code" and waits until the page of another code is there; then until the decoder's pictures are.
STEP = """async () => {
  const host = document.querySelector('#codebook-view .codebook-code');
  const next = host.querySelector('.cc-nav button:nth-child(2)');
  const before = host.dataset.code, start = performance.now();
  const passed = () => performance.now() - start;
  const until = (there) => new Promise((done) => {
    const look = () => (there() || passed() > 10000 ? done(passed()) : requestAnimationFrame(look));
    look();
  });
  next.click();
  const filled = await until(() => host.dataset.code !== undefined && host.dataset.code !== before);
  const decoded = await until(() => host.dataset.decoded === host.dataset.code);
  return [filled, decoded];
}"""


def measure() -> list[tuple[str, str, str]]:
    from playwright.sync_api import sync_playwright

    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "EXPLORER_CACHE": folder}
        command = [sys.executable, "app.py", "--port", "0"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            url = next(match[1] for line in server.stdout if (match := re.search(r"Running on (http\S+)", line)))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            rows = _rows(page, url.rstrip("/"))
            return [*rows, _while_another_counts(page, browser.new_page(), url.rstrip("/"), Path(folder))]
        finally:
            server.terminate()
            server.wait()
            browser.close()


def _rows(page, url: str) -> list[tuple[str, str, str]]:
    opened = {name: [] for name in ("first", "again")}
    filled, decoded = [], []
    for tokenizer in TOKENIZERS:
        for when in ("first", "again"):
            start = time.perf_counter()
            page.goto(f"{url}/codebook?tokenizer={tokenizer}")
            page.wait_for_selector(f"{PAGE}[data-ready='true']", timeout=60_000)
            opened[when].append(time.perf_counter() - start)
        page.wait_for_selector(f"{PAGE} .codebook-code[data-decoded]", timeout=60_000)
        page.wait_for_timeout(1500)  # the other panels have drawn, the sample pictures are open
        times = [page.evaluate(STEP) for _ in range(CLICKS)]
        filled += [first for first, _ in times]
        decoded += [last for _, last in times]
    return [
        ("codebook page opened, first time for its tokenizer", _spread(opened["first"], "s", 2), ""),
        ("codebook page opened again", _spread(opened["again"], "s", 2), ""),
        ("click -> page of the code filled", _spread(filled), "150 ms"),
        ("click -> decoded alone and in context too", _spread(decoded), ""),
    ]


def _while_another_counts(page, other, url: str, folder: Path) -> tuple[str, str, str]:
    """Clicks of one visitor while the audit of another runs."""
    with zipfile.ZipFile(folder / "pictures.zip", "w") as archive:
        for number in range(60):
            sample = list(PICTURES.values())[number % 8]
            archive.write(sample.path, f"{number}-{sample.path.name}")
    other.goto(f"{url}/codebook?tokenizer=fsq")
    other.wait_for_selector(f"{PAGE}[data-ready='true']", timeout=60_000)
    other.set_input_files(".ca-file", folder / "pictures.zip")
    other.wait_for_selector(".codebook-audit[data-job='running']", timeout=60_000)
    page.bring_to_front()
    times = []
    while other.get_attribute(".codebook-audit", "data-job") == "running" and len(times) < CLICKS:
        times.append(page.evaluate(STEP)[0])
    return ("the same while another visitor's audit runs", _spread(times or [float("nan")]), "150 ms")


def _spread(values: list[float], unit: str = "ms", digits: int = 0) -> str:
    ordered = sorted(values)
    slow = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle, worst = statistics.median(values), ordered[-1]
    return f"median {middle:.{digits}f} {unit}, 95% below {slow:.{digits}f}, worst of {len(values)}: {worst:.{digits}f}"
