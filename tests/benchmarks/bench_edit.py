"""A stroke of the token editor: until the picture is drawn in Chromium, and the server's part alone, at 256 px."""

from __future__ import annotations

import json
import statistics
import time

from explorer.pages.edit import events as edit_events
from explorer.pages.edit.desk import desk_of
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import list_tokenizers
from tests.benchmarks.machinery.lab_page import chromium, served

EDITOR = "#edit-view .dte-edit"
STAGE = f"{EDITOR} .ed-pane:first-child .ed-stage"
STROKES = 20
BUDGET = "150 ms"
PATIENCE_MS = 60_000
# Presses on one token after another, and waits each time for the decode to be drawn and for the next frame.
STROKE = """async ([root, selector, strokes]) => {
  const editor = document.querySelector(root), stage = document.querySelector(selector), times = [];
  const send = (type, x, y) => stage.dispatchEvent(new PointerEvent(type,
    { pointerId: 1, button: 0, buttons: 1, clientX: x, clientY: y, bubbles: true }));
  for (let i = 0; i < strokes; i++) {
    const box = stage.getBoundingClientRect();
    const x = box.left + box.width * (0.1 + 0.8 * ((i * 7) % strokes) / strokes);
    const y = box.top + box.height * (0.1 + (0.8 * i) / strokes);
    const before = editor.dataset.frames, start = performance.now();
    send("pointerdown", x, y);
    await new Promise((done) => {
      const over = () => editor.dataset.frames !== before || performance.now() - start > 5000;
      const look = () => (over() ? done() : requestAnimationFrame(look));
      requestAnimationFrame(look);
    });
    times.push(performance.now() - start);
    send("pointerup", x, y);
    await new Promise((done) => setTimeout(done, 300));
  }
  return times;
}"""


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    first = list_tokenizers()[0].id
    several = next(spec.id for spec in list_tokenizers() if spec.num_quantizers > 1)
    rows = []
    with served() as (url, _), chromium() as browser:
        for tokenizer in (first, several):
            page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
            page.goto(f"{url}?tokenizer={tokenizer}")
            page.locator(f"{EDITOR} .ed-panel > summary").click(timeout=PATIENCE_MS)
            page.wait_for_selector(f"{EDITOR}[data-ready='true']", timeout=PATIENCE_MS)
            page.locator(f"{EDITOR} .ed-code").fill("5")
            page.locator(STAGE).scroll_into_view_if_needed()
            page.wait_for_timeout(2000)
            times = page.evaluate(STROKE, [EDITOR, STAGE, STROKES])
            rows.append((f"edit stroke -> picture drawn, {tokenizer}, 256 px", _spread(times), BUDGET))
            page.close()
    return [*rows, *(_server(first, side) for side in (256, 512, 1024))]


def _server(tokenizer: str, side: int) -> tuple[str, str, str]:
    """Answers to single strokes, one a token of a diagonal, without a browser."""
    visit = Visit(tokenizer=tokenizer, side_px=side)
    token = json.loads(edit_events.opening(visit, visitors.enter("benchmark")))["token"]
    rows, columns = desk_of(token).record.levels[0].indices.shape
    edits, times, windows = "", [], 0
    edit_events.ask({"what": "open", "token": token})
    for i in range(STROKES):
        position = (i * rows // STROKES) * columns + (i * 7 % STROKES) * columns // STROKES
        edits += ("~" if edits else "") + f"p.0.{i}.{position}"
        start = time.perf_counter()
        answer = json.loads(edit_events.ask({"what": "edit", "token": token, "edits": edits}))
        times.append(1000 * (time.perf_counter() - start))
        windows += answer["window"] is not None
    what = f"edit stroke, the server's part, {tokenizer}, {side} px ({windows} of {STROKES} in a window)"
    return what, _spread(times), BUDGET if side == 256 else "none"


def _spread(values: list[float]) -> str:
    return f"median {statistics.median(values):.0f} ms, worst of {len(values)}: {max(values):.0f} ms"
