// @ts-check
// The guide: a card over a page with a few words, what it is about framed in the page, a question or a task, and a way on,
// back and out. Everything it shows is the page's own: a step is a link to a state.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { h, say } from "../kit/widgets/dom.js";
import { keepAnswer, markDone, stepName } from "./progress.js";
import { addressOf, keepOwn, ownOf, placeOf, rootOf, staysOnPage } from "./route.js";
import { factsOf, isDone, standing } from "./task.js";

const LOOK_MS = 400; // between two looks at what a task asks for, and for what is to be framed
const LIT = "dte-lit";
const EDGE_PX = 16; // between the card and the edge of the window
const SHEETS = ["../kit/widgets/base.css"];

/** How much of two stretches is common. Pure. */
export const overlap = ([a, b], [c, d]) => Math.max(0, Math.min(b, d) - Math.max(a, c));

class Guide extends Component {
  constructor(root, { page, chapters }) {
    super();
    this.page = page;
    this.chapter = this.step = null;
    this.number = 0;
    this.done = false;
    this.lit = [];
    const place = placeOf(window.location.search, chapters);
    if (!place) {
      const keep = () => keepOwn(page, window.location.href);
      this.listen(window, "pagehide", keep);
      return;
    }
    this.card = h("aside", { class: "dte-guide", role: "region", "aria-label": "Tour", tabindex: -1 });
    root.replaceChildren(this.card);
    this.own(() => this.frame([]));
    this.listen(this.card, "keydown", (event) => this.key(event));
    this.show(place);
    const timer = window.setInterval(() => this.look(), LOOK_MS);
    this.own(() => window.clearInterval(timer));
  }

  show({ chapter, number, step }) {
    this.chapter = chapter;
    this.number = number;
    this.step = step;
    this.done = false;
    const last = number === chapter.steps.length - 1;
    const button = (text, act, more = {}) => h("button", { type: "button", class: "dte-plain-button", onclick: act, ...more }, text);
    this.state = h("p", { class: "gd-state", role: "status" });
    this.next = button(last ? "End of the chapter" : "Next", () => this.go(number + 1), { class: "dte-plain-button gd-next" });
    this.card.replaceChildren(
      h(
        "div",
        { class: "gd-head" },
        h("span", { class: "gd-where" }, `${chapter.title} · ${number + 1} of ${chapter.steps.length}`),
        button("Leave", () => this.leave(), { title: "Back to what this page showed before", class: "dte-link" }),
      ),
      h("h2", {}, step.title),
      h("p", {}, step.says),
      step.equation.length > 0 ? this.equation(step.equation) : "",
      step.question ? this.question(step.question) : "",
      step.task ? this.task(step.task) : "",
      step.more ? h("details", {}, h("summary", {}, "More"), h("p", {}, step.more)) : "",
      h(
        "div",
        { class: "gd-foot" },
        button("Back", () => this.go(number - 1), { disabled: number === 0 }),
        this.state,
        this.next,
      ),
    );
    this.card.dataset.step = stepName(chapter.id, number);
    if (!step.question && !step.task) markDone(stepName(chapter.id, number));
    this.look();
  }

  /** The terms of an equation in a row; what the one that is pointed at does stands below. */
  equation(terms) {
    const meaning = h("p", { class: "gd-meaning", role: "status" }, "Point at a term.");
    const parts = terms.map(({ written, meaning: words }) => {
      if (!words) return h("span", {}, written);
      const tell = () => say(meaning, `${written.trim()}: ${words}.`);
      return h("button", { type: "button", class: "gd-term", onmouseenter: tell, onfocus: tell, onclick: tell }, written);
    });
    return h("div", { class: "gd-equation" }, h("p", { class: "gd-terms" }, ...parts), meaning);
  }

  question(question) {
    const said = h("p", { class: "gd-said", role: "status" });
    const answers = question.answers.map((text, number) =>
      h("button", { type: "button", class: "dte-plain-button gd-answer", onclick: () => this.answer(question, number, answers, said) }, text),
    );
    return h("div", { class: "gd-question" }, h("p", {}, h("b", {}, question.text)), ...answers, said);
  }

  answer(question, chosen, buttons, said) {
    buttons.forEach((button, number) => (button.dataset.mark = number === question.right ? "right" : number === chosen ? "wrong" : ""));
    say(said, `${chosen === question.right ? "Right." : "Not quite."} ${question.because}`);
    keepAnswer(this.card.dataset.step, question, chosen);
    markDone(this.card.dataset.step);
  }

  task(task) {
    this.far = h("p", { class: "gd-far" });
    const hint = h("details", {}, h("summary", {}, "A hint"), h("p", {}, task.hint));
    return h("div", { class: "gd-task" }, h("p", {}, h("b", {}, task.text)), this.far, hint);
  }

  /** Frame what the step is about, and see whether its task is done. */
  look() {
    this.frame(this.step.lit.map((selector) => document.querySelector(selector)).filter(Boolean));
    const { task } = this.step;
    if (!task || this.done) return;
    const facts = factsOf(this.page);
    say(this.far, `Now: ${standing(task, facts)}`);
    if (!isDone(task, facts)) return;
    this.done = true;
    this.card.dataset.done = "true";
    say(this.far, task.done);
    markDone(this.card.dataset.step);
  }

  /** Stand in the corner where less of what is framed is covered. */
  dock() {
    const box = this.card.getBoundingClientRect();
    const covered = (left) =>
      this.lit.reduce((sum, element) => {
        const one = element.getBoundingClientRect();
        return sum + overlap([left, left + box.width], [one.left, one.right]) * overlap([box.top, box.bottom], [one.top, one.bottom]);
      }, 0);
    const [left, right] = [covered(EDGE_PX), covered(window.innerWidth - EDGE_PX - box.width)];
    this.card.dataset.dock = left < right ? "left" : "right";
  }

  frame(elements) {
    for (const element of this.lit) if (!elements.includes(element)) element.classList.remove(LIT);
    const others = elements.length !== this.lit.length || elements.some((element) => !this.lit.includes(element));
    for (const element of elements) if (!element.classList.contains(LIT)) element.classList.add(LIT);
    this.lit = elements;
    if (others && elements.length > 0) this.dock();
  }

  go(number) {
    const to = this.chapter.steps[number];
    const root = rootOf(window.location.pathname, this.page);
    if (!to) return window.location.assign(`${root}learn`);
    delete this.card.dataset.done;
    if (number > this.number && staysOnPage(this.step, to)) {
      const query = new URLSearchParams(window.location.search);
      query.set("learn", stepName(this.chapter.id, number));
      window.history.pushState(window.history.state, "", `${window.location.pathname}?${query}`);
      return this.show({ chapter: this.chapter, number, step: to });
    }
    return window.location.assign(addressOf(root, this.chapter, number));
  }

  /** Back to what this page showed before the tour, or to the chapters. */
  leave() {
    window.location.assign(ownOf(this.page) ?? `${rootOf(window.location.pathname, this.page)}learn`);
  }

  /** Arrows within the card, and the keys that a presenter's remote sends. */
  key(event) {
    const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (!by || this.number + by < 0) return;
    event.preventDefault();
    this.go(this.number + by);
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => new Guide(view.element, opening));
}
