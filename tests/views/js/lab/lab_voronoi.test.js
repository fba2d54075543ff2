import assert from "node:assert/strict";
import test from "node:test";
import { voronoiCells, wedgeCells } from "../../../../explorer/views/kit/draw/voronoi.js";

/** Repeatable pseudo-random numbers in [0, 1). */
function random(seed) {
  return () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
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
  const [x, y] = [xy[2 * start[k]], xy[2 * start[k] + 1]]; // from a corner: a small cell far out would lose its digits
  for (let i = start[k], j = start[k + 1] - 1; i < start[k + 1]; j = i++) {
    sum += (xy[2 * j] - x) * (xy[2 * i + 1] - y) - (xy[2 * i] - x) * (xy[2 * j + 1] - y);
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

/** [x, y] of code k of K: everything that made other diagrams overlap. */
const hard = {
  twins: (_next, k, K) => (k < K / 2 ? [k / K, ((7 * k) % K) / K] : [(k - K / 2) / K, ((7 * (k - K / 2)) % K) / K]),
  "nearly twins": (_next, k) => [0.3 + (k % 2) * 1e-7 + (k >> 1) * 0.01, 0.2],
  collapsed: () => [100.25, -3],
  "collapsed to a speck": (next) => [1e-3 + 1e-9 * next(), 1e-9 * next()],
  "one diverged, to 1e6": (next, k) => (k === 3 ? [1e6, -1e6] : [next(), next()]),
  "half diverged, in all directions": (next, k) => (k % 2 ? [2e6 * next() - 1e6, 2e6 * next() - 1e6] : [next(), next()]),
  "on a slanted line": (_next, k, K) => [k / K, k / K],
  "on a line, in a grid": (_next, k) => [k % 8, 0],
  "a grid": (_next, k) => [k % 8, k >> 3],
  "some not numbers": (next, k) => (k % 5 === 0 ? [NaN, next()] : k % 7 === 0 ? [next(), Infinity] : [next(), next()]),
};

for (const [name, shape] of Object.entries(hard)) {
  test(`areas add up to the box, and each point has one cell: ${name}`, () => {
    for (const K of [2, 7, 64, 300]) {
      const next = random(K + 11);
      const codes = new Float32Array(2 * K);
      for (let k = 0; k < K; k++) codes.set(shape(next, k, K), 2 * k);
      const xs = codes.filter((x, i) => i % 2 === 0 && Number.isFinite(x + codes[i + 1]));
      const ys = codes.filter((y, i) => i % 2 === 1 && Number.isFinite(y + codes[i - 1]));
      const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const room = 0.15 * (Math.max(x1 - x0, y1 - y0) || Math.abs(x0) || 1);
      const box = [x0 - room, y0 - room, x1 + room, y1 + room];
      const whole = (box[2] - box[0]) * (box[3] - box[1]);
      const cells = voronoiCells(codes, box);
      const rounding = (32 * Number.EPSILON * Math.max(...box.map(Math.abs))) / (box[2] - box[0]); // of a corner, in sides
      assert.ok(Math.abs(total(cells) / whole - 1) < 1e-12 * K + rounding, `K = ${K}: ${total(cells) / whole} boxes`);
      for (let k = 0; k < K; k++) if (!Number.isFinite(codes[2 * k] + codes[2 * k + 1])) assert.equal(area(cells, k), 0);
    }
  });
}

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

test("1,024 cells for each frame: how long they take is printed, and they tile the box", () => {
  const next = random(5);
  const codes = Float32Array.from({ length: 2048 }, () => 4 * next() - 2);
  const from = performance.now();
  const cells = voronoiCells(codes, BOX);
  console.log(`voronoi 1,024: ${(performance.now() - from).toFixed(1)} ms`); // a busy machine says nothing about the code
  assert.ok(Math.abs(total(cells) - 16) < 1e-9);
});

/** Codes of a lattice with these values on each axis, x fastest, and the borders half-way between its values. */
function lattice(values) {
  const codes = Float64Array.from(values.flatMap((y) => values.flatMap((x) => [x, y])));
  return { codes, borders: values.slice(1).map((value, i) => (value + values[i]) / 2) };
}

const LATTICES = {
  "FSQ, 5 levels": [-1, -0.5, 0, 0.5, 1],
  "FSQ, 8 levels": [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75],
  "FSQ, 2 levels": [-1, 0],
  LFQ: [-1, 1],
  BSQ: [-Math.SQRT1_2, Math.SQRT1_2],
};

for (const [name, values] of Object.entries(LATTICES)) {
  test(`on a lattice each cell is the rectangle between its borders: ${name}`, () => {
    const { codes, borders } = lattice(values);
    const { start, xy } = voronoiCells(codes, BOX);
    const [low, high] = [
      [-2, ...borders],
      [...borders, 2],
    ];
    for (let k = 0; k < codes.length / 2; k++) {
      const [column, row] = [k % values.length, Math.floor(k / values.length)];
      const corners = Array.from({ length: start[k + 1] - start[k] }, (_, i) => [xy[2 * (start[k] + i)], xy[2 * (start[k] + i) + 1]]);
      for (const [side, edge] of [
        [0, column],
        [1, row],
      ]) {
        const along = corners.map((corner) => corner[side]);
        assert.ok(Math.abs(Math.min(...along) - low[edge]) < 1e-12 && Math.abs(Math.max(...along) - high[edge]) < 1e-12);
      }
      assert.ok(Math.abs(area({ start, xy }, k) - (high[column] - low[column]) * (high[row] - low[row])) < 1e-12);
    }
  });
}
