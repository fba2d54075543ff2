// The small views of the page: sample strip, address bar, export bar.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextIndex, scrollFor } from "../../../../explorer/views/kit/widgets/sample_strip.js";

test("arrow keys go round the strip", () => {
  assert.equal(nextIndex("ArrowRight", 4, 5), 0);
  assert.equal(nextIndex("ArrowLeft", 0, 5), 4);
  assert.deepEqual([nextIndex("Home", 3, 5), nextIndex("End", 0, 5), nextIndex("x", 1, 5)], [0, 4, null]);
});

test("the strip scrolls only to what is out of sight", () => {
  assert.equal(scrollFor(0, 300, 100, 56), 0);
  assert.equal(scrollFor(0, 300, 600, 56), 600 - (300 - 56) / 2);
  assert.equal(scrollFor(500, 300, 0, 56), 0);
});

test("the address holds choices, what views set, and the selection; other keys stay", async () => {
  const { queryOf } = await import("../../../../explorer/views/kit/page/address.js");
  const chosen = { picture: "coffee", tokenizer: "fsq" };
  const query = queryOf("?__theme=dark&mode=solo&token=4", chosen, { map: "umap" }, { level: 1, code: 7, token: null });
  assert.deepEqual(Object.fromEntries(new URLSearchParams(query)), {
    __theme: "dark",
    picture: "coffee",
    tokenizer: "fsq",
    map: "umap",
    level_no: "2",
    code: "7",
  });
  assert.equal(queryOf("", {}, {}, { level: 0, code: null, token: null }), "");
});

test("exported bytes come back as they were", async () => {
  const { bytesOf } = await import("../../../../explorer/views/kit/wire/encoding.js");
  assert.deepEqual(Array.from(bytesOf("AP+A")), [0, 255, 128]);
});
