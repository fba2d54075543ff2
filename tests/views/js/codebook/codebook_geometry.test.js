import assert from "node:assert/strict";
import test from "node:test";
import { matrixPixels } from "../../../../explorer/views/codebook/geometry/matrix.js";
import * as g from "../../../../explorer/views/codebook/geometry/model.js";

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("median: of an odd and an even number, without what is not finite", () => {
  assert.equal(g.median([5, 1, 3]), 3);
  assert.equal(g.median([4, 1, 3, 2]), 2.5);
  assert.equal(g.median([NaN, 7, Infinity]), 7);
  assert.ok(Number.isNaN(g.median([])));
  assert.ok(Number.isNaN(g.median(null)));
});

test("one axis for both: linear from 0, log where one cloud would be a line, never log of nothing", () => {
  assert.deepEqual(
    g.commonAxis([
      [1, 2],
      [3, 4],
    ]),
    { low: 0, high: 4, log: false },
  );
  assert.deepEqual(
    g.commonAxis([
      [0.001, 0.001],
      [3, 4],
    ]),
    { low: 0.001, high: 4, log: true },
  );
  assert.deepEqual(
    g.commonAxis(
      [
        [1, 2],
        [3, 4],
      ],
      true,
    ),
    { low: 1, high: 4, log: true },
  );
  assert.deepEqual(g.commonAxis([[0, 0], null]), { low: 0, high: 1, log: false });
  assert.equal(g.commonAxis([[2, 2]], true).low, 1);
  near(
    g.commonAxis(
      [
        [1e-22, 5],
        [5, 5],
      ],
      true,
    ).low,
    5e-6,
    1e-12,
  );
});

test("places along an axis and values invert each other, linear and log", () => {
  for (const axis of [
    { low: 0, high: 8, log: false },
    { low: 0.01, high: 100, log: true },
  ]) {
    for (const t of [0, 0.25, 0.9, 1]) near(g.along(axis, g.valueAt(axis, t)), t);
  }
  near(g.valueAt({ low: 0.01, high: 100, log: true }, 0.5), 1);
  assert.equal(g.along({ low: 0.01, high: 100, log: true }, 0), 0);
});

test("bins hold every finite value once, the largest in the last", () => {
  const axis = { low: 0, high: 10, log: false };
  assert.deepEqual([...g.binned([0, 4.9, 5, 10, NaN, Infinity], axis, 2)], [2, 2]);
  assert.deepEqual(g.binRows(Uint32Array.from([2, 2]), Uint32Array.from([0, 1]), axis), [
    [0, 5, 2, 0],
    [5, 10, 2, 1],
  ]);
});

const geometry = (more = {}) =>
  g.readGeometry({
    codes: Uint32Array.from([3, 9]),
    code_norms: Float32Array.from([2, 4]),
    latent_norms: Float32Array.from([0.5, 0.5, 1]),
    nearest: Float32Array.from([1, 1]),
    nearest_code: Uint32Array.from([9, 3]),
    latent_distance: Float32Array.from([0.25, 0.5, 0.75]),
    singular_values: [2, 1],
    effective_dimension: 1.65,
    participation: 1.47,
    duplicate_threshold: 0.05,
    duplicates: [],
    duplicates_total: 0,
    cosine: null,
    ...more,
  });

test("the words name numbers, denominators and what it means", () => {
  const words = g.normWords(geometry());
  assert.match(words, /2 codes: 3\.00/);
  assert.match(words, /3 sampled latents: 0\.500/);
  assert.match(words, /Codes are 6\.0 times as long as latents/);
  assert.match(g.normWords(geometry({ code_norms: Float32Array.from([0.1, 0.1]) })), /Latents are 5\.0 times/);
  assert.match(g.normWords(geometry({ code_norms: Float32Array.from([1e-20, 4]) })), /\b1 code is shorter than a hundredth/);
  assert.match(g.normWords(geometry({ latent_norms: Float32Array.from([3, 3]) })), /of one length/);
  assert.match(g.normWords(geometry({ latent_norms: null })), /No latents/);
  assert.match(g.distanceWords(geometry()), /2 codes .* 1\.00.*3 sampled latents .* 0\.500.*0\.0500.*0 pairs/);
});

test("the lit code is found by its number, not by its place", () => {
  const { place, codeNorms } = geometry();
  assert.equal(codeNorms[place.get(9)], 4);
  assert.equal(place.get(0), undefined);
});

test("shares of variance are squares of singular values; 90% is reached by the fewest axes", () => {
  const { shares, enough } = g.spectrumOf([3, 1, 0]);
  near(shares[0], 0.9);
  near(shares[1], 0.1);
  assert.equal(enough, 1);
  assert.equal(g.spectrumOf([1, 1, 1, 1]).enough, 4);
  assert.equal(g.spectrumOf([0, 0]).enough, 0);
  assert.match(g.spectrumWords(geometry()), /1\.65 of 2 .* 1\.47 .* 2 of 2 axes hold 90%/);
});

test("the cosine matrix: bytes to numbers, the most alike pair first, itself left out", () => {
  near(g.cosineOf(0), -1);
  near(g.cosineOf(255), 1);
  const cosine = { codes: Uint32Array.from([5, 6, 7]), values: Uint8Array.from([255, 200, 10, 200, 255, 90, 10, 90, 255]) };
  assert.deepEqual(
    g.mostAlike(cosine).map(([code, other]) => [code, other]),
    [
      [5, 6],
      [6, 5],
      [7, 6],
    ],
  );
  const mean = (2 * (200 / 127.5 - 1) + 2 * (1 - 10 / 127.5) + 2 * (1 - 90 / 127.5)) / 6;
  assert.match(g.cosineWords(cosine), new RegExp(`: ${mean.toPrecision(2)} \\(`));
  const lines = g.cosineTable(cosine).trim().split("\n");
  assert.equal(lines[0], "code,5,6,7");
  assert.equal(lines[2], "6,0.569,1,-0.294");
});

test("the ends and the middle of the diverging map: blue, pale, orange, all opaque", () => {
  const [low, middle, high] = matrixPixels(Uint8Array.from([0, 128, 255])).map((pixel) => pixel);
  const rgb = (pixel) => [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];
  assert.ok(rgb(low)[2] > rgb(low)[0] && rgb(high)[0] > rgb(high)[2]);
  assert.ok(Math.min(...rgb(middle)) > 230);
  for (const pixel of [low, middle, high]) assert.equal(pixel >>> 24, 255);
});

test("files: one row a code, one a latent, one an axis, one a pair", () => {
  const counts = Array.from({ length: 10 }, (_, i) => 100 + i);
  assert.equal(g.codeTable(geometry(), counts).trim().split("\n")[2], "9,4,3,1,109");
  assert.equal(g.latentTable(geometry()).trim().split("\n")[3], "1,0.75");
  assert.equal(g.spectrumTable(geometry()).trim().split("\n")[1], "1,2,0.8,");
  assert.equal(
    g
      .duplicateTable([[1, 2, 0.5, 3, 4]])
      .trim()
      .split("\n")[1],
    "1,2,0.5,3,4",
  );
});
