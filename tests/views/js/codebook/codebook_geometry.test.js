import assert from "node:assert/strict";
import test from "node:test";
import * as g from "../../../../explorer/views/codebook/geometry/model.js";

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("median: of an odd and an even number, without what is not finite", () => {
  assert.equal(g.median([5, 1, 3]), 3);
  assert.equal(g.median([4, 1, 3, 2]), 2.5);
  assert.equal(g.median([NaN, 7, Infinity]), 7);
  assert.ok(Number.isNaN(g.median([])));
  assert.ok(Number.isNaN(g.median(null)));
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
    effective_dimension: 1.47,
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
  assert.match(g.spectrumWords(geometry()), /1\.47 of 2 \(participation ratio of variances\)\. 2 of 2 axes hold 90%/);
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

test("the tables on screen: the longest code first, the closest pair first, an only code in none", () => {
  const counts = Array.from({ length: 10 }, (_, i) => 100 + i);
  assert.deepEqual(g.normRows(geometry(), counts), [
    [9, "4.00", "109"],
    [3, "2.00", "103"],
  ]);
  const apart = geometry({ nearest: Float32Array.from([0.5, 0.25]) });
  assert.deepEqual(g.distanceRows(apart, counts), [
    [9, "3", "0.250", "109"],
    [3, "9", "0.500", "103"],
  ]);
  assert.deepEqual(g.distanceRows(geometry({ nearest: Float32Array.from([Infinity, Infinity]) }), counts), []);
  assert.deepEqual(g.spectrumRows(geometry()), [
    ["1", "2.00", "80.0%"],
    ["2", "1.00", "20.0%"],
  ]);
  const cosine = { codes: Uint32Array.from([5, 6]), values: Uint8Array.from([255, 255, 255, 255]) };
  assert.deepEqual(g.mostAlikeRows(cosine), [
    [5, "6", "1.00"],
    [6, "5", "1.00"],
  ]);
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
