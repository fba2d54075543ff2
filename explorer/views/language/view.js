// @ts-check
// The page of a language model of tokens: a picture whose beginning is given, what may come next at the place that is
// looked at, and how the text goes on.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { travel } from "../kit/page/travel.js";
import { h, say, segments } from "../kit/widgets/dom.js";
import { note } from "../kit/widgets/panel.js";
import { createPageBus } from "../kit/wire/bus.js";
import { saveText } from "../kit/wire/files.js";
import { countOf, csv, fileStem, typeset, whole } from "../kit/wire/format.js";
import { Chooser } from "./choose.js";
import { Controls } from "./controls.js";
import { IN_ADDRESS, nextState, queryOf, stateOf } from "./link.js";
import { bitsText, lengthOf, placeOf, textRead, tokensOfText, writeAt } from "./model.js";
import { NextToken } from "./next.js";
import { MOST_BITS, Picture } from "./picture.js";
import { Sentence } from "./sentence.js";
import { Words } from "./words.js";

const SHEETS = ["../kit/widgets/panels.css", "../kit/widgets/frames.css", "../kit/widgets/base.css", "../kit/widgets/forms.css", "../kit/widgets/folds.css"];
const POLL_MS = 90; // between two looks at a text that is being written
const SLIDE_MS = 60; // after the last movement of a slider
const VIEWS = [
  { id: "written", label: "The text", title: "What is given, and what was written after it" },
  { id: "real", label: "Real picture", title: "Decoded of all its real tokens" },
  { id: "surprise", label: "Surprise", title: "Bits of each real token, given all before it: bright is surprising" },
];
const CAUSES = ["picture", "given", "written", "at", "temperature", "top_k", "seed", "view"];

class LanguagePage extends Component {
  constructor(root, { token, facts, pictures, chosen, message }, server) {
    super();
    this.root = root;
    root.classList.add("dte-frames", "dte-language");
    this.problem = h("p", { class: "cb-problem", role: "alert" });
    this.tell(message);
    if (!facts) {
      root.replaceChildren(this.problem);
      return;
    }
    this.facts = facts;
    this.pictures = pictures;
    this.known = this.answer = this.job = this.asking = null;
    this.turn = 0;
    this.waiting = [];
    const first = Object.freeze({ ...chosen, written: tokensOfText(chosen.written, facts.K) });
    const ask = (request) => server.language_ask(request);
    const read = ({ picture }) => ({ picture });
    this.bus = createPageBus({ ask, token, first, win: window, next: nextState(facts), inAddress: IN_ADDRESS, query: queryOf(facts), scope: read });
    this.part(this.bus.life);
    const now = (search) => queryOf(facts)(search, this.bus.state);
    this.own(travel.register({ names: IN_ADDRESS, now, take: (search) => this.take(search) }));
    this.build();
    this.bus.on(["picture"], () => this.open());
    this.bus.on(CAUSES, () => this.changed());
    this.open();
  }

  build() {
    const page = {
      facts: this.facts,
      bus: this.bus,
      pictures: this.pictures,
      read: () => this.known,
      image: () => this.seen.image,
      shown: () => this.seen.shown,
    };
    this.seen = { image: "", shown: 0 };
    this.chooser = this.part(new Chooser(page, { pick: (picture) => this.pick(picture) }));
    this.picture = this.part(new Picture(page, { look: (place) => this.look(place) }));
    this.sentence = this.part(new Sentence(page, { look: (place) => this.look(place) }));
    this.next = this.part(new NextToken(page, { write: (code) => this.write(code) }));
    this.controls = this.part(
      new Controls(page, {
        draw: () => this.answer?.next && this.write(this.answer.next.draw),
        likely: () => this.answer?.next && this.write(this.answer.next.codes[0].code),
        undo: () => this.bus.set({ written: this.bus.state.written.slice(0, -1), at: null, view: "written" }),
        clear: () => this.bus.set({ written: [], at: null, view: "written" }),
        proceed: () => this.proceed(),
        again: () => this.again(),
        stop: () => this.job && this.bus.ask("stop", { job: this.job.id }).catch(() => {}),
      }),
    );
    this.views = segments("What the picture shows", (view) => this.bus.set({ view, at: null }));
    this.views.options(VIEWS, this.bus.state.view);
    this.caption = h("p", { class: "cb-caption" });
    this.scale = h(
      "div",
      { class: "lg-scale", hidden: true },
      h("span", {}, "0"),
      h("i", { "aria-hidden": "true" }),
      h("span", {}, `${MOST_BITS} bits and more`),
    );
    this.status = h("p", { class: "cb-status", hidden: true });
    const link = (text, title, act) => h("button", { type: "button", class: "dte-link", title, "aria-label": title, onclick: act }, text);
    const exports = h(
      "div",
      { class: "cb-exports" },
      link("CSV", "Tokens and their bits, CSV", () => this.save()),
    );
    const words = h("section", { class: "lg-words" });
    this.root.replaceChildren(
      this.problem,
      this.chooser.element,
      h(
        "div",
        { class: "lg-desk" },
        h(
          "section",
          { class: "lg-picture", "aria-label": "The picture", "data-panel": "text" },
          h("div", { class: "cb-head" }, h("h3", {}, "The picture as a text"), this.views.element),
          this.picture.element,
          this.scale,
          h("div", { class: "cb-foot" }, this.caption, exports),
        ),
        h("div", { class: "lg-side" }, this.controls.element, this.status, this.next.element, this.sentence.element),
      ),
      words,
    );
    this.words = this.part(new Words(words, page));
  }

  tell(message) {
    say(this.problem, message);
    this.problem.hidden = !message;
  }

  pick(picture) {
    this.leave();
    this.bus.set({ picture, written: [], at: null });
    if (picture === "own") this.open(); // another one of the same name
  }

  /** Another picture: its tokens and their surprise, then what comes next. */
  async open() {
    this.root.dataset.ready = "false";
    try {
      const { read } = await this.bus.ask("picture");
      this.known = { ...read, tokens: Array.from(read.tokens), bits: Array.from(read.bits) };
      this.tell(this.heard ? "" : this.problem.textContent);
      this.heard = true;
      this.changed();
    } catch (error) {
      if (!error.stale) this.tell(error.message);
    }
  }

  /** The text or how it is drawn is another: ask what comes next, soon. */
  changed() {
    this.draw();
    if (this.job || !this.known) return;
    this.root.dataset.ready = "false";
    this.asking?.();
    this.asking = this.after(() => this.askNext(), SLIDE_MS);
  }

  async askNext() {
    const turn = ++this.turn;
    const { at, temperature, top_k, seed } = this.bus.state;
    try {
      const answer = await this.bus.ask("next", { ...textRead(this.bus.state, this.facts), at, temperature, top_k, seed });
      if (turn !== this.turn || this.job) return;
      this.answer = answer;
      if (this.bus.state.view === "written") this.seen = { image: answer.image, shown: answer.length };
      note(this.status, "");
      this.draw();
      this.report();
    } catch (error) {
      if (!error.stale && turn === this.turn) note(this.status, error.message, "problem");
    }
  }

  look(place) {
    const length = lengthOf(textRead(this.bus.state, this.facts), this.facts);
    if (this.job) return;
    if (place > length) return note(this.status, "Nothing is written there yet: a model of this kind reads from the left to the right, row by row.");
    note(this.status, "");
    this.bus.set({ at: place === length ? null : place });
  }

  write(code) {
    if (!this.known || this.job) return;
    this.bus.set(writeAt(this.bus.state, this.facts, this.known.tokens, code));
  }

  again() {
    this.bus.set({ seed: this.bus.state.seed + 1, written: [], at: null, view: "written" });
    this.proceed();
  }

  /** Write to the end; what stood after the place that is looked at goes. */
  async proceed() {
    if (!this.known || this.job) return;
    const { state } = this.bus;
    const place = placeOf(state, this.facts);
    const text = textRead(state, this.facts);
    const first = Math.min(text.given, Math.floor(place / this.facts.columns));
    const before = [...this.known.tokens.slice(0, text.given * this.facts.columns), ...text.written].slice(0, place);
    this.bus.set({ given: first, written: before.slice(first * this.facts.columns), at: null, view: "written" });
    const { given, written, temperature, top_k, seed } = this.bus.state;
    try {
      const { job } = await this.bus.ask("start", { given, written, temperature, top_k, seed });
      this.follow(job);
    } catch (error) {
      if (!error.stale) note(this.status, error.message, "problem");
    }
  }

  follow(job) {
    this.job = job;
    this.root.dataset.ready = "false";
    const going = ["waiting", "running", "stopping"].includes(job.state);
    if (job.image) this.seen = { image: job.image, shown: job.shown };
    this.bus.set({ written: job.written, at: null });
    if (!going) {
      this.leave();
      note(this.status, job.message, job.state === "failed" ? "problem" : "busy");
      return this.changed();
    }
    this.draw();
    this.after(() => this.poll(job.id), POLL_MS);
    return null;
  }

  async poll(id) {
    if (this.job?.id !== id) return;
    try {
      const { job } = await this.bus.ask("state", { job: id });
      if (this.job?.id === id) this.follow(job);
    } catch (error) {
      if (this.job?.id !== id) return;
      this.leave();
      if (!error.stale) note(this.status, error.message, "problem");
      this.draw();
    }
  }

  /** Nothing is followed any longer. */
  leave() {
    this.job = null;
  }

  draw() {
    const { state } = this.bus;
    this.views.set(state.view);
    this.scale.hidden = state.view !== "surprise";
    this.picture.draw();
    this.controls.draw(this.job);
    this.sentence.draw();
    if (this.answer) this.next.show(this.answer, this.fullWords());
    say(this.caption, [this.captionWords(), ...(this.known?.notes ?? []).map(typeset)].join(" "));
  }

  fullWords() {
    return this.bus.state.view === "written"
      ? "The picture is full. Click a place to see what could have stood there."
      : "Click a place: what did the model expect there?";
  }

  captionWords() {
    const { state } = this.bus;
    const { rows, columns, side, K, most_bits } = this.facts;
    if (!this.known) return "Reading the picture…";
    const all = rows * columns;
    if (state.view === "surprise")
      return (
        `${bitsText(this.known.mean_bits)} bits a token on average over ${countOf(all, "token")}, ${whole(this.known.sum_bits)} bits in all; ` +
        `${whole(all * most_bits)} at log2 K = ${bitsText(most_bits)} each. Dark places are predictable.`
      );
    if (state.view === "real")
      return `${side} × ${side} px as ${rows} × ${columns} tokens of ${countOf(K, "code")}, decoded: all that the model can read of it.`;
    const given = state.given * columns;
    return `${whole(given)} of ${countOf(all, "token")} are given, above the dashed line; ${whole(state.written.length)} are written. The model never saw the rest.`;
  }

  /** Another state of this page: resolves once it is on screen. */
  take(search) {
    const state = stateOf(search, this.facts);
    if (!this.pictures.some(({ id }) => id === state.picture)) return false;
    this.leave();
    this.bus.set(state);
    if (this.root.dataset.ready === "true") return true;
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** What tasks of the tour ask for. */
  report() {
    const { next, place } = this.answer;
    const { state } = this.bus;
    const number = (value) => (value === undefined ? "" : String(value));
    Object.assign(this.root.dataset, {
      ready: "true",
      picture: state.picture,
      view: state.view,
      place: next ? String(place + 1) : "",
      written: String(state.written.length),
      temperature: String(state.temperature),
      allowed: String(state.top_k || this.facts.K),
      entropy: number(next?.entropy),
      chance: number(next?.entropy_drawn),
      surprise: number(next?.real.bits),
      rank: number(next?.real.rank),
      text: state.text,
    });
    for (const resolve of this.waiting.splice(0)) resolve(true);
  }

  save() {
    if (!this.known) return;
    const { columns } = this.facts;
    const { given, written } = this.bus.state;
    const first = given * columns;
    const rows = this.known.tokens.map((token, place) => [
      Math.floor(place / columns) + 1,
      (place % columns) + 1,
      token,
      this.known.bits[place],
      place < first ? token : (written[place - first] ?? null),
    ]);
    saveText(csv(["row", "column", "real_token", "bits", "text_token"], rows), `${fileStem("language", this.bus.state.picture)}.csv`);
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => new LanguagePage(view.element, opening, view.server));
}
