import assert from "node:assert/strict";
import test from "node:test";

import { bankOf, quizCsv, quizTime, readQuiz, scoreOf } from "../../../../explorer/views/learn/quiz.js";

const ask = (text, right = 0) => ({ text, answers: ["a", "b"], right, because: "So." });
const chapterOf = (id, ...questions) => ({ id, title: id, steps: questions.map((question) => ({ question })) });

test("a bank has the last question of each chapter that asks, twelve at most, the same ones each time", () => {
  const chapters = [chapterOf("one", ask("1"), ask("2"), null), chapterOf("none", null), chapterOf("two", ask("3", 1))];
  assert.deepEqual(
    bankOf(chapters).map(({ step, text }) => [step, text]),
    [
      ["one.1", "2"],
      ["two.0", "3"],
    ],
  );
  const many = Array.from({ length: 25 }, (_, i) => chapterOf(`c${i}`, ask(String(i))));
  const bank = bankOf(many);
  assert.equal(new Set(bank.map(({ step }) => step)).size, 12);
  assert.deepEqual(bank, bankOf(many));
  assert.deepEqual(bankOf([]), []);
});

test("the score counts right answers, and the file has both times beside the right one", () => {
  const bank = bankOf([chapterOf("one", ask("1", 1)), chapterOf("two", ask("2", 0))]);
  const [before, after] = [{ "one.0": "a", "two.0": "a" }, { "one.0": "b" }];
  assert.deepEqual([scoreOf(bank, before), scoreOf(bank, after), scoreOf(bank, undefined)], [1, 1, 0]);
  const lines = quizCsv(bank, { name: "Ada", before, after }).trim().split(/\r?\n/);
  assert.deepEqual(lines.slice(1), ["Ada,one.0,1,a,0,b,1,b", "Ada,two.0,2,a,1,,,a"]);
  const early = quizCsv(bank, { name: "Ada", before }).trim().split(/\r?\n/);
  assert.deepEqual(early.slice(1), ["Ada,one.0,1,a,,,,", "Ada,two.0,2,a,,,,"]); // tells nothing before the chapters
});

test("an answer that a question no longer has counts as none", () => {
  const bank = bankOf([chapterOf("one", ask("1", 0))]);
  assert.equal(scoreOf(bank, { "one.0": "a" }), 1);
  for (const old of ["once an answer", 0]) {
    assert.equal(scoreOf(bank, { "one.0": old }), 0);
    assert.equal(
      quizCsv(bank, { before: { "one.0": old } })
        .trim()
        .split(/\r?\n/)[1],
      ",one.0,1,,,,,",
    );
  }
});

test("an address names the time, and a broken store keeps nothing", () => {
  assert.deepEqual(["?quiz=before", "?quiz=after", "?quiz=x", ""].map(quizTime), ["before", "after", null, null]);
  const store = (text) => ({ getItem: () => text });
  assert.deepEqual([readQuiz(store("{")), readQuiz(store("null")), readQuiz(store(null))], [{}, {}, {}]);
});
