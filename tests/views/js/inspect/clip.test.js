import assert from "node:assert/strict";
import test from "node:test";

import { cellAt, changeShare, changeText, stepLevel } from "../../../../explorer/views/inspect/clip/boards.js";
import { rowsOf } from "../../../../explorer/views/inspect/clip/charts.js";
import { placesOfCodes } from "../../../../explorer/views/kit/widgets/chart_model.js";
import { tile, untile } from "../../../../explorer/views/kit/wire/places.js";

const TILES = [2, 3]; // of a mosaic of six steps, 2 x 4 tokens each
const GRID = [4, 12];

test("a place of a step is put into the mosaic where it is taken out of it", () => {
  assert.equal(untile({ step: 0, row: 0, col: 0 }, GRID, TILES), 0);
  assert.equal(untile({ step: 4, row: 1, col: 2 }, GRID, TILES), 3 * 12 + 6); // the middle of the second row of steps
  for (let token = 0; token < 48; token++) assert.equal(untile(tile(token, GRID, TILES), GRID, TILES), token);
});

test("the codes of a step are those of its place in the mosaic, row by row", () => {
  const level = { rows: 4, cols: 12, indices: Array.from({ length: 48 }, (_, token) => token), palette: null };
  const { rows, cols, indices } = stepLevel(level, TILES, 5);
  assert.deepEqual([rows, cols, indices], [2, 4, [32, 33, 34, 35, 44, 45, 46, 47]]);
});

test("what is beyond the edge of a board belongs to its outermost cell", () => {
  const size = { W: 80, H: 40 };
  const at = [
    [-3, -1],
    [19.9, 0],
    [20, 19],
    [79, 20],
    [80, 41],
  ].map(([x, y]) => cellAt(x, y, size, 2, 4));
  assert.deepEqual(
    at.map(({ row, col }) => [row, col]),
    [
      [0, 0],
      [0, 0],
      [0, 1],
      [1, 3],
      [1, 3],
    ],
  );
});

test("changes are told with what they are of", () => {
  const changed = { counts: Uint32Array.from([0, 2, 6, 1]), cols: 2, pairs: 6 };
  assert.equal(changeText({ row: 1, col: 0 }, changed), "Row 2, column 1: another token in 6 of 6 pairs of steps");
  assert.equal(changeText({ row: 0, col: 1 }, { ...changed, pairs: 1 }), "Row 1, column 2: another token in 2 of 1 pair of steps");
  assert.deepEqual([changeShare(0, 6), changeShare(3, 6), changeShare(6, 6), changeShare(0, 0)], [0, 0.5, 1, 0]);
});

const HEAT = {
  data: [
    {
      type: "heatmap",
      x: [1, 2, 3],
      y: [1, 2],
      z: [
        [4, null, 1],
        [null, 2, 2],
      ],
      customdata: [Int32Array.from([70, 70, 70]), Int32Array.from([9, 9, 9])],
    },
  ],
  layout: { meta: { pick: "code" } },
};

test("a code of the figure over time lies where it is used first, and its table leaves out where it is not", () => {
  const places = placesOfCodes(HEAT);
  assert.deepEqual([...places.keys()], [70, 9]);
  assert.deepEqual(
    [places.get(70), places.get(9)],
    [
      { curve: 0, point: [0, 0] },
      { curve: 0, point: [1, 1] },
    ],
  );
  assert.deepEqual(rowsOf(HEAT), [
    [70, 1, 4],
    [70, 3, 1],
    [9, 2, 2],
    [9, 3, 2],
  ]);
});

test("the table of curves leaves out lines that nobody can point at, and what is not there", () => {
  const line = { type: "scatter", name: "PSNR (dB)", x: [1, 2], y: [20, 21], hoverinfo: "skip" };
  const points = { type: "scatter", name: "PSNR (dB)", x: [1, 2, 3], y: Float64Array.from([20, NaN, 22]) };
  assert.deepEqual(rowsOf({ data: [line, points] }), [
    ["PSNR (dB)", 1, 20],
    ["PSNR (dB)", 3, 22],
  ]);
});
