"""The heatmap of 262,144 codes in Chromium, from a file of indices, dragged about at three zooms."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.machinery.lab_page import chromium, served

CODES, TOKENS = 262_144, 2_000_000
SECONDS = 3
PAGE, STAGE = "#codebook-view .dte-codebook", ".cb-heat-stage"
BUDGET = "30 frames/s"
PATIENCE_MS = 120_000
# Moves the pressed pointer once an animation frame, and counts the drawings of the cells meanwhile.
DRAG = """async ([selector, seconds]) => {
  const stage = document.querySelector(selector), host = stage.closest(".codebook-heatmap");
  const box = stage.getBoundingClientRect(), middle = box.width / 2;
  const send = (type, x, y) => stage.dispatchEvent(new PointerEvent(type,
    { pointerId: 1, button: 0, buttons: 1, clientX: box.left + x, clientY: box.top + y, bubbles: true }));
  const start = performance.now(), first = Number(host.dataset.frames);
  let now = start, slowest = 0;
  send("pointerdown", middle, middle);
  while (now - start < 1000 * seconds) {
    const turn = (now - start) / 160;
    send("pointermove", middle + 120 * Math.sin(turn), middle + 90 * Math.cos(1.3 * turn));
    await new Promise(requestAnimationFrame);
    slowest = Math.max(slowest, Number(host.dataset.drawMs));
    now = performance.now();
  }
  send("pointercancel", middle, middle);
  return [(1000 * (Number(host.dataset.frames) - first)) / (now - start), slowest];
}"""


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    with tempfile.TemporaryDirectory() as folder, served() as (url, _), chromium() as browser:
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.goto(f"{url.rstrip('/')}/codebook")
        page.wait_for_selector(f"{PAGE}[data-ready='true']", timeout=PATIENCE_MS)
        _count_indices(page, Path(folder) / "indices.npy")
        return [_dragged(page, zoom, keys) for zoom, keys in ((1.6, 1), (10, 4), (43, 3))]


def _count_indices(page, path: Path) -> None:
    """An audit of TOKENS indices with a long tail, as the page makes it of a file."""
    rng = np.random.default_rng(0)
    shares = rng.permutation(1.0 / (np.arange(CODES) + 5.0) ** 0.7)
    np.save(path, rng.choice(CODES, size=TOKENS, p=shares / shares.sum()).astype(np.int32))
    page.click("[data-fold='codebook-own']")
    page.locator(".ca-file").set_input_files(path)
    page.locator(".ca-size").fill(str(CODES))
    page.get_by_role("button", name="Count them").click()
    page.wait_for_selector(f"{PAGE}[data-ready='true'][data-audit^='own']", timeout=PATIENCE_MS)
    page.wait_for_timeout(2000)


def _dragged(page, zoom: float, keys: int) -> tuple[str, str, str]:
    """Zoom in `keys` times (each by 1.6, so `zoom` in all) and drag."""
    page.locator(STAGE).focus()
    for _ in range(keys):
        page.keyboard.press("+")
    page.wait_for_timeout(500)
    rate, slowest = page.evaluate(DRAG, [STAGE, SECONDS])
    what = f"heatmap of {CODES:,} codes, {zoom:g} x: dragged"
    return what, f"{rate:.0f} frames/s drawn, slowest {slowest:.0f} ms", BUDGET
