import assert from "node:assert/strict";
import test from "node:test";

import * as format from "../../../../explorer/views/kit/wire/words.js";
import { meaning } from "../../../../explorer/views/kit/card/parts.js";
import { withPage } from "../made_page.js";

const range = (count) => Array.from({ length: count }, (_, index) => index);

test("the count names its denominator and its share", () => {
  assert.equal(format.countText({ tokens: range(14), num_tokens: 1024 }), "14 of 1,024 tokens, 1.4%");
  assert.equal(format.countText({ tokens: [], num_tokens: 1024 }), "0 of 1,024 tokens, 0%");
});

test("the rank is among the used codes, and an unused code has none", () => {
  const facts = { tokens: [1], rank: 12, used_codes: 318, codebook_size: 1024 };
  assert.equal(format.rankText(facts), "rank 12 of 318 used codes · K = 1,024");
  assert.equal(format.rankText({ ...facts, tokens: [], rank: null }), "not among the 318 used codes · K = 1,024");
});

test("places are counted from one, row by row", () => {
  assert.equal(format.placeText(0, [4, 8]), "row 1, column 1");
  assert.equal(format.placeText(13, [4, 8]), "row 2, column 6");
  assert.equal(format.placeText(1300, null), "token 1,300");
});

test("significant digits stay readable from tiny to huge", () => {
  assert.deepEqual(
    [0, 1.23456, -0.0123456, 1234.5, 0.00001234, 1234567, null].map((number) => format.significant(number)),
    ["0", "1.23", "−0.0123", "1,235", "1.23e−5", "1.23e6", "unknown"],
  );
});

test("the margin runs from a tie to certainty", () => {
  const at = (distance, second) => format.margin({ distance, second: { code: 91, distance: second } });
  assert.equal(at(1, 1).share, 0);
  assert.match(at(1, 1).verdict, /tie/);
  assert.equal(at(0.9, 1.2).share.toFixed(3), "0.250");
  assert.equal(at(0.9, 1.2).detail, "0.900 to this code, 1.20 to code 91: margin 0.300 (25% nearer)");
  assert.match(at(1, 1.0001).detail, /<0\.1% nearer/);
  assert.deepEqual([at(1.2, 1).share, at(1.2, 1).verdict], [0, "Not the nearest code"]);
  assert.match(at(1.2, 1).detail, /margin −0\.200$/);
  assert.equal(at(0, 2).share, 1);
  assert.equal(at(0, 2).verdict, "Certain");
});

test("a margin of negative distances has no share, and without distances there is none", () => {
  const dot = format.margin({ distance: -3, second: { code: 5, distance: -2 } });
  assert.equal(dot.share, null);
  assert.match(dot.detail, /margin 1\.00$/);
  assert.equal(format.margin({ distance: null, second: { code: 5, distance: 2 } }), null);
  assert.equal(format.margin({ distance: 1, second: null }), null);
});

test("stepping through the tokens goes round and copes with a stranger", () => {
  const tokens = [3, 7, 20];
  assert.equal(format.stepToken(tokens, 7, 1), 20);
  assert.equal(format.stepToken(tokens, 20, 1), 3);
  assert.equal(format.stepToken(tokens, 3, -1), 20);
  assert.equal(format.stepToken(tokens, 99, 1), 3);
  assert.equal(format.stepToken(tokens, -1, -1), 20);
  assert.equal(format.stepToken([], 3, 1), -1);
});

test("the vector as CSV keeps nine digits, and digits where there are any", () => {
  const vector = new Float32Array([0.5, -1.25]);
  assert.equal(format.vectorCsv({ vector }), "axis,value\n0,0.5\n1,-1.25\n");
  assert.equal(format.vectorCsv({ vector, digits: [2, 0], digit_levels: [5, 3] }), "axis,value,digit,levels\n0,0.5,2,5\n1,-1.25,0,3\n");
});

test("two levels on every axis are bits", () => {
  assert.equal(format.digitKind(null), null);
  assert.equal(format.digitKind([2, 2, 2]), "bits");
  assert.equal(format.digitKind([8, 2, 5]), "levels");
});

test("the sound of a code that came with its card can be heard", () =>
  withPage(() => {
    const buttons = (more) => meaning({ code: 3, alone: "data:", ...more }).querySelectorAll("button");
    assert.deepEqual([buttons({ alone_sound: "data:" }).length, buttons({ alone_sound: null }).length], [1, 0]);
  }));
