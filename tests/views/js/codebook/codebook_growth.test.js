import assert from "node:assert/strict";
import test from "node:test";
import {
  batchesCsv,
  batchesRows,
  batchWords,
  growthCsv,
  growthRows,
  growthWords,
  halvesCsv,
  halvesRows,
  halvesWords,
  median,
  number,
} from "../../../../explorer/views/codebook/growth/model.js";

const GROWTH = { tokens: [10, 100, 1000], used: [8, 40, 90], fit: { tokens: [1000, 2000], used: [90, 95.4], until: 2000, words: "" } };
const LEVEL = { codebook_size: 100, tokens: 1000, ceiling: 100, perplexity: 61.2, used: 90, growth: GROWTH };

test("the words say what was counted, the file what was counted and what is estimated", () => {
  assert.equal(growthWords(LEVEL), "After 1,000 tokens: 90 of 100 codes used (90%).");
  const lines = growthCsv(LEVEL).trim().split("\n");
  assert.deepEqual([lines[1], lines[5]], ["10,8,100,counted", "2000,95.4,100,estimated"]);
});

test("halves: what the second half has is the rest; what lies outside the band is said with its denominator", () => {
  const level = { counts: [10, 0, 3, 7], halves: { first: [6, 0, 0, 4] } };
  assert.equal(halvesCsv(level).trim().split("\n")[3], "2,0,3");
  assert.equal(halvesWords({ counts: [1], halves: {} }), "");
  assert.equal(halvesWords({ counts: [1], halves: null }), "");
  const many = { counts: new Uint32Array(9000).fill(2), halves: { first: new Uint32Array(9000).fill(1), outside: 90, outside_chance: 3.21 } };
  const said = "90 of 9,000 codes (1.0%) lie outside; if the same tokens were dealt to the halves at random, about 3.2 (<0.1%) would.";
  assert.ok(halvesWords(many).includes(said) && halvesWords(many).endsWith("One code in 3 is drawn."));
  assert.ok(!halvesWords({ ...many, counts: new Uint32Array(4000).fill(2) }).includes("is drawn"));
});

test("single media are read against what they could show at most", () => {
  const level = { ...LEVEL, batches: { tokens: [50, 50, 50, 50], used: [20, 24, 22, 26], perplexity: [15, 18, 16, 19] } };
  const words = batchWords(level, "perplexity");
  assert.equal(words, "Each dot is one of 4 media by itself: half of them reach a perplexity of 16 to 18, of at most 50. All together: 61.20, of at most 100.");
  assert.ok(batchWords(level, "used").includes("half of them use 22 to 24, of at most 50. All together: 90 codes,"));
  assert.equal(batchWords({ ...level, batches: { tokens: [], used: [], perplexity: [] } }, "used"), "No medium was kept by itself.");
  assert.equal(batchesCsv(level).trim().split("\n")[1], "50,20,15");
});

test("small numbers of it: medians, thousands", () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1]), number(54317.2), number(53.0912), number(7)], [2, 2.5, "54,317", "53.09", "7"]);
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
