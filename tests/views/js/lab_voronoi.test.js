import assert from "node:assert/strict";
import test from "node:test";
import { voronoiCells, wedgeCells } from "../../../explorer/views/lab_voronoi.js";

/** Repeatable pseudo-random numbers in [0, 1). */
function random(seed) {
  return () => ((seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32);
}

const BOX = [-2, -2, 2, 2];

/** Which cells hold (x, y): inside or on every edge of a polygon of either turn. */
function holders({ start, xy }, x, y) {
  const found = [];
  for (let k = 0; k + 1 < start.length; k++) {
    if (start[k + 1] === start[k]) continue;
    let [left, right] = [true, true];
    for (let i = start[k], j = start[k + 1] - 1; i < start[k + 1]; j = i++) {
      const turn = (xy[2 * i] - xy[2 * j]) * (y - xy[2 * j + 1]) - (xy[2 * i + 1] - xy[2 * j + 1]) * (x - xy[2 * j]);
      left &&= turn >= -1e-9;
      right &&= turn <= 1e-9;
    }
    if (left || right) found.push(k);
  }
  return found;
}

function area({ start, xy }, k) {
  let sum = 0;
  for (let i = start[k], j = start[k + 1] - 1; i < start[k + 1]; j = i++) {
    sum += xy[2 * j] * xy[2 * i + 1] - xy[2 * i] * xy[2 * j + 1];
  }
  return Math.abs(sum) / 2;
}

const total = (cells) => Array.from({ length: cells.start.length - 1 }, (_, k) => area(cells, k)).reduce((a, b) => a + b, 0);

function check(cells, distance, K, seed) {
  const next = random(seed);
  for (let i = 0; i < 400; i++) {
    const [x, y] = [4 * next() - 2, 4 * next() - 2];
    let best = 0;
    for (let k = 1; k < K; k++) if (distance(k, x, y) < distance(best, x, y)) best = k;
    assert.ok(holders(cells, x, y).includes(best), `(${x}, ${y}) belongs to code ${best}`);
  }
  assert.ok(Math.abs(total(cells) - 16) < 1e-6, `cells tile the box once, area ${total(cells)}`);
}

const shapes = {
  uniform: (next) => [4 * next() - 2, 4 * next() - 2],
  "a tight cluster and a few far away": (next) => (next() < 0.9 ? [1 + 0.01 * next(), 0.01 * next()] : [40 * next() - 20, 40 * next() - 20]),
  "on a line": (next) => [4 * next() - 2, 0],
  "outside the box": (next) => [5 + next(), 3 + next()],
};

for (const [name, shape] of Object.entries(shapes)) {
  test(`a point lies in the cell of its nearest code: ${name}`, () => {
    for (const K of [1, 2, 3, 64, 300]) {
      const next = random(K + 7);
      const codes = new Float32Array(2 * K);
      for (let k = 0; k < K; k++) codes.set(shape(next), 2 * k);
      const squared = (k, x, y) => (x - codes[2 * k]) ** 2 + (y - codes[2 * k + 1]) ** 2;
      check(voronoiCells(codes, BOX), squared, K, K);
    }
  });
}

test("of codes at one place the first has the cell, and one that is not a number has none", () => {
  const cells = voronoiCells(Float32Array.of(0.5, 0, 0.5, 0, -1, 0, NaN, 0), BOX);
  assert.ok(area(cells, 0) > 0 && area(cells, 2) > 0);
  assert.equal(area(cells, 1), 0);
  assert.equal(area(cells, 3), 0);
  assert.ok(Math.abs(total(cells) - 16) < 1e-9);
});

test("no codes, no cells", () => {
  assert.deepEqual([...voronoiCells(new Float32Array(0), BOX).start], [0]);
});

test("wedges: a point lies in the cell of the code at the smallest angle", () => {
  for (const K of [1, 2, 3, 64]) {
    const next = random(K + 3);
    const codes = Float32Array.from({ length: 2 * K }, () => 4 * next() - 2);
    const cosine = (k, x, y) => -(x * codes[2 * k] + y * codes[2 * k + 1]) / Math.hypot(codes[2 * k], codes[2 * k + 1]);
    check(wedgeCells(codes, BOX), cosine, K, K);
  }
});

test("1,024 cells are quick enough to be drawn anew for each frame", () => {
  const next = random(5);
  const codes = Float32Array.from({ length: 2048 }, () => 4 * next() - 2);
  voronoiCells(codes, BOX);
  const times = Array.from({ length: 5 }, () => {
    const from = performance.now();
    voronoiCells(codes, BOX);
    return performance.now() - from;
  });
  assert.ok(Math.min(...times) < 60, `${Math.min(...times)} ms`);
  console.log(`voronoi 1,024: ${Math.min(...times).toFixed(1)} ms`);
});
