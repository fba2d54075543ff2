// @ts-check
// The way from one code to another, or to a second picture, through the codebook: a strip, and played.

import { Component } from "../kit/component.js";
import { codeFrom, nounOf, nounsOf } from "./model.js";
import { h, segments } from "../kit/widgets/dom.js";
import { partNoun } from "../kit/wire/format.js";

const FRAME_MS = 220;

/** Frame after frame to the end and back: 0 1 2 1 0 1 ... Pure. */
export function bounce(tick, count) {
  if (count < 2) return 0;
  const turn = 2 * (count - 1);
  const at = tick % turn;
  return at < count ? at : turn - at;
}

export class PathPanel extends Component {
  constructor(editor) {
    super();
    this.editor = editor;
    this.kind = "codes";
    this.frames = [];
    this.at = this.tick = 0;
    this.timer = null;
    this.kinds = segments("What lies at the ends", (id) => this.choose(id));
    this.name("picture");
    const field = (text, element) => h("label", { class: "ed-field" }, h("span", {}, text), element);
    const input = () => h("input", { class: "ed-input", inputmode: "numeric", size: 7 });
    this.first = input();
    this.last = input();
    this.pictures = h("select", { class: "ed-select" });
    this.steps = h("select", { class: "ed-select" }, ...[5, 9, 17].map((n) => h("option", { value: n }, `${n}`)));
    this.steps.value = "9";
    this.codeFields = h("span", { class: "ed-join" }, field("From code", this.first), field("to", this.last));
    this.from = h("span", {}, "From this picture to");
    this.pictureField = h("label", { class: "ed-field" }, this.from, this.pictures);
    this.go = h("button", { type: "button", class: "dte-plain-button", onclick: () => this.fetch() }, "Show the way");
    this.play = h("button", { type: "button", class: "dte-plain-button", hidden: true, onclick: () => this.toggle() }, "Play");
    this.wrong = h("p", { class: "ed-wrong", role: "alert", hidden: true });
    this.large = h("img", { class: "ed-large", alt: "", hidden: true });
    this.strip = h("div", { class: "ed-strip" });
    this.words = h("p", { class: "ed-words" });
    this.element = h(
      "details",
      { class: "ed-more", "data-part": "path", ontoggle: () => this.element.open || this.stop() },
      h("summary", {}, "Interpolate"),
      h("div", { class: "ed-row" }, this.kinds.element, this.codeFields, this.pictureField, field("Steps", this.steps), this.go, this.play),
      this.wrong,
      h("div", { class: "ed-path" }, this.large, h("div", {}, this.strip, this.words)),
    );
    this.choose(this.kind);
  }

  /** noun: of what is edited. common: whether its levels have one grid, without which two media have no common way. */
  name(noun, common = true) {
    const codes = { id: "codes", label: "Two codes", title: `From code to code of this ${partNoun(this.editor.open?.combination)}` };
    const both = { id: "pictures", label: `Two ${nounsOf(noun)}`, title: `From the edited tokens to those of a second ${noun}` };
    if (!common) this.kind = "codes";
    this.kinds.options(common ? [codes, both] : [codes], this.kind);
    this.noun = noun;
  }

  opened() {
    const { samples, picture } = this.editor.opening;
    this.name(nounOf(this.editor.open), this.editor.open.same);
    this.from.textContent = `From this ${this.noun} to`;
    this.pictures.replaceChildren(...samples.filter(({ id }) => id !== picture).map(({ id, title }) => h("option", { value: id }, title)));
    this.first.value = `${this.editor.code}`;
    this.last.value = `${this.editor.tokens.indices[this.editor.choice.level].at(-1)}`;
    this.choose(this.kind);
  }

  choose(kind) {
    this.kind = kind;
    this.codeFields.hidden = kind !== "codes";
    this.pictureField.hidden = kind !== "pictures";
    this.clear();
  }

  clear() {
    this.stop();
    this.wish = null;
    this.frames = [];
    this.strip.replaceChildren();
    this.words.textContent = "";
    this.large.hidden = this.play.hidden = true;
    this.fail("");
  }

  fail(message) {
    this.wrong.hidden = !message;
    this.wrong.textContent = message;
  }

  /** What is asked, or {error} in words.
   *  @returns {{error?: string, of?: string, [name: string]: any}} */
  question() {
    const steps = Number(this.steps.value);
    const { level } = this.editor.choice;
    if (this.kind === "pictures") return { of: "pictures", picture: this.pictures.value, steps, edits: this.editor.text };
    const ends = [this.first, this.last].map((input) => codeFrom(input.value, this.editor.open.K[level]));
    const wrong = ends.find((end) => end.error);
    return wrong ?? { of: "codes", level, first: ends[0].code, last: ends[1].code, steps };
  }

  async fetch() {
    if (!this.editor.open) return;
    const question = this.question();
    this.clear();
    if (question.error) {
      this.fail(question.error);
      return;
    }
    const wish = (this.wish = {});
    this.words.textContent = "Decoding…";
    try {
      const { frames, distinct } = await this.editor.ask("path", question);
      if (this.wish === wish) this.fill(frames, distinct);
    } catch (error) {
      if (this.wish !== wish) return;
      this.words.textContent = "";
      this.fail(error.message);
    }
  }

  fill(frames, distinct) {
    const codes = this.kind === "codes";
    this.frames = frames;
    const name = (frame, i) => (codes ? `code ${frame.code}` : i === 0 ? "edited" : `${frame.changed.toLocaleString("en-US")} changed`);
    this.strip.replaceChildren(
      ...frames.map((frame, i) =>
        h(
          "button",
          { type: "button", class: "ed-frame", title: codes ? `Paint with code ${frame.code}` : "Show it large", onclick: () => this.take(i) },
          h("img", { src: frame.url, alt: name(frame, i), class: codes ? "ed-pixels" : "" }),
          h("span", {}, codes ? `${frame.code}` : name(frame, i)),
        ),
      ),
    );
    this.words.textContent = codes
      ? `${distinct} different codes on the straight way between two code vectors; each is the nearest code there, alone in a field of 4 × 4 tokens. Click one to paint with it.`
      : `At every step the codes nearest to the straight way between the code vectors of the two ${nounsOf(this.noun)}; the second ${this.noun} is cut to this one's shape.`;
    this.play.hidden = false;
    this.large.classList.toggle("ed-pixels", codes);
    this.show(0);
  }

  take(i) {
    this.stop();
    this.show(i);
    if (this.kind === "codes") this.editor.pick(this.frames[i].code);
  }

  show(i) {
    this.at = i;
    this.large.hidden = false;
    this.large.src = this.frames[i].url;
    this.large.alt = `Step ${i + 1} of ${this.frames.length}`;
    [...this.strip.children].forEach((button, at) => button.setAttribute("aria-pressed", String(at === i)));
  }

  toggle() {
    if (this.timer) {
      this.stop();
      return;
    }
    this.play.textContent = "Pause";
    this.tick = this.at;
    this.timer = this.repeat(() => this.show(bounce(++this.tick, this.frames.length)), FRAME_MS);
  }

  stop() {
    this.timer?.();
    this.timer = null;
    this.play.textContent = "Play";
  }
}
