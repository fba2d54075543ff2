import assert from "node:assert/strict";
import test from "node:test";
import { signedPalette } from "../../../../explorer/views/kit/draw/colormaps.js";
import { placeText, rowsOf } from "../../../../explorer/views/kit/wire/places.js";
import { columnsOf, togetherWith } from "../../../../explorer/views/inspect/player/series.js";
import { extremes, laneAt, seriesGeometry, stepAt } from "../../../../explorer/views/kit/draw/series_lanes.js";
import { modesOf, valueText } from "../../../../explorer/views/inspect/reconstruction/maps.js";

const FAST = { kind: "series", columns: ["base", "hand"], rows: 100, seconds: 2, chunk: 50 };
const WINDOWS = { kind: "series", columns: ["base", "hand"], rows: 100, seconds: null, chunk: 1 };

test("a token of a chunk stands for the whole chunk, and is one of its frequencies", () => {
  assert.deepEqual(rowsOf(153, [2, 100], FAST), { column: 1, from: 50, to: 100, frequency: 3 });
  assert.equal(placeText(153, [2, 100], FAST), "hand, 1.00–2.00 s, frequency 3 (1.5 Hz)"); // 3 / (2 x 50 rows) at 50 Hz
  assert.equal(placeText(0, [2, 100], FAST), "base, 0.00–1.00 s, frequency 0 (0 Hz)");
});

test("a token of a window stands for its own rows", () => {
  assert.deepEqual(rowsOf(13, [2, 10], WINDOWS), { column: 1, from: 30, to: 40, frequency: null });
  assert.equal(placeText(13, [2, 10], WINDOWS), "hand, rows 31–40");
});

test("lanes lie under each other, each with its strip, and a point is in one of them", () => {
  for (const columns of [1, 7, 40, 128]) {
    const geometry = seriesGeometry(columns, 900);
    assert.equal(geometry.lanes.length, columns);
    geometry.lanes.forEach(({ top, curve, strip }, place) => {
      assert.ok(top + curve <= strip.top && curve >= 12);
      assert.equal(laneAt(geometry, top + 1), place);
      assert.equal(laneAt(geometry, strip.top + 1), place);
      if (place > 0) assert.ok(top > geometry.lanes[place - 1].strip.top + geometry.lanes[place - 1].strip.height);
    });
    assert.equal(laneAt(geometry, geometry.axis + 10), -1);
  }
  assert.ok(seriesGeometry(3, 400).gutter < seriesGeometry(3, 900).gutter);
});

test("a place in time is a token", () => {
  assert.deepEqual(
    [-0.1, 0, 9.99, 10, 99.9, 100].map((at) => stepAt(at, 10, 100)),
    [-1, 0, 0, 1, 9, -1],
  );
});

test("no row is passed over where several share a pixel", () => {
  const values = Float32Array.from({ length: 1000 }, (_, row) => (row === 777 ? 9 : row % 2));
  const parts = extremes(values, 0, 1000, 100);
  assert.deepEqual(
    parts.map(([, high]) => high).flatMap((high, i) => (high === 9 ? [i] : [])),
    [77],
  );
  assert.ok(parts.every(([low, high]) => low === 0 && high >= 1));
  assert.equal(extremes(values, 0, 80, 100), null);
});

test("tokens that are sent in one piece are found, and one that is sent alone has none beside it", () => {
  const of = Uint32Array.from([0, 1, 1, 2, 1]);
  assert.deepEqual(togetherWith(of, 2), [1, 2, 4]);
  assert.deepEqual([togetherWith(of, 0), togetherWith(null, 0), togetherWith(of, null), togetherWith(of, 9)], [[], [], [], []]);
});

test("values come column by column", () => {
  const data = Buffer.from(new Float32Array([1, 2, 3, 4, 5, 6]).buffer).toString("base64");
  assert.deepEqual(
    columnsOf({ dtype: "float32", shape: [2, 3], data }).map((column) => [...column]),
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
});

test("codes of one axis are grey in the middle, blue below and orange above it", () => {
  const rgb = signedPalette(9);
  const at = (code) => [...rgb.subarray(3 * code, 3 * code + 3)];
  const blueness = (code) => at(code)[2] - at(code)[0];
  assert.ok(Math.abs(blueness(4)) < 24);
  for (const code of [0, 1, 2]) assert.ok(blueness(code) > blueness(code + 1) && blueness(8 - code) < blueness(7 - code));
});

test("the maps of a series speak of percent", () => {
  const value = { place: FAST, reconstruction: "x", quantization_error: [], margin: [], given: ["latent"] };
  const [, error] = modesOf(value);
  assert.equal(error.label, "Difference");
  assert.equal(valueText(error, 12.34), "difference 12.3 % of half the range");
});
