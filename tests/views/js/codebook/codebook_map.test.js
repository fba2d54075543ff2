import assert from "node:assert/strict";
import test from "node:test";
import { shapeOf } from "../../../../explorer/views/codebook/map/marks.js";
import { faint, over, Sheet } from "../../../../explorer/views/codebook/map/stamp.js";
import * as model from "../../../../explorer/views/codebook/map/model.js";
import { DEAD, DUPLICATE, LIVE, OVERUSED, UNSEEN } from "../../../../explorer/views/codebook/states.js";

/** Repeatable pseudo-random numbers in [0, 1). */
function random(seed) {
  return () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

const near = (a, b, tolerance = 1e-6) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

function rawMap(xy, more = {}) {
  const n = xy.length / 2;
  return {
    kind: "pca",
    codes: Uint32Array.from({ length: n }, (_, i) => i),
    xy: Float32Array.from(xy),
    norm: new Float32Array(n).fill(1),
    error: new Float32Array(n).fill(NaN),
    latents: null,
    regions: null,
    notes: [],
    ...more,
  };
}

test("kindsFor: a lattice, bits or sphere comes first where there is no table; two dimensions have true cells", () => {
  const ids = (of) => model.kindsFor(of).map(({ id }) => id);
  assert.deepEqual(ids({ quantizer: "vq", metric: "euclidean", dim: 16 }), ["pca", "umap", "tsne", "plane"]);
  assert.equal(ids({ quantizer: "fsq", metric: "implicit", dim: 4 })[0], "lattice");
  assert.deepEqual(ids({ quantizer: "lfq", metric: "implicit", dim: 10 }).slice(0, 2), ["bits", "pca"]);
  assert.deepEqual(ids({ quantizer: "bsq", metric: "implicit", dim: 10 }).slice(0, 2), ["sphere", "bits"]);
  assert.equal(model.kindsFor({ quantizer: "vq", metric: "euclidean", dim: 2 }).at(-1).label, "Cells");
  assert.ok(!ids({ quantizer: "vq", metric: "euclidean", dim: 1 }).includes("plane"));
});

test("readMap keeps the proportions of the plane, y upwards, and finds the code at a place", () => {
  const map = model.readMap(rawMap([0, 0, 4, 0, 0, 2], { codes: Uint32Array.from([7, 8, 9]) }), 12);
  near(map.w, 1);
  near(map.h, 0.5);
  assert.deepEqual([map.point[7], map.point[9], map.point[0]], [0, 2, -1]);
  assert.ok(map.xy[5] < map.xy[1], "larger y stands higher");
  assert.equal(model.hitCode(map, map.xy[2] + 0.01, map.xy[3], 0.05), 8);
  assert.equal(model.hitCode(map, 0.5, 0.25, 0.05), -1);
});

test("latents far outside of the codes stay on the map, single outliers do not squeeze it", () => {
  const latents = new Float32Array(2000);
  for (let i = 0; i < 1000; i++) latents.set([100 + (i % 10), i % 7], 2 * i);
  latents.set([1e6, 0], 0);
  const map = model.readMap(rawMap([0, 0, 1, 1], { latents }), 2);
  assert.equal(map.density.outside, 1);
  assert.equal(
    map.density.counts.reduce((a, b) => a + b, 0),
    999,
  );
  assert.equal(Math.max(...map.density.counts), map.density.largest);
  near(map.xy[2] - map.xy[0], 1 / 109, 1e-3);
});

test("density counts every latent in its own bin", () => {
  const next = random(8);
  const xy = Float32Array.from({ length: 800 }, () => next());
  const field = model.density(xy, 1, 1);
  const expected = new Map();
  for (let i = 0; i < 800; i += 2) {
    const key = Math.floor((xy[i + 1] - field.top) / field.side) * field.cols + Math.floor((xy[i] - field.left) / field.side);
    expected.set(key, (expected.get(key) ?? 0) + 1);
  }
  assert.equal(field.outside, 0);
  field.counts.forEach((count, i) => assert.equal(count, expected.get(i) ?? 0));
});

test("softening moves no latent out of the picture and puts each on the bins around it", () => {
  const field = { cols: 9, rows: 7, counts: new Uint32Array(63) };
  field.counts[3 * 9 + 4] = 256;
  field.counts[0] = 10;
  const soft = model.soften(field);
  near(
    soft.reduce((a, b) => a + b, 0),
    266,
    1e-3,
  );
  near(soft[3 * 9 + 4], 256 * (6 / 16) ** 2, 1e-3); // 1 4 6 4 1 along both axes
  near(soft[3 * 9 + 5], 256 * (6 / 16) * (4 / 16), 1e-3);
});

test("borders of a raster: every edge between two codes once, whole lines at a time", () => {
  const next = random(4);
  const [rows, cols] = [9, 13];
  const codes = Uint32Array.from({ length: rows * cols }, () => Math.floor(3 * next()));
  let expected = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      if (x > 0 && codes[y * cols + x] !== codes[y * cols + x - 1]) expected += 1;
      if (y > 0 && codes[y * cols + x] !== codes[(y - 1) * cols + x]) expected += 1;
    }
  }
  const lines = model.borders(codes, rows, cols);
  assert.equal(
    lines.reduce((sum, [x0, y0, x1, y1]) => sum + (x1 - x0) + (y1 - y0), 0),
    expected,
  );
  assert.deepEqual(model.borders([1, 1, 2, 2, 1, 1, 2, 2], 2, 4), [[2, 0, 2, 2]]);
});

test("cells of a grid touch each other, and each is hit in its whole square", () => {
  const map = model.readMap(rawMap([0, 0, 1, 0, 0, 1, 1, 1], { kind: "lattice" }), 4);
  near(map.cell, map.xy[2] - map.xy[0]);
  near(map.w, 2 * map.cell);
  assert.equal(model.hitCode(map, map.xy[0] + 0.49 * map.cell, map.xy[1] - 0.49 * map.cell, 0), 0);
});

test("regions of a slice are found by cell; codes off the drawn ones keep their name", () => {
  const regions = { side: 2, codes: Uint32Array.from([0, 5, 1, 5]), box: [0, 0, 2, 2] };
  const map = model.readMap(rawMap([0.5, 1.5, 0.5, 0.5], { kind: "plane", regions }), 6);
  assert.deepEqual([map.raster.rows, map.raster.cols], [2, 2]);
  assert.equal(model.hitCode(map, 0.25 * map.w, 0.25 * map.h, 0), 0, "row 0 is the top");
  assert.equal(model.hitCode(map, 0.75 * map.w, 0.25 * map.h, 0), 5);
  assert.equal(model.hitCode(map, 0.25 * map.w, 0.75 * map.h, 0), 1);
});

test("exact cells tile their box once, also of twins; of equals the first is hit", () => {
  const map = model.readMap(rawMap([0.5, 1, 1.5, 1, 1.5, 1], { kind: "plane", regions: { cells: [0, 0, 2, 2] } }), 3);
  assert.deepEqual(
    map.polygons.map(({ code }) => code),
    [0, 1],
  );
  near(Math.max(...map.polygons[0].xy.filter((_, i) => i % 2 === 0)), 0.5);
  near(Math.min(...map.polygons[1].xy.filter((_, i) => i % 2 === 0)), 0.5);
  assert.deepEqual([map.w, map.h], [1, 1]);
  assert.equal(model.hitCode(map, 0.9, 0.9, 0), 1);
});

test("usage has a log scale from one token to the most used code, unused codes have no shade", () => {
  const map = model.readMap(rawMap([0, 0, 1, 0, 2, 0, 3, 0]), 4);
  const counts = Uint32Array.from([0, 1, 10, 100]);
  const scale = model.measure("usage", map, counts);
  near(scale.share(10), 0.5);
  assert.deepEqual([...model.shades(map, scale)], [255, 0, Math.round(0.5 * (model.SHADES - 1)), model.SHADES - 1]);
  assert.equal(model.shades(map, model.measure("error", map, counts))[0], 255, "an error that is not known");
});

test("a measure that reaches far has a log scale and says so, another has not", () => {
  const map = model.readMap(rawMap([0, 0, 1, 0, 2, 0], { error: Float32Array.from([0.5, 5, 50]), norm: Float32Array.from([2, 3, 4]) }), 3);
  const error = model.measure("error", map, [1, 1, 1]);
  near(error.share(5), 0.5);
  assert.match(error.unit, /log scale/);
  const norm = model.measure("norm", map, [1, 1, 1]);
  near(norm.share(2.5), 0.25);
  assert.ok(!norm.unit.includes("log"));
});

test("the area of a mark above the least grows with the measure", () => {
  const map = model.readMap(rawMap([0, 0, 1, 0, 2, 0]), 3);
  const radius = model.radii(map, model.measure("usage", map, Uint32Array.from([0, 25, 100])));
  near((radius[1] - radius[0]) / (radius[2] - radius[0]), 0.5, 1e-5);
  const alike = model.radii(map, null);
  assert.equal(new Set(alike).size, 1);
});

test("small used codes are drawn last, unused ones first", () => {
  const map = model.readMap(rawMap([0, 0, 1, 0, 2, 0]), 3);
  const counts = Uint32Array.from([3, 0, 90]);
  assert.deepEqual([...model.drawOrder(map, counts, model.radii(map, model.measure("usage", map, counts)))], [1, 2, 0]);
});

test("arrow keys go to the next code in that direction on a grid", () => {
  const xy = [];
  for (let y = 0; y < 3; y++) for (let x = 0; x < 3; x++) xy.push(x, -y);
  const map = model.readMap(rawMap(xy), 9);
  const to = (key) => model.neighbourTowards(map, 4, key);
  assert.deepEqual([to("ArrowLeft"), to("ArrowRight"), to("ArrowUp"), to("ArrowDown")], [3, 5, 1, 7]);
  assert.equal(model.neighbourTowards(map, 0, "ArrowLeft"), 0);
});

test("robustBox leaves out outliers on both sides, and is nothing for nothing", () => {
  const xy = Float32Array.from({ length: 2000 }, (_, i) => (i % 2 ? 1 : i / 2));
  const [x0, y0, x1, y1] = model.robustBox(xy, 0.01);
  assert.deepEqual([x0, y0, x1, y1], [10, 1, 989, 1]);
  assert.equal(model.robustBox(null), null);
});

test("one pixel over another: opaque hides, transparent lets through, half mixes", () => {
  const [red, blue] = [0xff0000ff, 0xffff0000]; // packed as alpha, blue, green, red
  assert.equal(over(red, blue), red);
  assert.equal(over(0x000000ff, blue), blue);
  const half = over(0x800000ff, blue);
  assert.deepEqual([half >>> 24, (half >>> 16) & 255, half & 255], [255, 127, 128]);
  const thin = over(0x800000ff, 0x80ff0000);
  assert.equal(thin >>> 24, Math.round(255 * (128 / 255 + (128 / 255) * (127 / 255))));
  assert.equal(faint(Uint32Array.from([0xff123456]), 0.5)[0], 0x80123456);
});

test("stamping copies a mark around its middle and leaves out what is off the sheet", () => {
  const sheet = new Sheet(5, 4);
  const mark = { pixels: Uint32Array.from([0xff000001, 0xff000002, 0, 0xff000004]), size: 2, half: 1 };
  sheet.stamp(mark, 2, 2);
  assert.deepEqual([sheet.pixels[6], sheet.pixels[7], sheet.pixels[11], sheet.pixels[12]], [0xff000001, 0xff000002, 0, 0xff000004]);
  sheet.clear();
  sheet.stamp(mark, 0, 0);
  assert.deepEqual(
    [...sheet.pixels].filter((pixel) => pixel !== 0),
    [0xff000004],
  );
  sheet.clear();
  sheet.stamp(mark, 5, 4);
  assert.equal(sheet.pixels[19], 0xff000001);
  sheet.stamp(mark, 99, -99);
  sheet.clear();
  sheet.fill(3, 2, 9, 9, 7);
  assert.deepEqual(
    [...sheet.pixels.keys()].filter((i) => sheet.pixels[i] === 7),
    [13, 14, 18, 19],
  );
});

test("states differ in shape, not only in colour", () => {
  const form = (state) => {
    const { triangle, lines, dot, hollow } = shapeOf(state, 5);
    return JSON.stringify([triangle !== null, lines.length, dot > 0, hollow]);
  };
  assert.equal(new Set([LIVE, DEAD, UNSEEN, DUPLICATE, OVERUSED].map(form)).size, 5);
});
