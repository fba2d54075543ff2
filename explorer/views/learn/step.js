// @ts-check
// What the guide's card says of a step: words, an equation whose terms explain themselves, a question or a task.

import { h } from "../kit/widgets/dom.js";
import { keepAnswer, markDone } from "./progress.js";
import { placeAt } from "./route.js";
import { findsMend } from "./task.js";
import { sentence, typeset } from "./written.js";

/** The parts of a card between its head and its foot. name: of the step, "cells.2". small: where room is dear. below:
 *  what stands below its words. @param {any} step @param {string} name @param {HTMLElement | ""} below */
export function stepParts(step, name, small = false, below = "") {
  const { equation, question, task } = step;
  return [
    h("h2", {}, step.title),
    h("p", {}, step.says),
    below,
    equation.length > 0 ? equationPart(equation, small) : "",
    question ? questionPart(question, name) : "",
    task ? taskPart(task, findsMend(step)) : "",
  ];
}

/** For who wants to know. */
export const morePart = ({ more }) => (more ? note("gd-more", "More", h("p", {}, ...sentence(more))) : "");

/** What the words of the step mean, for who has nobody to ask. */
export const wordsPart = ({ words }) =>
  words?.length > 0
    ? note("gd-words", "Words", h("dl", {}, ...words.flatMap(({ term, words: meaning }) => [h("dt", {}, term), h("dd", {}, ...sentence(meaning))])))
    : "";

/** The ways on and back; at the end of a chapter to the next one, and to all of them (at `list`), at its beginning back to the
 *  one before. go(number): to a step of this chapter, or beyond its ends. @param {(number: number) => void} go */
export function footPart(chapter, number, list, go) {
  const last = number === chapter.steps.length - 1;
  const [before, next] = [placeAt(chapter, number - 1), placeAt(chapter, number + 1)];
  const button = (text, act, more) => h("button", { type: "button", class: "dte-plain-button", onclick: act, ...more }, text);
  const far = before && before.chapter !== chapter ? `The chapter before: ${before.chapter.title}` : null;
  const on = !last ? "Next" : next ? `Next chapter: ${next.chapter.title}` : "All chapters";
  return h(
    "div",
    { class: "gd-foot" },
    button("Back", () => go(number - 1), { disabled: !before, title: far }),
    last && next ? h("a", { class: "gd-list", href: list }, "All chapters") : "",
    button(on, () => go(number + 1), { class: "dte-plain-button gd-next" }),
  );
}

/** A folded note; opened, as much of it is brought into sight as the card has room for. */
function note(name, title, ...body) {
  const details = h("details", { class: name }, h("summary", {}, title), ...body);
  details.addEventListener("toggle", () => details.open && details.scrollIntoView?.({ block: "nearest" }));
  return details;
}

/** The terms in a row; what the one that is pointed at does stands below. Folded where room is dear. */
function equationPart(terms, small) {
  const meaning = h("p", { class: "gd-meaning", role: "status" }, "Point at a term.");
  const parts = terms.map(({ written, meaning: words }) => {
    if (!words) return h("span", {}, ...typeset(written));
    const tell = () => meaning.replaceChildren(...typeset(written.trim()), ...sentence(`: ${words}.`));
    return h("button", { type: "button", class: "gd-term", onmouseenter: tell, onfocus: tell, onclick: tell }, ...typeset(written));
  });
  const row = h("p", { class: "gd-terms" }, ...parts);
  if (!small) return h("div", { class: "gd-equation" }, row, meaning);
  return h("details", { class: "gd-equation" }, h("summary", {}, "As an equation"), row, meaning);
}

function questionPart(question, name) {
  const said = h("p", { class: "gd-said", role: "status" });
  const answers = question.answers.map((text, number) =>
    h("button", { type: "button", class: "dte-plain-button gd-answer", onclick: () => answer(question, number, answers, said, name) }, text),
  );
  return h("div", { class: "gd-question" }, h("p", {}, h("b", {}, question.text)), ...answers, said);
}

function answer(question, chosen, buttons, said, name) {
  buttons.forEach((button, number) => (button.dataset.mark = number === question.right ? "right" : number === chosen ? "wrong" : ""));
  said.replaceChildren(...sentence(`${chosen === question.right ? "Right." : "Not quite."} ${question.because}`));
  said.scrollIntoView?.({ block: "nearest" }); // within the card, where the explanation may be below its edge
  keepAnswer(name, question, chosen);
  markDone(name);
}

function taskPart(task, held) {
  const hint = h("details", {}, h("summary", {}, "A hint"), h("p", {}, ...sentence(task.hint)));
  const words = "Find it among the settings: Mend it is not offered until this is done.";
  return h("div", { class: "gd-task" }, h("p", {}, h("b", {}, task.text)), held ? h("p", { class: "gd-held" }, words) : "", h("p", { class: "gd-far" }), hint);
}
