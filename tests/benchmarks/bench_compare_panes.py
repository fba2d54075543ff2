"""Eight panes of 512 x 512 pixels and the original in Chromium: moved about at three zooms, all drawn each frame."""

from __future__ import annotations

import json

import numpy as np

from explorer.views.kit.page.component import VIEWS_FOLDER
from explorer.views.kit.wire.encoding import png_data_url
from tests.benchmarks.machinery.lab_page import chromium

SIDE_PX, PANES, SECONDS = 512, 8, 3
HOST = "http://panes.test/"  # answered by the browser's own route: nothing is served
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="kit/page/theme.css">
<link rel="stylesheet" href="kit/widgets/frames.css"><link rel="stylesheet" href="compare/view.css">
<div class="dte-root dte-frames dte-compare"><section class="compare-panes"></section></div>
<script type="module">
  import { createBus } from "./compare/link.js";
  import { mount } from "./compare/panes.js";
  const bus = createBus({ ask: async () => "{}", info: { tokenizers: [], limits: {} } });
  mount(document.querySelector(".compare-panes"), bus);
  bus.set({ pictures: await (await fetch("pictures.json")).json() });
</script>"""
HOLDER, STAGE = ".compare-panes", ".compare-panes .cp-stage"
# Moves the pressed pointer once an animation frame, and counts the drawings meanwhile.
DRAG = """async ([holder, selector, seconds]) => {
  const stage = document.querySelector(selector), box = stage.getBoundingClientRect();
  const host = document.querySelector(holder);
  const send = (type, x, y) => stage.dispatchEvent(new PointerEvent(type,
    { pointerId: 1, button: 0, buttons: 1, clientX: box.left + x, clientY: box.top + y, bubbles: true }));
  stage.setPointerCapture = () => undefined; // there is no such pointer
  const [start, first] = [performance.now(), Number(host.dataset.frames)];
  let [now, longest] = [start, 0];
  send("pointerdown", 120, 120);
  while (now - start < 1000 * seconds) {
    const turn = (now - start) / 160;
    send("pointermove", 120 + 60 * Math.sin(turn), 120 + 50 * Math.cos(1.3 * turn));
    await new Promise(requestAnimationFrame);
    const then = now;
    now = performance.now();
    longest = Math.max(longest, now - then);
  }
  send("pointercancel", 120, 120);
  return [(1000 * (Number(host.dataset.frames) - first)) / (now - start), longest];
}"""


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    text = json.dumps(_made())
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.route(f"{HOST}**", lambda route: _answer(route, text))
        page.goto(HOST)
        page.wait_for_function(f"Number(document.querySelector('{HOLDER}').dataset.frames) > 1", timeout=60_000)
        return [_dragged(page, *each) for each in (("picture", 1.4, 1), ("picture", 2.7, 2), ("signed", 14.8, 5))]


def _dragged(page, show: str, zoom: float, keys: int) -> tuple[str, str, str]:
    """Zoom in `keys` times more (each by 1.4, so `zoom` in all) and drag."""
    stage = page.locator(STAGE).first
    if page.get_attribute(HOLDER, "data-show") != show:
        stage.press("e")
        page.wait_for_selector(f"{HOLDER}[data-show='{show}']")
    for _ in range(keys):
        stage.press("+")
    page.wait_for_timeout(400)
    rate, longest = page.evaluate(DRAG, [HOLDER, STAGE, SECONDS])
    what = f"{PANES} panes and the original, {SIDE_PX} px, {show}, {zoom:g} x: dragged"
    return what, f"{rate:.0f} frames/s drawn in all panes, longest {longest:.0f} ms", "60 frames/s"


def _answer(route, text: str) -> None:
    name = route.request.url.removeprefix(HOST)
    if name == "pictures.json":
        route.fulfill(body=text, content_type="application/json")
    elif name:
        route.fulfill(path=VIEWS_FOLDER / name)
    else:
        route.fulfill(body=PAGE, content_type="text/html")


def _made() -> dict:
    """A picture of noise over waves, and the same with more and more noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 13)], axis=-1) * 0.3 + 0.5
    panes = [
        {
            "tokenizer": f"made-{number}",
            "image": png_data_url(np.clip(waves + rng.normal(scale=0.01 * number, size=waves.shape), 0, 1)),
            "words": "20.00 dB, 0.100 bits/pixel",
            "worst": [0, 0, 64, 64],
        }
        for number in range(1, PANES + 1)
    ]
    facts = {
        "number": 0,
        "name": "made",
        "width": SIDE_PX,
        "height": SIDE_PX,
        "size": "made",
        "notes": [],
        "scale": 0.1,
    }
    return facts | {"original": png_data_url(waves), "panes": panes, "failures": [], "played": None}
