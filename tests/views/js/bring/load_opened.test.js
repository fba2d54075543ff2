import assert from "node:assert/strict";
import test from "node:test";
import { headWords, leftWords } from "../../../../explorer/views/bring/opened.js";

test("what a file still tells begins with the summary and what was left out of its keys", () => {
  assert.deepEqual(headWords({ summary: "Of 3 tensors 1 table looks like a codebook.", notes: ["Read without 'module.'."] }), [
    "Of 3 tensors 1 table looks like a codebook.",
    "Read without 'module.'.",
  ]);
});

test("tables that were not read are counted", () => {
  assert.equal(leftWords(0), "");
  assert.match(leftWords(12), /^12 more were not read\./);
});
