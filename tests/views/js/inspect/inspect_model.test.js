import assert from "node:assert/strict";
import test from "node:test";
import { rasterCode } from "../../../../explorer/views/kit/draw/geometry.js";
import * as m from "../../../../explorer/views/inspect/model.js";

const pack = (Type, name, values, shape = [values.length]) => ({
  dtype: name,
  shape,
  data: Buffer.from(Type.from(values).buffer).toString("base64"),
});

function payload() {
  const level = {
    rows: 2,
    cols: 3,
    K: 5,
    D: 2,
    metric: "euclidean",
    indices: pack(Uint8Array, "uint8", [4, 1, 4, 4, 0, 1]),
    training: { tokens: pack(Float32Array, "float32", [0, 2.5, 0.3, 7, 1]), words: "w", averaged: true },
  };
  const map = {
    level: 0,
    kind: "pca",
    title: "PCA",
    caption: "c",
    codes: null,
    xy: pack(Float32Array, "float32", [0, 0, 1, 0, 2, 0, 3, 1, 4, 2], [5, 2]),
    box: null,
    raster: { codes: pack(Uint8Array, "uint8", [0, 1, 2, 3, 4, 0], [2, 3]), extent: [0, 4, 0, 2] },
  };
  const picture = { url: "data:,", width: 30, height: 20, note: "" };
  return JSON.stringify({ key: "k", title: "t", picture, placed: true, notes: [], levels: [level], maps: [map] });
}

test("nothing yet is null", () => assert.equal(m.readPayload(""), null));

test("counts, ranks and perplexity of a hand-worked case", () => {
  const usage = m.rankCodes(m.countCodes(Uint8Array.from([4, 1, 4, 4, 0, 1]), 5));
  assert.deepEqual(Array.from(usage.counts), [1, 2, 0, 0, 3]);
  assert.deepEqual(Array.from(usage.order), [4, 1, 0, 2, 3]);
  assert.deepEqual(Array.from(usage.rank), [2, 1, 3, 4, 0]);
  const tied = m.rankCodes(Uint32Array.from([2, 5, 2, 2, 0]));
  assert.deepEqual(Array.from(tied.standing), [2, 1, 2, 2, 5], "codes used alike share a rank");
  assert.deepEqual([usage.used, usage.total, usage.largest], [3, 6, 3]);
  const entropy = -(0.5 * Math.log(0.5) + (1 / 3) * Math.log(1 / 3) + (1 / 6) * Math.log(1 / 6));
  assert.ok(Math.abs(usage.perplexity - Math.exp(entropy)) < 1e-12);
});

test("a uniform codebook has perplexity K", () => {
  assert.ok(Math.abs(m.rankCodes(new Uint32Array(64).fill(3)).perplexity - 64) < 1e-9);
});

test("tokens of a code, in reading order; none for an unused, unknown or missing code", () => {
  const level = m.readPayload(payload()).levels[0];
  assert.deepEqual(Array.from(level.tokensOf(4)), [0, 2, 3]);
  assert.deepEqual(Array.from(level.tokensOf(1)), [1, 5]);
  for (const code of [2, 99, null]) assert.equal(level.tokensOf(code).length, 0);
});

test("a map without a code list has all codes; points and training counts are found by code", () => {
  const { levels, maps } = m.readPayload(payload());
  assert.deepEqual(Array.from(maps[0].codes), [0, 1, 2, 3, 4]);
  assert.deepEqual(Array.from(maps[0].point), [0, 1, 2, 3, 4]);
  assert.equal(levels[0].maps[0], maps[0]);
  assert.deepEqual([levels[0].training.used, levels[0].training.largest, levels[0].training.words], [3, 7, "w"]);
  assert.deepEqual(levels[0].xEdges, [0, 10, 20, 30]);
});

test("raster: row 0 lies at the top of the map, outside is -1", () => {
  const { maps } = m.readPayload(payload());
  const { raster, w, h } = maps[0];
  assert.equal(rasterCode(raster, 0.01 * w, 0.01 * h), 0);
  assert.equal(rasterCode(raster, 0.99 * w, 0.01 * h), 2);
  assert.equal(rasterCode(raster, 0.01 * w, 0.99 * h), 3);
  assert.equal(rasterCode(raster, -0.1, 0.1), -1);
});

test("cells are cut in the browser: of a truly 2-D codebook they tile its box once", () => {
  const raw = JSON.parse(payload());
  Object.assign(raw.maps[0], { kind: "plane", box: [-1, 5, -1, 3], raster: null });
  const { polygons, w, h } = m.readPayload(JSON.stringify(raw)).maps[0];
  let sum = 0;
  for (let k = 0; k < 5; k++) {
    for (let i = polygons.start[k], j = polygons.start[k + 1] - 1; i < polygons.start[k + 1]; j = i++) {
      sum += cross(polygons.xy, j, i);
    }
  }
  assert.ok(Math.abs(Math.abs(sum) / 2 - w * h) < 1e-6, `${sum / 2} of ${w * h}`);
  assert.ok(Math.abs(w - 1) < 1e-9 && Math.abs(h - 4 / 6) < 1e-9, "the map is as large as the box");
});

const cross = (xy, j, i) => xy[2 * j] * xy[2 * i + 1] - xy[2 * i] * xy[2 * j + 1];
