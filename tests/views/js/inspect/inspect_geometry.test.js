import assert from "node:assert/strict";
import test from "node:test";
import * as g from "../../../../explorer/views/kit/draw/geometry.js";

/** Repeatable pseudo-random numbers in [0, 1). */
function random(seed) {
  return () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

test("screen and content positions invert each other, under zoom and pan", () => {
  const view = { zoom: 3.5, cx: 40, cy: 90 };
  const [px, py] = g.toScreen(view, 1.7, 600, 400, 12.25, 77.5);
  const [x, y] = g.toContent(view, 1.7, 600, 400, px, py);
  assert.ok(Math.abs(x - 12.25) < 1e-9 && Math.abs(y - 77.5) < 1e-9);
});

test("zooming keeps what is under the pointer under the pointer", () => {
  const view = { zoom: 2, cx: 100, cy: 60 };
  const before = g.toContent(view, 2, 640, 480, 100, 333);
  const after = g.toContent(g.zoomAt(view, 2, 640, 480, 100, 333, 1.8), 2, 640, 480, 100, 333);
  assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-9);
});

test("fitScale: the tighter side decides; no room or no stage is 0", () => {
  assert.equal(g.fitScale(100, 50, 220, 220, 10), 2);
  assert.equal(g.fitScale(100, 50, 0, 300), 0);
  assert.equal(g.fitScale(100, 50, 10, 10, 8), 0);
});

test("clampView: zoom never below the whole, no empty border inside the stage", () => {
  const whole = g.clampView({ zoom: 0.2, cx: -50, cy: 999 }, 100, 100, 200, 200, 2);
  assert.deepEqual(whole, { zoom: 1, cx: 50, cy: 50 });
  const corner = g.clampView({ zoom: 4, cx: 0, cy: 100 }, 100, 100, 200, 200, 2);
  assert.deepEqual(corner, { zoom: 4, cx: 12.5, cy: 87.5 });
});

test("edges share out pixels by rounding down, as TokenLayout.region does", () => {
  assert.deepEqual(g.edges(3, 10), [0, 3, 6, 10]);
  assert.deepEqual(g.edges(4, 256), [0, 64, 128, 192, 256]);
});

test("interval agrees with a plain search, and is -1 outside", () => {
  const borders = g.edges(7, 45);
  for (let x = -2; x < 48; x += 0.25) {
    let expected = -1;
    for (let i = 0; i < 7; i++) if (borders[i] <= x && x < borders[i + 1]) expected = i;
    assert.equal(g.interval(borders, x), expected, `x = ${x}`);
  }
  assert.equal(g.interval(borders, NaN), -1);
});

test("arrow keys stay inside the grid; Home and End go to the row's ends", () => {
  assert.equal(g.moveToken(null, "ArrowDown", 3, 4), 0);
  assert.equal(g.moveToken(5, "ArrowRight", 3, 4), 6);
  assert.equal(g.moveToken(7, "ArrowRight", 3, 4), 7);
  assert.equal(g.moveToken(1, "ArrowUp", 3, 4), 1);
  assert.equal(g.moveToken(1, "ArrowDown", 3, 4), 5);
  assert.equal(g.moveToken(6, "Home", 3, 4), 4);
  assert.equal(g.moveToken(6, "End", 3, 4), 7);
  assert.equal(g.moveToken(6, "Enter", 3, 4), null);
});

test("nearestPoint equals brute force, inside and outside the cloud", () => {
  const next = random(7);
  for (const n of [1, 2, 50, 3000]) {
    const xy = Float32Array.from({ length: 2 * n }, (_, i) => next() ** 2 * (i % 2 ? 0.3 : 1));
    const hash = g.spatialHash(xy);
    for (let trial = 0; trial < 200; trial++) {
      const [x, y] = [next() * 1.6 - 0.3, next() * 1.6 - 0.3];
      let best = Infinity;
      for (let i = 0; i < n; i++) best = Math.min(best, Math.hypot(xy[2 * i] - x, xy[2 * i + 1] - y));
      const found = g.nearestPoint(hash, x, y);
      assert.ok(found >= 0);
      assert.ok(Math.abs(Math.hypot(xy[2 * found] - x, xy[2 * found + 1] - y) - best) < 1e-7);
      assert.equal(g.nearestPoint(hash, x, y, best * 0.999 - 1e-9), -1);
    }
  }
  assert.equal(g.nearestPoint(g.spatialHash(new Float32Array(0)), 0, 0), -1);
});

test("nearestPoint survives points all in one place", () => {
  const hash = g.spatialHash(new Float32Array(20).fill(3));
  assert.ok(g.nearestPoint(hash, 4, 4) >= 0);
});

test("normalise: longer side 1, one scale for both axes, y turned over", () => {
  const { xy, w, h, from } = g.normalise(Float32Array.from([0, 0, 4, 2, 2, 1]));
  assert.deepEqual([w, h], [1, 0.5]);
  assert.deepEqual(Array.from(xy), [0, 0.5, 1, 0, 0.5, 0.25]);
  assert.deepEqual(from(2, 1), [0.5, 0.25]);
});
