import assert from "node:assert/strict";
import test from "node:test";
import { axis } from "../../../../explorer/views/kit/draw/axes.js";
import {
  batchesCsv,
  batchesRows,
  batchWords,
  chanceBand,
  growthCsv,
  growthRange,
  growthRows,
  growthWords,
  halvesCsv,
  halvesRows,
  halvesOf,
  halvesWords,
  isEarly,
  jitter,
  median,
  nearest,
  number,
} from "../../../../explorer/views/codebook/growth/model.js";

const GROWTH = { tokens: [10, 100, 1000], used: [8, 40, 90], fit: { tokens: [1000, 2000], used: [90, 95.4], until: 2000, words: "" } };
const LEVEL = { codebook_size: 100, tokens: 1000, ceiling: 100, perplexity: 61.2, used: 90, growth: GROWTH };

test("an axis maps values to pixels and back, linear and logarithmic", () => {
  const linear = axis(0, 10, 50, 150);
  assert.deepEqual([linear.at(0), linear.at(10), linear.value(100)], [50, 150, 5]);
  const log = axis(1, 100, 200, 0, true); // pixels of y fall as values rise
  assert.ok(Math.abs(log.at(10) - 100) < 1e-9 && Math.abs(log.value(100) - 10) < 1e-9);
  assert.deepEqual(log.ticks, [1, 10, 100]);
});

test("the curve reads what was counted; beyond it only the estimate, and says so", () => {
  assert.equal(nearest([10, 100, 1000], 400), 1);
  assert.equal(growthWords(LEVEL, 120), "After 100 of 1,000 tokens: 40 of 100 codes used (40%).");
  assert.equal(growthWords(LEVEL, 1900), "Estimate, not counted: after 2,000 tokens about 95 of 100 codes.");
  assert.equal(growthWords({ ...LEVEL, growth: { ...GROWTH, fit: null } }, 1900), "After 1,000 of 1,000 tokens: 90 of 100 codes used (90%).");
  const lines = growthCsv(LEVEL).trim().split("\n");
  assert.deepEqual([lines[1], lines[5]], ["10,8,100,counted", "2000,95.4,100,estimated"]);
});

test("the axes end where the estimate may end; a codebook far above the curve does not flatten it", () => {
  assert.deepEqual(growthRange(LEVEL, false).x, [0, 2000]);
  assert.equal(growthRange(LEVEL, false).ceilingShown, true);
  const wide = growthRange({ ...LEVEL, codebook_size: 262144 }, true);
  assert.equal(wide.ceilingShown, false);
  assert.ok(wide.y[1] < 120 && wide.x[0] === 10);
  assert.equal(isEarly({ tokens: [10, 100, 1000], used: [8, 88, 90] }), true);
  assert.equal(isEarly(GROWTH), false);
});

test("halves: what the second half has is the rest, and unused codes are not drawn", () => {
  const level = { counts: [10, 0, 3, 7], halves: { first: [6, 0, 0, 4] } };
  const halves = halvesOf(level);
  assert.deepEqual(
    [halves.codes, halves.a, halves.b, halves.total],
    [
      [0, 2, 3],
      [6, 0, 4],
      [4, 3, 3],
      [10, 10],
    ],
  );
  assert.equal(halvesOf({ counts: [1], halves: {} }), null);
  assert.equal(halvesCsv(level).trim().split("\n")[3], "2,0,3");
  const many = { counts: new Uint32Array(9000).fill(2), halves: { first: new Uint32Array(9000).fill(1), outside: 90, outside_chance: 3.21 } };
  assert.equal(halvesOf(many).codes.length, 3000);
  const said = "90 of 9,000 codes (1.0%) lie outside; if the same tokens were dealt to the halves at random, about 3.2 (<0.1%) would.";
  assert.ok(halvesWords(halvesOf(many)).includes(said) && halvesWords(halvesOf(many)).endsWith("One code in 3 is drawn."));
});

test("the band of chance is two binomial standard deviations about an equal share", () => {
  const [low, high] = chanceBand(100, 0.5);
  assert.ok(Math.abs(low - 40) < 1e-9 && Math.abs(high - 60) < 1e-9); // sqrt(100 / 4) = 5
  assert.deepEqual(chanceBand(1, 0.5), [0, 1]);
});

test("single media are read against what they could show at most", () => {
  const level = { ...LEVEL, batches: { tokens: [50, 50, 50, 50], used: [20, 24, 22, 26], perplexity: [15, 18, 16, 19] } };
  const words = batchWords(level, "perplexity");
  assert.equal(words, "Each dot is one of 4 media by itself: half of them reach a perplexity of 16 to 18, of at most 50. All together: 61.20, of at most 100.");
  assert.ok(batchWords(level, "used").includes("half of them use 22 to 24, of at most 50. All together: 90 codes,"));
  assert.equal(batchWords({ ...level, batches: { tokens: [], used: [], perplexity: [] } }, "used"), "No medium was kept by itself.");
  assert.equal(batchesCsv(level).trim().split("\n")[1], "50,20,15");
});

test("small numbers of it: medians, thousands, dots put aside", () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1]), number(54317.2), number(53.0912), number(7)], [2, 2.5, "54,317", "53.09", "7"]);
  const places = Array.from({ length: 200 }, (_, i) => jitter(i));
  assert.ok(Math.min(...places) >= -0.5 && Math.max(...places) <= 0.5 && new Set(places).size === 200);
});

test("the tables on screen say what the files say", () => {
  assert.deepEqual(
    growthRows(LEVEL).map((row) => row.join(" ")),
    ["10 8 8.0% counted", "100 40 40% counted", "1,000 90 90% counted", "1,000 90 90% estimated", "2,000 95 95% estimated"],
  );
  const level = { counts: Uint32Array.from([10, 0, 3, 7]), halves: { first: Uint32Array.from([6, 0, 0, 4]) } };
  assert.deepEqual(halvesRows(level, 2), [
    [0, "10", "6", "4"],
    [3, "7", "4", "3"],
  ]);
  const batches = { tokens: [50, 60], used: [20, 24], perplexity: [15.5, 18] };
  assert.deepEqual(batchesRows({ batches }, 1), [["1", "50", "20", "15.50"]]);
});
