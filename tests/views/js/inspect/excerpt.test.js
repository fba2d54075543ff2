import assert from "node:assert/strict";
import test from "node:test";
import { begins, excerptQuery, excerptWords, wayTo } from "../../../../explorer/views/inspect/player/excerpt.js";

const middle = { from_s: 30.000000000000004, to_s: 60, of_s: 312.44, goes_on: true, most_s: 30 };

test("before, behind and the last begin where whole excerpts do", () => {
  assert.deepEqual(begins(middle), { from: 30, earlier: 0, later: 60, last: 282 });
  assert.deepEqual(begins({ ...middle, from_s: 0, to_s: 30 }), { from: 0, earlier: null, later: 30, last: 282 });
  const last = { from_s: 300, to_s: 312.44, of_s: 312.44, goes_on: false, most_s: 30 };
  assert.deepEqual(begins(last), { from: 300, earlier: 270, later: null, last: 300 }); // where it is, which is behind the last whole one
  assert.deepEqual(begins({ ...middle, from_s: 10, of_s: null }).earlier, 0);
  assert.equal(begins({ ...middle, of_s: null }).last, null);
  assert.equal(begins({ ...middle, from_s: 29.99998, to_s: 59.99998 }).later, 60); // a cut between samples of another rate
  assert.equal(begins({ from_s: 2, to_s: 2.5, of_s: 9, goes_on: true, most_s: 0.5 }).later, 3); // never the same again
});

test("it says which seconds of how many", () => {
  assert.equal(excerptWords(middle), "Seconds 30 to 60 of 312.4");
  assert.equal(excerptWords({ ...middle, of_s: null }), "Seconds 30 to 60 of a longer sound");
  assert.equal(excerptWords({ ...middle, from_s: 3600, to_s: 3630, of_s: 7200 }), "Seconds 3,600 to 3,630 of 7,200");
});

test("a link to another excerpt keeps the tokenizer and drops the token that was chosen", () => {
  const query = "picture=uploaded&tokenizer=sound-vq&level=1&code=7&token=3";
  assert.equal(excerptQuery(query, 60), "picture=uploaded&tokenizer=sound-vq&level=1&from=60");
  assert.equal(excerptQuery(`${query}&from=60`, 0), "picture=uploaded&tokenizer=sound-vq&level=1");
});

test("a click while another excerpt is on its way loses neither the sound nor the tokenizer, and asks for none twice", () => {
  const shown = "picture=uploaded&tokenizer=sound-vq&level=1";
  const first = wayTo(shown, `?${shown}`, 30);
  assert.equal(first, `${shown}&from=30`);
  assert.equal(wayTo("", `?${first}`, 30), null, "a second click on Later");
  assert.equal(wayTo("", `?${first}`, 0), shown);
  assert.equal(wayTo("", `?${first}`, 90), `${shown}&from=90`);
  assert.equal(wayTo(first, `?${first}`, 60), `${shown}&from=60`, "once it is there");
});
