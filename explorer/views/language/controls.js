// @ts-check
// How the text is written: one token, or all to the end, with temperature, top-k and a seed; and how much of it is given.

import { Component } from "../kit/component.js";
import { h, say } from "../kit/widgets/dom.js";
import { countOf, whole } from "../kit/wire/format.js";
import { KEPT, keptPlace, lengthOf, textRead } from "./model.js";

const MOST_SEED = 999_999;
const STEP = 0.05; // of the temperature

export class Controls extends Component {
  /** page: {facts, bus}. on: draw(), likely(), undo(), clear(), proceed(), again(), stop(). */
  constructor(page, on) {
    super();
    this.page = page;
    const button = (name, text, title, act) => h("button", { type: "button", class: "dte-plain-button", "data-act": name, title, onclick: act }, text);
    this.buttons = {
      draw: button("draw", "Draw one", "Write one token, drawn by the seed from the bars above", on.draw),
      likely: button("likely", "Most likely", "Write the most probable code", on.likely),
      undo: button("undo", "Undo", "Take back the last token that was written", on.undo),
      clear: button("clear", "Clear", "Take back all that was written", on.clear),
      proceed: h(
        "button",
        { type: "button", class: "lg-go", "data-act": "proceed", title: "Draw token by token until the picture is full", onclick: on.proceed },
        "Continue to the end",
      ),
      again: button("again", "Another seed", "Begin again with the next seed, and continue to the end", on.again),
    };
    this.stop = button("stop", "Stop", "Stop here; what is written stays", on.stop);
    this.progress = h("progress", { max: 1, value: 0, "aria-label": "Tokens written" });
    this.done = h("span", { class: "cb-note", role: "status" });
    this.going = h("div", { class: "lg-going", hidden: true }, this.progress, this.done, this.stop);
    this.acts = h("div", { class: "lg-acts" }, ...Object.values(this.buttons));
    this.temperature = this.range("temperature", "Temperature", 0, page.facts.hottest, STEP, (value) => ({ temperature: Number(value.toFixed(2)) }));
    this.kept = this.range("top_k", "Top-k", 0, KEPT.length - 1, 1, (value) => ({ top_k: KEPT[value] }));
    this.given = this.range("given", "Rows given", 0, page.facts.rows - 1, 1, (value) => ({ given: value, written: [], at: null, view: "written" }));
    this.seed = h("input", { type: "number", min: 0, max: MOST_SEED, step: 1, "aria-label": "Seed", onchange: () => this.reseed() });
    const seed = h("label", { class: "lg-field", title: "The same seed draws the same tokens" }, h("span", {}, "Seed"), this.seed);
    this.element = h(
      "div",
      { class: "lg-controls", "data-panel": "controls" },
      this.acts,
      this.going,
      h("div", { class: "lg-fields" }, this.temperature.element, this.kept.element, this.given.element, seed),
    );
  }

  range(name, text, min, max, step, changes) {
    const input = h("input", { type: "range", min, max, step, "data-field": name, "aria-label": text });
    const value = h("output", {});
    input.addEventListener("input", () => this.page.bus.set(changes(Number(input.value))));
    const element = h("label", { class: "lg-field", title: TITLES[name] }, h("span", {}, text, " ", value), input);
    return { element, input, value };
  }

  reseed() {
    const seed = Math.min(MOST_SEED, Math.max(0, Math.round(Number(this.seed.value) || 0)));
    this.page.bus.set({ seed });
  }

  /** job: what is being written, or null. */
  draw(job) {
    const { bus, facts } = this.page;
    const { state } = bus;
    const set = (field, at, words) => {
      if (document.activeElement !== field.input) field.input.value = String(at);
      say(field.value, words);
      field.input.setAttribute("aria-valuetext", words);
    };
    set(this.temperature, state.temperature, state.temperature === 0 ? "0: always the most likely" : String(state.temperature));
    set(this.kept, keptPlace(state.top_k), state.top_k ? `${whole(state.top_k)} of ${countOf(facts.K, "code")}` : `all ${countOf(facts.K, "code")}`);
    set(this.given, state.given, `${state.given} of ${facts.rows}`);
    if (document.activeElement !== this.seed) this.seed.value = String(state.seed);
    const going = Boolean(job);
    this.going.hidden = !going;
    this.acts.hidden = going;
    for (const field of [this.temperature, this.kept, this.given]) field.input.disabled = going;
    this.seed.disabled = going;
    if (job) {
      Object.assign(this.progress, { max: job.planned, value: job.written.length });
      say(this.done, job.state === "waiting" ? "Waiting for another visitor's text" : `${whole(job.written.length)} of ${countOf(job.planned, "token")}`);
    }
    const full = lengthOf(textRead(state, facts), facts) >= facts.rows * facts.columns && state.at === null;
    this.buttons.draw.disabled = this.buttons.likely.disabled = full;
    this.buttons.proceed.disabled = full;
    this.buttons.undo.disabled = this.buttons.clear.disabled = state.written.length === 0;
  }
}

const TITLES = {
  temperature: "Below 1 the probable becomes more so; above 1 all codes come nearer to each other",
  top_k: "Only so many of the most probable codes may be drawn",
  given: "How many rows of the real picture are given; the rest is written",
};
