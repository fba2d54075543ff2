import assert from "node:assert/strict";
import test from "node:test";

import { drawSheet, minutesOf } from "../../../../explorer/views/learn/sheet.js";
import { withPage } from "../made_page.js";

const question = { text: "Why?", answers: ["since", "because <b>so</b>"], right: 1, because: "It is so." };
const task = { text: "Do it.", hint: "Try.", done: "It works.", facts: [] };
const chapter = {
  ...{ id: "one", title: "One", about: "What one knows." },
  steps: [
    { title: "A", page: "lab", query: "preset=x", question, task: null },
    { title: "B", page: "lab", query: null, question: null, task },
  ],
};

test("a chapter takes a minute a step, one more a question, four more a task", () => {
  assert.equal(minutesOf(chapter), 2 + 1 + 4);
  assert.equal(minutesOf({ steps: [] }), 0);
});

test("the sheet has the right answer, the hint and the solution of each chapter, as text", () =>
  withPage((page) => {
    const root = page.root();
    drawSheet(root, [chapter], "/vq/");
    const { textContent: said } = root.querySelector("[data-chapter=one]");
    for (const words of ["What one knows.", "about 7 minutes", "Right: because <b>so</b>. It is so.", "Hint: Try. Solved: It works."])
      assert.ok(said.includes(words), `${words} is not in ${said}`);
    assert.ok(!said.includes("since"));
    assert.equal(root.querySelector("[data-chapter=one]").querySelector("a").getAttribute("href"), "/vq/lab?preset=x&learn=one.0");
  }));
