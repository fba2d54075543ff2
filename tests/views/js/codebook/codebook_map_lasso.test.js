import assert from "node:assert/strict";
import test from "node:test";
import { boxAround, codesInRaster, codesInside, inside, summary, thinOut } from "../../../../explorer/views/codebook/map/lasso.js";

/** Repeatable pseudo-random numbers in [0, 1). */
function random(seed) {
  return () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

test("inside: a triangle agrees with three half-planes, a notch is outside", () => {
  const triangle = [
    [0, 0],
    [4, 1],
    [1, 5],
  ];
  const next = random(3);
  const side = ([ax, ay], [bx, by], x, y) => (bx - ax) * (y - ay) - (by - ay) * (x - ax);
  let found = 0;
  for (let i = 0; i < 500; i++) {
    const [x, y] = [6 * next() - 1, 7 * next() - 1];
    const expected = triangle.every((corner, j) => side(corner, triangle[(j + 1) % 3], x, y) > 0);
    assert.equal(inside(triangle, x, y), expected, `${x}, ${y}`);
    found += expected;
  }
  assert.ok(found > 50);
  const notched = [
    [0, 0],
    [4, 0],
    [4, 4],
    [2, 1],
    [0, 4],
  ];
  assert.equal(inside(notched, 2, 3), false);
  assert.equal(inside(notched, 0.5, 2), true);
});

test("codesInside gives the numbers of the codes, not their places; less than a triangle holds nothing", () => {
  const xy = Float32Array.from([0, 0, 1, 1, 2, 2, 3, 3]);
  const codes = [10, 20, 30, 40];
  assert.deepEqual([...codesInside(boxAround(1.5, 1.5, 0.6), codes, xy)], [20, 30]);
  assert.equal(
    codesInside(
      [
        [0, 0],
        [9, 9],
      ],
      codes,
      xy,
    ).size,
    0,
  );
});

test("a lasso on a slice takes the codes whose regions it touches", () => {
  const raster = { codes: Uint32Array.from([1, 1, 2, 3, 3, 2]), rows: 2, cols: 3, left: 0, top: 0, right: 3, bottom: 2 };
  assert.deepEqual(
    [
      ...codesInRaster(
        [
          [0, 0],
          [1.9, 0],
          [1.9, 1],
          [0, 1],
        ],
        raster,
      ),
    ],
    [1],
  );
  assert.deepEqual(
    [
      ...codesInRaster(
        [
          [2, 0],
          [3, 0],
          [3, 2],
          [2, 2],
        ],
        raster,
      ),
    ],
    [2],
  );
});

test("thinned keeps the first corner and those at least the gap away", () => {
  assert.deepEqual(
    thinOut(
      [
        [0, 0],
        [0.5, 0],
        [2, 0],
        [2.5, 0],
        [4, 0],
      ],
      2,
    ),
    [
      [0, 0],
      [2, 0],
      [4, 0],
    ],
  );
});

test("summary: the most used first, ties by number, unused ones counted as codes", () => {
  const counts = [5, 0, 9, 5];
  assert.deepEqual(summary(new Set([3, 0, 1, 2]), counts), {
    rows: [
      { code: 2, count: 9 },
      { code: 0, count: 5 },
      { code: 3, count: 5 },
      { code: 1, count: 0 },
    ],
    tokens: 19,
    used: 3,
  });
});
