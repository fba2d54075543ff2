import assert from "node:assert/strict";
import test from "node:test";
import { apart, rowAfter } from "../../../../explorer/views/inspect/player/figure.js";

test("poses are apart by the mean distance of their joints, in percent", () => {
  const a = Float32Array.from([0, 0, 0, 1, /* row 1 */ 0, 0, 0, 0]);
  const b = Float32Array.from([0, 0, 0, 1, /* row 1 */ 0.03, 0.04, 0, 0]);
  assert.equal(apart(a, b, 0, 2), 0);
  assert.ok(Math.abs(apart(a, b, 1, 2) - 2.5) < 1e-6);
});

test("the playhead goes on at the pace of the rows, round and round", () => {
  assert.equal(rowAfter(10, 0.5, 30, 120), 25);
  assert.equal(rowAfter(110, 0.5, 30, 120), 5);
  assert.equal(rowAfter(0, 0.033, 30, 120), 0);
});
