import assert from "node:assert/strict";
import { test } from "node:test";

import { besideCsv, besideRows, changedRows, shareText, verdictOf } from "../../../../explorer/views/codebook/beside.js";

const figures = (used) => ({ tokens: 5000, codebook_size: 64, ceiling: 64, used, none: 64 - used, perplexity: 47.91, entropy_bits: 5.58, gini: 0.31 });
const answer = {
  figures: [figures(48), figures(50)],
  codes: [7, 3],
  shares: [
    [0.02, 0],
    [0.0125, 0.03],
  ],
  bits: [0.01, 0.005],
  js_bits: 0.06,
};

test("figures of both audits stand side by side with their denominators", () => {
  const rows = besideRows(answer);
  assert.deepEqual(rows[1], ["Used codes", "48 of 64", "50 of 64"]);
  assert.deepEqual(rows[3], ["Codes without a token", "16 of 64", "14 of 64"]);
  assert.deepEqual(rows[4].slice(1), ["47.91 of at most 64", "47.91 of at most 64"]);
});

test("a share that is none is said, and small ones keep three digits", () => {
  assert.equal(shareText(0), "none");
  assert.equal(shareText(0.0125), "1.25%");
  assert.deepEqual(changedRows(answer)[0], [7, "2.00%", "none", "17%"]);
});

test("the file has plain numbers", () => {
  assert.equal(besideCsv(answer).trim().split(/\r?\n/)[1], "7,0.02,0,0.01");
});

test("findings are called what the diagnosis calls them, and nothing is healthy beside no alarm", () => {
  const said = (level, title) => verdictOf({ level, title, sure: "certain" }).join("");
  assert.equal(said("warning", "Codes of another size"), "Watch out: Codes of another size (certain)");
  assert.equal(said("good", "No alarm: nothing wrong is measured"), "No alarm: nothing wrong is measured (certain)");
  assert.equal(said("good", "Healthy: nothing wrong is measured"), "Healthy: nothing wrong is measured (certain)");
});
