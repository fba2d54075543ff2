// @ts-check
// The same questions before the chapters and after them, taken from the chapters: nothing is told before, and after it what
// was right and how the score has changed. Answers and name stay in this browser, and leave it as a file of the student's.

import { h, say } from "../kit/widgets/dom.js";
import { saveText } from "../kit/wire/files.js";
import { csv } from "../kit/wire/format.js";
import { stepName } from "./progress.js";
import { hereWith } from "./route.js";
import { sentence } from "./written.js";

const KEY = "dte-quiz";
const MOST = 12; // questions, so that it takes ten minutes
export const TIMES = ["before", "after"];

/** One question a chapter, its last one, spread over all that ask any: [{step, chapter, text, answers, right, because}]. Pure. */
export function bankOf(chapters) {
  const every = chapters.flatMap((chapter) => {
    const at = chapter.steps.findLastIndex(({ question }) => question);
    return at < 0 ? [] : [{ step: stepName(chapter.id, at), chapter: chapter.title, ...chapter.steps[at].question }];
  });
  const count = Math.min(MOST, every.length);
  return Array.from({ length: count }, (_, i) => every[Math.floor((i * every.length) / count)]);
}

/** What was answered to a question that has such an answer still: its text, or undefined. An answer is kept as its words, since
 *  the chapters may put others in its place. @param {any} question @param {Record<string, string> | undefined} kept by step */
const chosenOf = ({ step, answers }, kept) => answers.find((one) => one === kept?.[step]);

/** How many of the bank are right. Pure. @param {any[]} bank @param {Record<string, string> | undefined} kept by step */
export const scoreOf = (bank, kept) => bank.filter((one) => chosenOf(one, kept) === one.answers[one.right]).length;

/** A row a question: who, what was answered before and after, and, of a quiz that was taken after the chapters, whether it
 *  was right: before them the file tells the student no more than the page does. Pure. */
export function quizCsv(bank, { name = "", before, after }) {
  const told = (question, answers) => {
    const chosen = chosenOf(question, answers);
    if (chosen === undefined) return ["", ""];
    return [chosen, after ? Number(chosen === question.answers[question.right]) : ""];
  };
  const rows = bank.map((one) => [name, one.step, one.text, ...told(one, before), ...told(one, after), after ? one.answers[one.right] : ""]);
  return csv(["name", "step", "question", "before", "right before", "after", "right after", "right answer"], rows);
}

/** What is kept of earlier; nothing where the browser keeps nothing. @returns {any} */
export function readQuiz(storage = window.localStorage) {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? "{}");
    return typeof found === "object" && found !== null ? found : {};
  } catch {
    return {};
  }
}

function keepQuiz(patch, storage = window.localStorage) {
  try {
    storage.setItem(KEY, JSON.stringify({ ...readQuiz(storage), ...patch }));
  } catch {
    // a browser that keeps nothing has the answers as long as the page is open
  }
}

/** The time that an address names, or null. Pure. @param {string} search */
export const quizTime = (search) => TIMES.find((one) => one === new URLSearchParams(search).get("quiz")) ?? null;

/** @param {HTMLElement} root @param {any[]} chapters in full @param {string} time one of TIMES */
export function drawQuiz(root, chapters, time) {
  const bank = bankOf(chapters);
  const kept = readQuiz();
  const answers = { ...kept[time] };
  const said = h("p", { class: "le-quiz-said", role: "status" });
  const name = h("input", { type: "text", class: "le-quiz-name", autocomplete: "off", value: kept.name ?? "" });
  name.addEventListener("input", () => keepQuiz({ name: name.value }));
  const results = h("div", {});
  const show = () => {
    const all = { ...readQuiz(), [time]: answers };
    if (time === "before" || !all.after) return;
    const [first, second] = TIMES.map((one) => scoreOf(bank, all[one]));
    const change = all.before ? ` Before: ${first}. Change: ${second >= first ? "+" : ""}${second - first}.` : " There are no answers from before.";
    results.replaceChildren(
      h("p", { class: "le-quiz-score" }, `${second} of ${bank.length} right.${change}`),
      h("ol", {}, ...bank.map((one) => h("li", {}, one.text, " ", h("b", {}, one.answers[one.right]), ". ", ...sentence(one.because)))),
    );
  };
  const hand = () => {
    const missing = bank.filter((one) => chosenOf(one, answers) === undefined).length;
    if (missing > 0) return say(said, `${missing} ${missing === 1 ? "question is" : "questions are"} not answered yet. A guess counts, too.`);
    keepQuiz({ [time]: answers });
    say(said, time === "before" ? "Kept in this browser. Play the chapters now, and take the quiz again afterwards." : "Kept in this browser.");
    return show();
  };
  const file = () => saveText(quizCsv(bank, { ...readQuiz(), name: name.value }), "quiz.csv");
  root.classList.add("le-sheet");
  root.replaceChildren(
    h("h2", {}, time === "before" ? "Quiz, before the chapters" : "Quiz, after the chapters"),
    h("p", {}, `${bank.length} questions. What you answer stays in this browser; nobody sees it unless you hand over the file.`),
    h("label", { class: "le-quiz-label" }, "Your name, for the file alone ", name),
    ...bank.map((one) => questionPart(one, answers)),
    h("button", { type: "button", class: "dte-plain-button le-quiz-done", onclick: hand }, "Done"),
    " ",
    h("button", { type: "button", class: "dte-link", onclick: file }, "Answers, .csv"),
    " ",
    h("a", { href: hereWith("") }, "All chapters"),
    said,
    results,
  );
}

function questionPart({ step, chapter, text, answers: offered }, answers) {
  const choice = (words, number) => {
    const input = h("input", { type: "radio", name: `quiz-${step}`, value: number, checked: answers[step] === words });
    input.addEventListener("change", () => (answers[step] = words));
    return h("label", { class: "le-quiz-answer" }, input, " ", words);
  };
  return h("fieldset", { class: "le-quiz-question", "data-step": step }, h("legend", {}, h("small", {}, chapter), text), ...offered.map(choice));
}
