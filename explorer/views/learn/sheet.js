// @ts-check
// The sheet for a teacher: what each chapter teaches, how long it takes, its questions with the right answers, and its tasks
// with hint and solution. It is made from the chapters themselves, so that it cannot say anything else, and can be printed.

import { h } from "../kit/widgets/dom.js";
import { addressOf, hereWith } from "./route.js";
import { sentence } from "./written.js";

const READ_MIN = 1; // to read a step and look
const ANSWER_MIN = 1;
const SOLVE_MIN = 4;

/** Minutes that a chapter takes, roughly. Pure. @param {{steps: any[]}} chapter */
export function minutesOf({ steps }) {
  const count = (name) => steps.filter((step) => step[name]).length;
  return READ_MIN * steps.length + ANSWER_MIN * count("question") + SOLVE_MIN * count("task");
}

/** @param {HTMLElement} root @param {any[]} chapters in full @param {string} base address of the first page */
export function drawSheet(root, chapters, base) {
  const total = chapters.reduce((sum, one) => sum + minutesOf(one), 0);
  root.classList.add("le-sheet");
  root.replaceChildren(
    h(
      "header",
      {},
      h("h2", {}, "Sheet for the teacher"),
      h(
        "p",
        {},
        `${chapters.length} chapters, about ${total} minutes in all: ${READ_MIN} a step, ${ANSWER_MIN} more a question, ${SOLVE_MIN} more a task. ` +
          "Each title is a link to the chapter; at the foot of the tour's card a link can be made that hides panels or opens large, for a talk.",
      ),
      h("button", { type: "button", class: "dte-plain-button", onclick: () => window.print() }, "Print"),
      " ",
      h("a", { href: hereWith("") }, "All chapters"),
    ),
    ...chapters.map((chapter) =>
      h(
        "section",
        { "data-chapter": chapter.id },
        h("h3", {}, h("a", { href: addressOf(base, chapter, 0) }, chapter.title), h("small", {}, ` about ${minutesOf(chapter)} minutes`)),
        h("p", {}, chapter.about),
        h("ol", {}, ...chapter.steps.map(stepPart)),
      ),
    ),
  );
}

function stepPart({ title, question, task }) {
  const right = question?.answers[question.right];
  return h(
    "li",
    {},
    title,
    question ? h("p", {}, h("b", {}, "Question. "), question.text, " ", h("b", {}, "Right: "), `${right}. `, ...sentence(question.because)) : "",
    task ? h("p", {}, h("b", {}, "Task. "), task.text, " ", h("b", {}, "Hint: "), ...sentence(`${task.hint} `), h("b", {}, "Solved: "), task.done) : "",
  );
}
