import assert from "node:assert/strict";
import test from "node:test";

import { listenForWindow } from "../../../../explorer/views/inspect/player/pan.js";

/** A view of 100 pixels for 10 seconds, and what it was told. */
function made(window = null) {
  const heard = {};
  const told = [];
  const view = {
    value: {},
    window,
    field: { setPointerCapture: () => {} },
    stage: { at: (event) => [event.clientX, 0] },
    get view() {
      return this.window ?? { from: 0, to: 10 };
    },
    frame: () => ({ width: 100 }),
    listen: (_, name, act) => (heard[name] = act),
    under: (event) => event.clientX,
    point: () => {},
    choose: (under) => told.push(["choose", under]),
    setWindow: (next) => told.push(["window", next.from]),
    span: (from, to, done) => told.push(["span", from, to, done]),
  };
  listenForWindow(view, () => 10);
  return { heard, told, view };
}

const drag = ({ heard }, from, to, shiftKey = false) => {
  heard.pointerdown({ button: 0, clientX: from, shiftKey });
  heard.pointermove({ clientX: to, pointerId: 1 });
  heard.pointerup({ clientX: to });
};

test("what is dragged over is told while it is dragged and when it is let go, from left to right", () => {
  const one = made();
  drag(one, 70, 20);
  assert.deepEqual(one.told, [
    ["span", 2, 7, false],
    ["span", 2, 7, true],
  ]);
});

test("a press that hardly moves chooses what is under it", () => {
  const one = made();
  drag(one, 40, 42);
  assert.deepEqual(one.told, [["choose", 42]]);
});

test("a zoomed window is dragged on, and with Shift a span of it is told", () => {
  const zoomed = made({ from: 4, to: 6 });
  drag(zoomed, 50, 0);
  assert.deepEqual(zoomed.told, [["window", 5]]);
  const spanned = made({ from: 4, to: 6 });
  drag(spanned, 0, 50, true);
  assert.deepEqual(spanned.told.at(-1), ["span", 4, 5, true]);
});

test("a view without spans is dragged as it was", () => {
  const one = made();
  one.view.span = undefined;
  drag(one, 20, 70);
  assert.deepEqual(one.told, []);
});
