import assert from "node:assert/strict";
import test from "node:test";

import { IN_ADDRESS, nextState, queryOf, stateOf } from "../../../../explorer/views/language/link.js";
import {
  bitsText,
  choiceWords,
  KEPT,
  keptPlace,
  lengthOf,
  marksOf,
  placeOf,
  placeWords,
  shareText,
  textOfTokens,
  textRead,
  tokensOfText,
  writeAt,
} from "../../../../explorer/views/language/model.js";
import { placeAt, stepFrom } from "../../../../explorer/views/language/picture.js";

const FACTS = { rows: 4, columns: 5, K: 1024 };
const REAL = Array.from({ length: 20 }, (_, place) => 100 + place);
const STATE = Object.freeze({ picture: "a", given: 2, written: [7, 8], at: null, temperature: 1, top_k: 0, seed: 0, view: "written", text: "samples" });

test("tokens in a link come back, with as many digits as the codebook asks for", () => {
  assert.equal(textOfTokens([0, 35, 36, 1023], 1024), "000z10sf");
  assert.deepEqual(tokensOfText("000z10sf", 1024), [0, 35, 36, 1023]);
  assert.equal(textOfTokens([5, 35], 36), "5z");
  assert.equal(textOfTokens([1296], 2000), "100");
  assert.deepEqual(tokensOfText("", 1024), []);
});

test("a code is written at the end, or where one looks: what came after it goes", () => {
  assert.deepEqual(writeAt(STATE, FACTS, REAL, 9), { given: 2, written: [7, 8, 9], view: "written", at: null });
  assert.deepEqual(writeAt({ ...STATE, at: 10 }, FACTS, REAL, 9), { given: 2, written: [9], view: "written", at: null });
});

test("among what is given the rows before the place stay, and the real tokens of its row are written", () => {
  const { given, written } = writeAt({ ...STATE, at: 7 }, FACTS, REAL, 9);
  assert.deepEqual([given, written], [1, [105, 106, 9]]);
  const other = writeAt({ ...STATE, view: "surprise", at: 17 }, FACTS, REAL, 9);
  assert.deepEqual([other.given, other.written, other.view], [3, [115, 116, 9], "written"]);
});

test("the other views read the whole real picture", () => {
  assert.deepEqual(textRead({ ...STATE, view: "real" }, FACTS), { given: 4, written: [] });
  assert.equal(lengthOf(textRead(STATE, FACTS), FACTS), 12);
  assert.deepEqual([placeOf(STATE, FACTS), placeOf({ ...STATE, at: 3 }, FACTS), placeOf({ ...STATE, view: "real" }, FACTS)], [12, 3, 20]);
});

test("a place that the text no longer has is let go", () => {
  const next = nextState(FACTS);
  assert.equal(next({ ...STATE, at: 11 }, { written: [] }).at, null);
  assert.equal(next({ ...STATE, at: 9 }, { written: [] }).at, 9);
  assert.equal(next(STATE, { view: "real", at: 19 }).at, 19);
});

test("a link holds the whole state, and keeps what is not its own", () => {
  const query = queryOf(FACTS);
  assert.equal(query("?learn=x.1&at=9", STATE), "learn=x.1&picture=a&given=2&written=0708&temperature=1&top_k=0&seed=0&view=written&text=samples");
  const all = { ...STATE, given: 1, at: 3, temperature: 0.7, top_k: 50, seed: 4, view: "surprise", text: "picture" };
  const found = new URLSearchParams(query("?given=9", all));
  assert.deepEqual(
    IN_ADDRESS.map((name) => found.get(name)),
    ["a", "1", "0708", "3", "0.7", "50", "4", "surprise", "picture"],
  );
});

test("a pointer finds the place under it, and arrows go from place to place", () => {
  assert.deepEqual(
    [placeAt(0, 0, 100, 80, FACTS), placeAt(39, 41, 100, 80, FACTS), placeAt(100, 80, 100, 80, FACTS), placeAt(-5, 99, 100, 80, FACTS)],
    [0, 11, 19, 15],
  );
  assert.deepEqual(
    ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "a"].map((key) => stepFrom(6, key, FACTS, 19)),
    [5, 7, 1, 11, null],
  );
  assert.deepEqual([stepFrom(5, "ArrowLeft", FACTS, 19), stepFrom(8, "ArrowDown", FACTS, 12), stepFrom(0, "ArrowUp", FACTS, 19)], [5, 12, 0]);
});

test("numbers are said as people read them", () => {
  assert.deepEqual([0, 0.00004, 0.0042, 0.0512, 0.499, 1].map(shareText), ["0%", "<0.01%", "0.42%", "5.1%", "50%", "100%"]);
  assert.deepEqual([6.123, 9.96].map(bitsText), ["6.12", "10.0"]);
  assert.equal(choiceWords(10), "as if 1,024 codes were equally likely");
  assert.equal(choiceWords(1), "as if 2.0 codes were equally likely");
  assert.equal(choiceWords(0), "only one code is possible");
  assert.equal(placeWords(7, FACTS), "row 2, column 3");
});

test("the slider of top-k goes to the nearest that keeps as many, the last keeps all", () => {
  assert.deepEqual(
    [1, 4, 500, 501, 0].map((kept) => KEPT[keptPlace(kept)]),
    [1, 5, 500, 0, 0],
  );
});

test("a row says what it is about", () => {
  const next = { real: { code: 3 }, taken: { code: 4 } };
  assert.deepEqual(
    [marksOf(3, next), marksOf(4, next), marksOf(5, next), marksOf(3, { real: { code: 3 }, taken: { code: 3 } })],
    [["in the picture"], ["written"], [], ["in the picture", "written"]],
  );
});

test("a link that was written is read back as the state it holds, and what it leaves out is as at first", () => {
  const facts = { ...FACTS, first: { ...STATE, written: [] } };
  const all = { ...STATE, given: 1, at: 3, temperature: 0.7, top_k: 50, seed: 4, view: "surprise", text: "picture" };
  assert.deepEqual(stateOf(`?${queryOf(facts)("", all)}`, facts), all);
  assert.deepEqual(stateOf("?picture=b", facts), { ...STATE, written: [], picture: "b" });
});
