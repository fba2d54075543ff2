import assert from "node:assert/strict";
import test from "node:test";
import {
  heightOf,
  linePoints,
  nearestRow,
  plotsOf,
  rangeOf,
  rowsOf,
  rowWords,
  spread,
  unitOf,
  valueWords,
} from "../../../../explorer/views/kit/player/charts/curves_model.js";
import { countWords, eventWords, listEvents, originWords, readEvent } from "../../../../explorer/views/kit/player/events.js";
import { fitPoints, pairLayout, pictureErrors, picturesWords, pointError, rgbaOf } from "../../../../explorer/views/lab/charts/pictures.js";

const NAMES = ["dead_0", "reconstruction", "commitment", "perplexity_0", "code_speed", "gradient_z_e", "novel"];
const CURVES = {
  names: NAMES,
  labels: NAMES.map((name) => name.toUpperCase()),
  units: ["share of K codes", "", "", "codes", "a step", "", "things"],
  kinds: ["measure", "loss", "loss", "measure", "measure", "measure", "measure"],
};
const rows = (...values) => values.map((row) => Float32Array.from(row));
const line = (column, name = "x", unit = "") => ({ column, name, label: name, unit });

test("curves that belong together share a plot, in a fixed order, unknown ones last", () => {
  const plots = plotsOf(CURVES);
  assert.deepEqual(
    plots.map(({ id }) => id),
    ["losses", "perplexity", "dead", "gradients", "speed", "novel"],
  );
  assert.deepEqual(
    plots[0].lines.map(({ column }) => column),
    [2, 3],
  );
  assert.notDeepEqual(plots[0].lines[0].style, plots[0].lines[1].style);
  assert.deepEqual(
    plots.map(({ scaled }) => scaled),
    [true, false, false, true, true, false],
  );
  assert.equal(unitOf(plots[1]), "codes");
  assert.equal(unitOf({ lines: [line(1, "a", "x"), line(2, "b", "y")] }), "");
});

test("every line style differs in its dash or its ink", () => {
  const names = Array.from({ length: 8 }, (_, i) => `loss${i}`);
  const [plot] = plotsOf({ names, labels: names, units: names.map(() => ""), kinds: names.map(() => "loss") });
  const looks = plot.lines.map(({ style }) => `${style.dash} ${style.ink}`);
  assert.equal(new Set(looks).size, 8);
});

test("rows are views of the store, made once", () => {
  const stored = { rows: { array: Float32Array.from([0, 1, 2, 10, 11, 12]), shape: [2, 3] } };
  assert.deepEqual(
    rowsOf(stored).map((row) => Array.from(row)),
    [
      [0, 1, 2],
      [10, 11, 12],
    ],
  );
  assert.equal(rowsOf(stored), rowsOf(stored));
  assert.deepEqual(rowsOf(null), []);
});

test("ranges hold every value, the ceiling too, and a log axis counts what it drops", () => {
  const plot = { lines: [line(1), line(2)], zero: true };
  const data = rows([0, 1, 4], [1, 2, NaN], [2, 8, -1]);
  const linear = rangeOf(plot, data, false, [64]);
  assert.ok(linear.low < -1 && linear.high > 64);
  const log = rangeOf(plot, data, true);
  assert.ok(log.low < 1 && log.low > 0.5 && log.high > 8 && log.dropped === 1);
  assert.deepEqual(rangeOf({ lines: [line(1)], whole: true }, data, true), { low: 0, high: 1, log: false, dropped: 0 });
  const flat = rangeOf({ lines: [line(1)] }, rows([0, 3], [1, 3]), true);
  assert.ok(flat.low < 3 && flat.high > 3);
  const none = rangeOf({ lines: [line(1)] }, rows([0, NaN]), true);
  assert.ok(none.low > 0 && none.high > none.low);
  assert.ok(Math.abs(heightOf({ low: 1, high: 100, log: true }, 10) - 0.5) < 1e-12);
  assert.ok(Number.isNaN(heightOf({ low: 1, high: 100, log: true }, 0)));
  const deep = rangeOf({ lines: [line(1)] }, rows([0, 2], [1, 1e-21]), true);
  assert.equal(deep.under, true);
  assert.ok(deep.low > 6e-15 && deep.low < 7.2e-15, "2^-48 of the largest, and a little room");
  assert.equal(heightOf(deep, 1e-21), 0, "on the lower edge, not below it");
  assert.equal(rangeOf({ lines: [line(1)] }, rows([0, 2], [1, 1e-14]), true).under, false);
});

test("the nearest row, by brute force", () => {
  const data = rows([0], [3], [4], [9], [20]);
  for (let step = -2; step < 25; step++) {
    const distance = Math.min(...data.map(([s]) => Math.abs(s - step)));
    assert.equal(Math.abs(data[nearestRow(data, step)][0] - step), distance);
  }
  assert.equal(nearestRow([], 3), -1);
});

test("a thinned line keeps its spikes, its ends and its gaps", () => {
  const data = Array.from({ length: 10_000 }, (_, i) => Float32Array.from([i, i === 5_003 ? 99 : Math.sin(i), i === 4000 ? NaN : 1]));
  const points = linePoints(
    data,
    1,
    (step) => step / 50,
    (value) => value,
  );
  assert.ok(points.length / 2 <= 4 * 202);
  const ys = points.filter((_, i) => i % 2 === 1);
  assert.equal(Math.max(...ys), 99);
  assert.equal(points[0], 0);
  assert.equal(points[points.length - 2], 9_999 / 50);
  const xs = points.filter((_, i) => i % 2 === 0);
  xs.slice(1).forEach((x, i) => assert.ok(x >= xs[i]));
  const parted = linePoints(
    data,
    2,
    (step) => step / 50,
    (value) => value,
  );
  assert.equal(parted.filter(Number.isNaN).length, 2);
});

test("labels pushed apart keep their order and their room", () => {
  const placed = spread([50, 50, 49, 99], 12, 0, 100);
  assert.ok(placed[2] < placed[0] && placed[0] < placed[1] && placed[1] < placed[3]);
  const sorted = placed.slice().sort((a, b) => a - b);
  sorted.slice(1).forEach((y, i) => assert.ok(y - sorted[i] >= 12 - 1e-9));
  assert.ok(sorted[3] <= 100);
});

test("values carry their units, shares their percent sign", () => {
  assert.equal(valueWords(line(1, "perplexity_0", "codes"), 9.313), "9.31 codes");
  assert.equal(valueWords(line(1, "perplexity_0", "codes"), 9.313, false), "9.31");
  assert.equal(valueWords(line(1, "dead_0", "share of K codes"), 0.271), "27.1%");
  assert.equal(valueWords(line(1), NaN), "not measured");
  const [losses] = plotsOf(CURVES);
  const row = Float32Array.from([1200, 0, 0.5, 0.25, 0, 0, 0, 0]);
  assert.equal(rowWords(losses, row), "step 1,200: RECONSTRUCTION 0.500, COMMITMENT 0.250");
});

test("an event in words: where it came from, and whether it had been in vain", () => {
  const event = readEvent([3, 1200, 1, 17, "random_latent", 44, 0]);
  assert.equal(eventWords(event, 2), "step 1,200: code 17 of level 2 put on a random latent");
  assert.equal(eventWords({ ...event, diedAgain: true }), "step 1,200: code 17 put on a random latent; it had been reseeded before, and had died again");
  assert.equal(originWords({ strategy: "split", source: 4 }), "split from code 4");
  assert.match(originWords({ strategy: "new_idea", source: 4 }), /new idea/);
});

test("the log lists the newest first, 200 at most, and counts them all", () => {
  const log = Array.from({ length: 300 }, (_, id) => [id, id, 0, 1, "split", 0, id % 3 === 0 ? 1 : 0]);
  assert.equal(listEvents(log, false).length, 200);
  assert.equal(listEvents(log, false)[0].id, 299);
  assert.ok(listEvents(log, true).every(({ diedAgain }) => diedAgain));
  assert.match(countWords({ total: 1204, rows: log }), /^1,204 reseeds in all; 100 of the newest 300 \(33%\)/);
  assert.match(countWords({ total: 1, rows: log.slice(0, 1) }), /^1 reseed in all; 1 of them \(100%\)/);
  assert.equal(countWords(null), "No code was reseeded so far.");
});

test("pictures: grey and colour become RGBA, errors are means over pixels and channels", () => {
  const grey = { array: Uint8Array.from([0, 255, 10, 20]), shape: [2, 1, 2] };
  assert.deepEqual(Array.from(rgbaOf(grey, 1)), [10, 10, 10, 255, 20, 20, 20, 255]);
  const colour = { array: Uint8Array.from([1, 2, 3]), shape: [1, 1, 1, 3] };
  assert.deepEqual(Array.from(rgbaOf(colour, 0)), [1, 2, 3, 255]);
  const output = { array: Uint8Array.from([4, 255, 10, 10]), shape: [2, 1, 2] };
  assert.deepEqual(pictureErrors(grey, output), [2, 5]);
  assert.equal(picturesWords({ kind: "images", inputs: grey, outputs: output }, 7), "2 pictures of 1 × 2 px at step 7; mean absolute error 3.50 of 255.");
});

test("pairs fit the width, whole pixels enlarged by whole numbers", () => {
  for (const W of [320, 420, 900]) {
    for (const [count, side] of [
      [12, 8],
      [8, 64],
      [16, 28],
    ]) {
      const layout = pairLayout(count, side, side, W);
      assert.ok(Number.isInteger(layout.zoom) && layout.zoom >= 1);
      for (let i = 0; i < count; i++) {
        const [x, top, second] = layout.place(i);
        assert.ok(x + layout.wide <= W && top >= 0 && second >= top + layout.tall && second + layout.tall <= layout.height);
      }
    }
  }
});

test("points keep their shape: one scale for both axes, inside the box", () => {
  const cloud = { array: Float32Array.from([0, 0, 4, 0, 4, 1, NaN, 5]), shape: [4, 2] };
  const place = fitPoints([cloud], 200, 100, 10);
  const [left, right, top] = [place(0, 0), place(4, 0), place(4, 1)];
  assert.ok(Math.abs((right[0] - left[0]) / 4 - (right[1] - top[1])) < 1e-9);
  assert.ok(left[0] >= 10 - 1e-9 && right[0] <= 190 + 1e-9);
  const moved = { array: Float32Array.from([3, 4, 4, 0]), shape: [2, 2] };
  assert.equal(pointError({ array: Float32Array.from([0, 0, 4, 0]), shape: [2, 2] }, moved), 2.5);
  assert.deepEqual(fitPoints([{ array: [] }], 200, 100)(3, 3), [100, 50]);
});
