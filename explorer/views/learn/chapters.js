// @ts-check
// The page of chapters: each with how far one is, what was answered as a file, a glossary, and the papers.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { travel } from "../kit/page/travel.js";
import { h } from "../kit/widgets/dom.js";
import { saveText } from "../kit/wire/files.js";
import { answersCsv, forget, readProgress, stepName, stepsDone } from "./progress.js";
import { classAddress } from "./class.js";
import { hereWith, rootOf } from "./route.js";
import { drawQuiz, quizTime, TIMES } from "./quiz.js";
import { drawSheet } from "./sheet.js";
import { sentence } from "./written.js";

const SHEETS = ["../kit/widgets/panels.css", "../kit/widgets/frames.css", "../kit/widgets/base.css"];

/** Where "Continue" leads: to the first step that is not done, or to the first of all. Pure. */
export function nextStep(chapter, progress) {
  const number = chapter.steps.findIndex((_, at) => !progress.done.includes(stepName(chapter.id, at)));
  return Math.max(0, number);
}

const counted = ({ length }, noun) => `${length} ${noun}${length === 1 ? "" : "s"}`;

class ChaptersPage extends Component {
  constructor(root, opening, server) {
    super();
    this.server = server;
    this.root = root;
    this.opening = opening;
    root.classList.add("dte-frames", "dte-learn");
    this.draw();
    this.listen(window, "pageshow", () => this.draw()); // on the way back from a chapter
    this.own(travel.register({ names: [], take: () => this.draw() }));
    this.own(travel.onBack(() => this.draw()));
  }

  /** The sheet for the teacher, or the quiz, of all chapters in full. time: of the quiz, null for the sheet. */
  async whole(time) {
    const { chapters } = await this.full();
    if (!chapters)
      return void this.root.replaceChildren(h("p", { role: "alert" }, "The chapters could not be had: the server does not answer. Load the page again."));
    if (time) drawQuiz(this.root, chapters, time);
    else drawSheet(this.root, chapters, rootOf(window.location.pathname, "learn"));
    this.root.dataset.ready = "true";
  }

  /** {chapters} with all their steps, {} where the server does not answer. */
  async full() {
    try {
      return JSON.parse(await this.server.learn_ask({ what: "sheet" }));
    } catch {
      return {};
    }
  }

  draw() {
    const { search } = window.location;
    const time = quizTime(search);
    if (time || new URLSearchParams(search).get("sheet") === "1") return void this.whole(time);
    this.root.classList.remove("le-sheet");
    const progress = readProgress();
    const { chapters, glossary, references } = this.opening;
    const right = progress.answers.filter((one) => one.right).length;
    const total = chapters.flatMap(({ steps }) => steps).filter((step) => step.question).length;
    this.root.replaceChildren(
      h("ol", { class: "le-chapters" }, ...chapters.map((one) => this.chapter(one, progress))),
      h(
        "p",
        { class: "le-answers" },
        `${progress.answers.length} of ${total} questions answered, ${right} right at the first try. What you did is kept in this browser alone. `,
        h("button", { type: "button", class: "dte-link", onclick: () => saveText(answersCsv(progress), "answers.csv") }, "Answers, .csv"),
        this.forgetPart(progress),
        ...TIMES.map((one) => h("a", { href: hereWith(`quiz=${one}`) }, `Quiz ${one} the chapters`)),
        h("a", { class: "le-to-methods", href: hereWith("show=methods") }, "All methods, with their equations"),
        h("a", { class: "le-to-sheet", href: hereWith("sheet=1") }, "Sheet for the teacher"),
      ),
      h(
        "details",
        { class: "le-fold" },
        h("summary", {}, `Glossary, ${glossary.length} terms`),
        h("dl", {}, ...glossary.flatMap(({ term, words }) => [h("dt", {}, term), h("dd", {}, ...sentence(words))])),
      ),
      h(
        "details",
        { class: "le-fold" },
        h("summary", {}, `Methods and papers, ${references.length} quantizers`),
        h(
          "ul",
          {},
          ...references.map(({ id, words, papers }) =>
            h("li", {}, h("b", {}, id), ` ${words}`, papers.length > 0 ? h("small", {}, ` ${papers.join("; ")}`) : ""),
          ),
        ),
      ),
    );
    this.root.dataset.ready = "true";
  }

  /** What is forgotten does not come back, so it is asked for twice. */
  forgetPart({ done, answers }) {
    const words = `Forget ${counted(done, "step")} and ${counted(answers, "answer")}`;
    const button = h("button", { type: "button", class: "dte-link le-forget", disabled: done.length + answers.length === 0 }, "Forget it");
    button.addEventListener("click", () => {
      if (button.textContent !== words) return void (button.textContent = words);
      forget();
      this.draw();
    });
    return button;
  }

  chapter(chapter, progress) {
    const { done, of } = stepsDone(chapter, progress);
    const root = rootOf(window.location.pathname, "learn");
    const href = classAddress(root, chapter, done === of ? 0 : nextStep(chapter, progress), window.location.search);
    const word = done === 0 ? "Begin" : done === of ? "Again" : "Continue";
    return h(
      "li",
      { class: "le-chapter", "data-chapter": chapter.id, "data-done": String(done === of) },
      h("h2", {}, chapter.title),
      h("p", {}, chapter.about),
      h(
        "p",
        { class: "le-foot" },
        h("progress", { max: of, value: done, "aria-label": `${done} of ${of} steps` }),
        h("span", {}, `${done} of ${of} steps`),
        h("a", { href, "aria-label": `${word}: ${chapter.title}` }, word),
      ),
    );
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => new ChaptersPage(view.element, opening, view.server));
}
