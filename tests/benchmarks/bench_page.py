"""The Inspect page as a visitor meets it: start, picture to screen, hover, click, memory. Needs Chromium."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from explorer.tokenizers import list_tokenizers

ROOT = Path(__file__).resolve().parents[2]
VIEW = "#inspect-view .dte-inspect"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
HOVER = """async () => {
  const view = document.querySelector('#inspect-view .dte-inspect');
  const canvas = document.querySelectorAll('#inspect-view canvas')[1], box = canvas.getBoundingClientRect();
  const times = [];
  for (let i = 0; i < 40; i++) {
    const x = box.left + box.width * (0.25 + 0.5 * ((i * 7) % 40) / 40);
    const y = box.top + box.height * (0.3 + 0.4 * i / 40);
    const before = view.dataset.framesDrawn, start = performance.now();
    canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y, bubbles: true, pointerId: 1 }));
    await new Promise((done) => {
      const drawn = () => view.dataset.framesDrawn !== before || performance.now() - start > 500;
      const look = () => (drawn() ? done() : requestAnimationFrame(look));
      requestAnimationFrame(look);
    });
    times.push(performance.now() - start);
  }
  return times;
}"""


def measure() -> list[tuple[str, str, str]]:
    from playwright.sync_api import sync_playwright

    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    specs = list_tokenizers()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        started = time.perf_counter()
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "EXPLORER_CACHE": folder}
        server = subprocess.Popen(
            [sys.executable, "app.py", "--port", "0"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            url = next(match[1] for line in server.stdout if (match := re.search(r"Running on (http\S+)", line)))
            listening = time.perf_counter() - started
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(url)
            page.wait_for_selector(f"{VIEW}[data-frames-drawn]", timeout=60_000)
            page.wait_for_function(
                "document.querySelector('#reconstruction').textContent.includes('PSNR')", timeout=60_000
            )
            usable = time.perf_counter() - started
            page.wait_for_timeout(1000)
            rows = [
                ("`python app.py` to first page usable", f"{usable:.1f} s (listening at {listening:.1f} s)", "6 s"),
                ("256 px picture chosen -> tokens, reconstruction and view drawn", _pictures(page), "1 s"),
                ("hover -> highlight drawn, next frame included", _hover(page), "16 ms"),
                ("click -> code page filled", _clicks(page), "150 ms"),
                (
                    f"server memory, idle, {len(specs)} tokenizers loaded",
                    _memory(page, url, specs, server.pid),
                    "1.2 GB",
                ),
            ]
        finally:
            server.terminate()
            server.wait()
            browser.close()
    size = sum(file.stat().st_size for file in (ROOT / "checkpoints").rglob("*") if file.is_file())
    return [*rows, ("`checkpoints/` in all", f"{size / 1e6:.0f} MB", "80 MB")]


def _spread(values: list[float], unit: str, digits: int = 0) -> str:
    return (
        f"median {statistics.median(values):.{digits}f} {unit}, worst of {len(values)}: {max(values):.{digits}f} {unit}"
    )


def _pictures(page) -> str:
    """Seconds from a click on a sample to its reconstruction and linked view on the screen."""
    times = []
    for sample in ("coffee", "chelsea", "china", "flower", "rocket"):
        before = page.get_attribute(VIEW, "data-frames-drawn")
        start = time.perf_counter()
        page.click(f"#sample-strip [data-id='{sample}']")
        page.wait_for_function(f"location.search.includes('picture={sample}')", polling=20, timeout=60_000)
        page.wait_for_function(f"document.querySelector('{VIEW}').dataset.framesDrawn !== '{before}'", polling=20)
        times.append(time.perf_counter() - start)
        page.wait_for_timeout(300)
    return _spread(times, "s", 2)


def _hover(page) -> str:
    return _spread(page.evaluate(HOVER), "ms", 1)


def _clicks(page) -> str:
    """Milliseconds from a click on a patch to the number of its code in the card."""
    box, times = page.locator(f"{VIEW} canvas").nth(1).bounding_box(), []
    for place in range(12):
        x, y = box["x"] + box["width"] * (0.3 + 0.03 * place), box["y"] + box["height"] * (0.3 + 0.035 * place)
        card = page.inner_text("#code-card")
        start = time.perf_counter()
        page.mouse.click(x, y)
        try:
            page.wait_for_function(
                "(card) => document.querySelector('#code-card').innerText !== card", arg=card, polling=5, timeout=5000
            )
        except Exception:
            continue  # the same code as before: nothing to wait for
        times.append(1000 * (time.perf_counter() - start))
    return _spread(times, "ms")


def _memory(page, url: str, specs, pid: int) -> str:
    """Resident memory of the server after every tokenizer was used once."""
    for spec in specs:
        page.goto(f"{url}?tokenizer={spec.id}")
        page.wait_for_function(
            f"document.querySelector('#tokenizer-facts')?.textContent?.includes({spec.summary!r})", timeout=60_000
        )
    page.goto("about:blank")
    time.sleep(3)
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return "not measured: this system has no /proc"
    kib = int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1])
    return f"{kib * 1024 / 1e9:.2f} GB"
