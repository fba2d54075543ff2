import assert from "node:assert/strict";
import test from "node:test";

import { textFor } from "../../../../explorer/views/kit/draw/text.js";

test("of several wordings the longest that has room is drawn", () => {
  const ctx = { measureText: (text) => ({ width: 7 * text.length }) };
  const words = ["64 codes, by tokens a step", "64 codes"];
  assert.equal(textFor(ctx, {}, words, 7 * 26), words[0]);
  assert.equal(textFor(ctx, {}, words, 7 * 26 - 1), words[1]);
  assert.equal(textFor(ctx, {}, words, 7 * 8 - 1), "", "what has no room would lie over its neighbour");
});
