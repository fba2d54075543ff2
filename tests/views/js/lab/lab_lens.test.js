import assert from "node:assert/strict";
import test from "node:test";

import { Lens, MOST, nearer, partOf } from "../../../../explorer/views/kit/player/plane/lens.js";
import { placing } from "../../../../explorer/views/kit/player/plane/draw.js";
import { withPage } from "../made_page.js";

const WHOLE = { x: 3, y: -2, half: 8 };

test("what lies under the pointer stays there, nearer and farther", () => {
  let seen = WHOLE;
  for (const [px, py, factor] of [
    [50, 70, 3],
    [200, 10, 2.5],
    [33, 250, 0.6],
  ]) {
    const before = placing(seen, 400, 300);
    const [x, y] = before.world(px, py);
    seen = nearer(seen, x, y, factor, WHOLE);
    const after = placing(seen, 400, 300);
    const now = after.world(px, py);
    assert.ok(Math.abs(now[0] - x) < 1e-9 && Math.abs(now[1] - y) < 1e-9);
    assert.ok(Math.abs(after.scale / before.scale - factor) < 1e-9);
  }
});

test("the lens is kept inside of the whole, no nearer than its most, and is none where all is seen", () => {
  assert.equal(partOf(null, WHOLE, 300, 300), null);
  assert.equal(partOf({ x: 3, y: -2, half: 8 }, WHOLE, 300, 300), null);
  assert.deepEqual(partOf({ x: 100, y: -100, half: 2 }, WHOLE, 300, 300), { x: 9, y: -8, half: 2 });
  assert.deepEqual(partOf({ x: 100, y: -100, half: 2 }, WHOLE, 600, 300), { x: 15, y: -8, half: 2 }); // a wide stage shows more beside
  assert.equal(partOf({ x: 0, y: 0, half: 1e-9 }, WHOLE, 300, 300).half, 8 / MOST);
  assert.equal(nearer(WHOLE, 0, 0, 1e9, WHOLE).half, 8 / MOST);
  assert.equal(nearer({ x: 0, y: 0, half: 1 }, 0, 0, 1e-9, WHOLE).half, 8);
});

test("keys, wheel and a drag move it; the click after a drag is told apart; painting by hand takes all gestures", () =>
  withPage(async (page) => {
    const field = page.root();
    field.setPointerCapture = () => {};
    const size = { W: 300, H: 300 };
    let taken = false;
    const plane = { field, stage: { size, at: (event) => [event.x, event.y] }, whole: () => WHOLE, redraw() {}, taken: () => taken };
    const lens = new Lens(Object.assign(plane, { seen: () => placing(lens.over(WHOLE, 300, 300), 300, 300) }));
    const fire = (name, event) => field.heard.get(`${name} false`).forEach((act) => act({ button: 0, pointerId: 1, preventDefault() {}, ...event }));
    assert.equal(lens.square, null);
    assert.ok(lens.key("+") && lens.key("=") && !lens.key("ArrowLeft"));
    assert.equal(field.dataset.zoom, (1.6 * 1.6).toFixed(2));
    fire("pointerdown", { x: 100, y: 100 });
    const before = lens.square;
    fire("pointermove", { x: 102, y: 100 });
    assert.ok(!lens.dragged && lens.square === before, "a trembling hand");
    fire("pointermove", { x: 120, y: 90 });
    fire("pointerup", { x: 120, y: 90 });
    const { scale } = placing(before, 300, 300);
    assert.ok(lens.dragged && Math.abs(lens.square.x - (before.x - 20 / scale)) < 1e-9 && Math.abs(lens.square.y - (before.y - 10 / scale)) < 1e-9);
    fire("pointermove", { x: 200, y: 200 });
    assert.ok(Math.abs(lens.square.x - (before.x - 20 / scale)) < 1e-9, "it was let go");
    lens.reveal(lens.square.x + 100, lens.square.y);
    assert.ok(lens.square.x > before.x, "a code outside is brought in");
    lens.key("0");
    assert.equal(lens.square, null);
    fire("wheel", { x: 150, y: 150, deltaY: 100, deltaMode: 0 });
    assert.equal(lens.square, null, "the page scrolls on");
    taken = true;
    fire("wheel", { x: 150, y: 150, deltaY: -100, deltaMode: 0 });
    assert.equal(lens.square, null);
    taken = false;
    fire("wheel", { x: 150, y: 150, deltaY: -100, deltaMode: 0 });
    assert.ok(lens.square.half < WHOLE.half);
    fire("dblclick", {});
    assert.equal(lens.square, null);
    lens.destroy();
  }));
