import assert from "node:assert/strict";
import test from "node:test";

import { sheetGeometry } from "../../../../explorer/views/kit/card/export.js";
import { colormap } from "../../../../explorer/views/kit/draw/colormaps.js";
import { figuresCsv, figureText } from "../../../../explorer/views/inspect/reconstruction/figures.js";
import * as maps from "../../../../explorer/views/inspect/reconstruction/maps.js";
import { ticks } from "../../../../explorer/views/inspect/reconstruction/panel.js";

const pack = (array, dtype, shape) => ({ dtype, shape, data: Buffer.from(array.buffer).toString("base64") });
const bytes = (values, shape) => pack(Uint8Array.from(values), "uint8", shape);
const floats = (values, shape) => pack(Float32Array.from(values), "float32", shape);

const value = {
  error: { data: bytes([0, 255, 51, 102], [2, 2]), scale: 0.1, offset: 0, limit: 25.5, mean: 10.2 },
  signed: { data: bytes([128, 255, 1, 192], [2, 2]), scale: 0.5, offset: 128, limit: 63.5, mean: 40 },
  quantization_error: [floats([1, 4], [1, 2]), floats([2, 8], [1, 2])],
  margin: [],
};

test("packed bytes come back in their unit", () => {
  const error = maps.mapOf(value, "error", 0);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => Math.round(10 * error.at(i)) / 10),
    [0, 25.5, 5.1, 10.2],
  );
  assert.deepEqual([error.low, error.high], [0, 25.5]);
  const signed = maps.mapOf(value, "signed", 0);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => signed.at(i)),
    [0, 63.5, -63.5, 32],
  );
  assert.deepEqual([signed.low, signed.high], [-63.5, 63.5]);
});

test("token maps follow the level and know their largest finite value", () => {
  assert.equal(maps.mapOf(value, "quantization", 0).high, 4);
  assert.equal(maps.mapOf(value, "quantization", 1).high, 8);
  assert.equal(maps.mapOf(value, "quantization", 1).mean, 5);
  assert.equal(maps.tokenMap(floats([3, Infinity, NaN], [1, 3])).high, 3);
  assert.equal(maps.mapOf(value, "margin", 0), null);
});

test("the maps of each pixel are asked for until they are here, and no others", () => {
  const asked = (given) => maps.MODES.filter(({ id }) => maps.isAsked(id, given)).map(({ id }) => id);
  assert.deepEqual(asked({ reconstruction: "data:", quantization_error: [] }), ["error", "signed"]);
  assert.deepEqual(asked(value), []);
});

test("tabs that the payload cannot fill are left out", () => {
  assert.deepEqual(
    maps.modesOf(value).map(({ id }) => id),
    ["swipe", "error", "signed", "quantization"],
  );
});

test("a map takes the colours of its scale from low to high", () => {
  const rgba = maps.tint(maps.mapOf(value, "error", 0), "viridis");
  assert.deepEqual([...rgba.slice(0, 4)], [...colormap("viridis", 0), 255]);
  assert.deepEqual([...rgba.slice(4, 8)], [...colormap("viridis", 1), 255]);
  const signed = maps.tint(maps.mapOf(value, "signed", 0), "diverging");
  assert.deepEqual([...signed.slice(0, 3)], colormap("diverging", 128 / 255), "zero is the middle");
});

test("values that are not finite stay transparent, and a map of zeros has the colour of zero", () => {
  const rgba = maps.tint(maps.tokenMap(floats([1, NaN], [1, 2])), "viridis");
  assert.deepEqual([rgba[3], rgba[7]], [255, 0]);
  const flat = maps.tint({ shape: [1, 1], low: 0, high: 0, at: () => 0 }, "diverging");
  assert.deepEqual([...flat.slice(0, 3)], colormap("diverging", 128 / 255));
});

test("every pixel belongs to the token whose region holds it, also where tokens do not divide the picture", () => {
  for (const [rows, columns, width, height] of [
    [4, 4, 32, 32],
    [3, 5, 17, 10],
    [7, 2, 9, 7],
  ]) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const token = maps.tokenAt(x, y, [rows, columns], width, height);
        const region = maps.regionOf(token, [rows, columns], width, height);
        assert.ok(x >= region.x && x < region.x + region.width && y >= region.y && y < region.y + region.height, `${x},${y}`);
      }
    }
  }
  assert.equal(maps.tokenAt(-1, 0, [4, 4], 32, 32), null);
  assert.equal(maps.tokenAt(0, 32, [4, 4], 32, 32), null);
  assert.equal(maps.tokenAt(31.9, 0, [4, 4], 32, 32), 3);
});

test("the outline leaves out the edges between two tokens of the code", () => {
  const alone = maps.outline([0, 1, 0, 0], [2, 2], 1, 20, 20);
  assert.equal(alone.length, 4);
  const pair = maps.outline([1, 1, 0, 0], [2, 2], 1, 20, 20);
  assert.equal(pair.length, 6, "two squares side by side have six outer edges");
  assert.ok(!pair.some(([x0, , x1]) => x0 === 10 && x1 === 10), "none lies between them");
  assert.deepEqual(maps.outline([0, 0], [1, 2], 5, 20, 10), []);
});

test("a value is told in words, and the signed one by its way", () => {
  const mode = (id) => maps.MODES.find((each) => each.id === id);
  assert.equal(maps.valueText(mode("error"), 12.34), "absolute error 12.3 of 255");
  assert.equal(maps.valueText(mode("signed"), -12.34), "12.3 of 255 darker");
  assert.equal(maps.valueText(mode("signed"), 7), "7.00 of 255 brighter");
  assert.equal(maps.valueText(mode("signed"), 0.2), "equally bright");
  assert.equal(maps.valueText(mode("margin"), NaN), "margin unknown");
});

test("the scale names its ends", () => {
  assert.deepEqual(ticks(maps.mapOf(value, "error", 0)), ["0", "12.8", "max 25.5"]);
  assert.deepEqual(ticks(maps.mapOf(value, "signed", 0)), ["−63.5", "0", "max 63.5"]);
  assert.deepEqual(ticks({ low: 0, high: 0, max: 0 }), ["0"]);
});

test("one outlier does not set the colour scale, and the scale says so", () => {
  const numbers = Array.from({ length: 1000 }, (_, i) => (i < 999 ? 10 : 250));
  const pixels = maps.pixelMap({ data: bytes(numbers, [10, 100]), scale: 0.5, offset: 0, limit: 125, mean: 5.12 });
  assert.deepEqual([pixels.high, pixels.max], [5, 125]);
  assert.deepEqual(ticks(pixels), ["0", "2.50", "≥ 5.00, max 125"]);
  const tokens = maps.tokenMap(floats(numbers, [10, 100]));
  assert.deepEqual([tokens.high, tokens.max], [10, 250]);
  assert.equal(maps.share(250, tokens), 1);
  const even = maps.tokenMap(
    floats(
      Array.from({ length: 1000 }, (_, i) => i),
      [10, 100],
    ),
  );
  assert.equal(even.high, 999, "without outliers the scale ends at the largest value");
});

test("figures have units, and an undefined one says so", () => {
  const figure = { value: 24.12345, text: null, unit: "dB", decimals: 2 };
  assert.deepEqual(figureText(figure), { text: "24.12", unit: "dB" });
  assert.deepEqual(figureText({ ...figure, value: 10240, unit: "bit", decimals: 0 }), { text: "10,240", unit: "bit" });
  assert.deepEqual(figureText({ ...figure, value: null }), { text: "not defined", unit: "" });
  assert.deepEqual(figureText({ ...figure, text: "cuda:0" }), { text: "cuda:0", unit: "" });
});

test("the CSV keeps full precision and quotes what needs it", () => {
  const rows = [
    { id: "psnr_db", value: 24.123456, text: null, unit: "dB", explains: 'higher, "better"' },
    { id: "device", value: null, text: "cpu", unit: "", explains: "where" },
    { id: "ssim", value: null, text: null, unit: "of 1", explains: "what" },
  ];
  assert.equal(figuresCsv(rows), 'figure,value,unit,explanation\npsnr_db,24.123456,dB,"higher, ""better"""\ndevice,cpu,,where\nssim,,of 1,what\n');
});

test("a contact sheet holds every tile without overlap", () => {
  const sheet = sheetGeometry(7, 10, 2);
  assert.deepEqual([sheet.columns, sheet.rows, sheet.width, sheet.height], [3, 3, 34, 34]);
  assert.deepEqual(sheet.place(4), [12, 12]);
  const places = new Set(Array.from({ length: 7 }, (_, i) => sheet.place(i).join()));
  assert.equal(places.size, 7);
});
