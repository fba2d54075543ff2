import assert from "node:assert/strict";
import test from "node:test";
import { codePalette, colormap, hashedPosition, plane } from "../../../../explorer/views/kit/draw/colormaps.js";
import { guardedTrigger } from "../../../../explorer/views/kit/page/component.js";
import { unpack } from "../../../../explorer/views/kit/wire/encoding.js";
import { createSelection } from "../../../../explorer/views/kit/wire/selection.js";

test("unpack reads little-endian values and refuses what does not fit", () => {
  const data = Buffer.from(Uint16Array.from([1, 258, 65535, 0]).buffer).toString("base64");
  const { array, shape } = unpack({ dtype: "uint16", shape: [2, 2], data });
  assert.deepEqual(Array.from(array), [1, 258, 65535, 0]);
  assert.deepEqual(shape, [2, 2]);
  assert.throws(() => unpack({ dtype: "uint16", shape: [3], data }), /needs 3/);
  assert.throws(() => unpack({ dtype: "float64", shape: [1], data }), /float64/);
});

test("selection: hover and pin are apart, unpin clears both, nothing new tells nobody", () => {
  const bus = createSelection();
  const heard = [];
  const stop = bus.subscribe((state, previous, origin) => heard.push([state, previous.code, origin]));
  bus.hover({ code: 3, token: 9 });
  bus.set({ code: 5, level: 1, token: 2, origin: "a" });
  assert.deepEqual({ ...bus.state }, { level: 1, code: 5, token: 2, hoverCode: 3, hoverToken: 9 });
  bus.set({ code: 5, level: 1, token: 2, origin: "b" });
  assert.equal(heard.length, 2);
  assert.equal(heard[1][2], "a");
  bus.set({ code: 6 });
  assert.equal(bus.state.token, null);
  bus.set({ pinned: false });
  bus.hover();
  assert.deepEqual({ ...bus.state }, { level: 1, code: null, token: null, hoverCode: null, hoverToken: null });
  stop();
  bus.set({ code: 1 });
  assert.equal(heard.length, 5);
});

test("one failing listener does not silence the next", (t) => {
  const bus = createSelection();
  t.mock.method(console, "error", () => {});
  let heard = 0;
  bus.subscribe(() => {
    throw new Error("broken");
  });
  bus.subscribe(() => (heard += 1));
  bus.hover({ code: 1 });
  assert.equal(heard, 1);
});

test("a view may trigger only the events that Python listens for", () => {
  const sent = [];
  const trigger = guardedTrigger((...args) => sent.push(args), ["select"]);
  trigger("select", { code: 1 });
  assert.deepEqual(sent, [["select", { code: 1 }]]);
  assert.throws(() => trigger("pick", {}), /pick/);
});

test("palette: near on the map is near in colour, far is far; codes off the map still have one", () => {
  const n = 100;
  const xy = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? Math.floor(i / 2 / 10) : Math.floor(i / 2) % 10));
  const rgb = codePalette(
    n + 1,
    Uint32Array.from({ length: n }, (_, i) => i),
    xy,
  );
  const distance = (a, b) => Math.hypot(...[0, 1, 2].map((c) => rgb[3 * a + c] - rgb[3 * b + c]));
  assert.ok(distance(44, 45) * 4 < distance(0, 99));
  assert.ok(distance(44, 54) * 4 < distance(9, 90));
  assert.deepEqual(Array.from(rgb.subarray(3 * n)), plane(...hashedPosition(n)));
});

test("colormap clips, and NaN is the lowest colour", () => {
  assert.deepEqual(colormap("viridis", NaN), colormap("viridis", -3));
  assert.deepEqual(colormap("diverging", 0.5), [247, 247, 245]);
});
