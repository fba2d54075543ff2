"""The map of 16,384 codes in Chromium, over 4,096 latents: dragged about at three zooms, and a code lit up."""

from __future__ import annotations

import json

import numpy as np

from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook
from explorer.views.codebook.payload import map_payload, open_payload
from explorer.views.kit.page.component import VIEWS_FOLDER
from tests.benchmarks.machinery.lab_page import chromium

CODES, DIM, LATENTS, TOKENS = 16_384, 16, 4096, 2_000_000
SECONDS = 3
HOST = "http://map.test/"  # answered by the browser's own route: nothing is served
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="kit/page/theme.css">
<link rel="stylesheet" href="kit/widgets/frames.css"><link rel="stylesheet" href="kit/widgets/panels.css">
<link rel="stylesheet" href="codebook/view.css">
<div class="dte-root dte-frames dte-codebook"><section class="codebook-map"></section></div>
<script type="module">
  import { createBus } from "./codebook/link.js";
  import { mount } from "./codebook/map/map.js";
  window.bus = createBus({ ask: async ({ what }) => (await fetch(`${what}.json`)).text(), first: { map: "pca" } });
  await mount(document.querySelector(".codebook-map"), bus);
  bus.opened(await bus.ask("open"));
</script>"""
STAGE = ".codebook-map .cm-stage"
# Moves the pressed pointer once an animation frame, and counts the drawings meanwhile.
DRAG = """async ([selector, seconds]) => {
  const stage = document.querySelector(selector), box = stage.getBoundingClientRect();
  const send = (type, x, y) => stage.dispatchEvent(new PointerEvent(type,
    { pointerId: 1, button: 0, buttons: 1, clientX: box.left + x, clientY: box.top + y, bubbles: true }));
  stage.setPointerCapture = () => undefined; // there is no such pointer
  const start = performance.now(), first = Number(stage.dataset.frames);
  let now = start, slowest = 0;
  send("pointerdown", 300, 250);
  while (now - start < 1000 * seconds) {
    const turn = (now - start) / 160;
    send("pointermove", 300 + 120 * Math.sin(turn), 250 + 90 * Math.cos(1.3 * turn));
    await new Promise(requestAnimationFrame);
    slowest = Math.max(slowest, Number(stage.dataset.drawMs));
    now = performance.now();
  }
  send("pointercancel", 300, 250);
  return [(1000 * (Number(stage.dataset.frames) - first)) / (now - start), slowest];
}"""
# From the call to the end of the frame that shows it, the middle of 30.
HOVER = """async (codes) => {
  const times = [];
  for (const code of codes) {
    const start = performance.now();
    bus.hover(code);
    await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done)); // the frame's drawing was before this
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}"""


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    book, audit = _made()
    answers = {
        "open.json": open_payload(audit, "made", [], None, [book]),
        "map.json": map_payload(audit, 0, book, "pca"),
    }
    texts = {name: json.dumps({"ok": True, **answer}) for name, answer in answers.items()}
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.route(f"{HOST}**", lambda route: _answer(route, texts))
        page.goto(HOST)
        page.wait_for_function(f"Number(document.querySelector('{STAGE}')?.dataset.frames) > 1", timeout=60_000)
        rows = [_dragged(page, *each) for each in ((1.4, 1), (2.7, 2), (14.8, 5))]
        page.locator(STAGE).press("0")
        lit = page.evaluate(HOVER, np.random.default_rng(2).integers(CODES, size=30).tolist())
    return [*rows, (f"map of {CODES:,} codes: hover lights a code", f"{lit:.0f} ms to the frame's end", "16 ms")]


def _dragged(page, zoom: float, keys: int) -> tuple[str, str, str]:
    """Zoom in `keys` times more (each by 1.4, so `zoom` in all) and drag."""
    for _ in range(keys):
        page.locator(STAGE).press("+")
    page.wait_for_timeout(400)
    rate, slowest = page.evaluate(DRAG, [STAGE, SECONDS])
    what = f"map of {CODES:,} codes over {LATENTS:,} latents, {zoom:g} x: dragged"
    return what, f"{rate:.0f} frames/s drawn, slowest {slowest:.0f} ms", "30 frames/s"


def _answer(route, texts: dict[str, str]) -> None:
    name = route.request.url.removeprefix(HOST)
    if name in texts:
        route.fulfill(body=texts[name], content_type="application/json")
    elif name:
        route.fulfill(path=VIEWS_FOLDER / name)
    else:
        route.fulfill(body=PAGE, content_type="text/html")


def _made() -> tuple[Codebook, Audit]:
    """A codebook longer than wide, with skewed counts and latents around its codes."""
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(CODES, DIM)) * np.linspace(2, 0.3, DIM)).astype(np.float32)
    book = Codebook(CODES, DIM, "euclidean", vectors=vectors)
    chance = 1 / np.arange(1, CODES + 1) ** 0.9
    counts = rng.permutation(rng.multinomial(TOKENS, chance / chance.sum()))
    codes = rng.choice(CODES, LATENTS, p=counts / TOKENS).astype(np.int32)
    level = LevelAudit(
        name="",
        codebook_size=CODES,
        counts=counts,
        halves=np.stack([counts // 2, counts - counts // 2]),
        growth=np.array([[TOKENS, int(np.count_nonzero(counts))]]),
        batches=np.array([[1024.0, 500.0, 300.0]]),
        error=np.where(counts > 0, rng.gamma(2, 0.1, CODES), np.nan),
        latents=(vectors[codes] + 0.2 * rng.normal(size=(LATENTS, DIM))).astype(np.float32),
        latent_codes=codes,
    )
    return book, Audit("made", None, "grid2d", ("made.png",), (), (level,), None, 1, 1.0)
