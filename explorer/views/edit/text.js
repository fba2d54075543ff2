// @ts-check
// The tokens as text: written in the chosen form, copied, and pasted back.

import { h } from "../kit/widgets/dom.js";
import { capital, partNoun } from "../kit/wire/format.js";

const ORDERS = [
  ["raster", "row by row"],
  ["column", "column by column"],
  ["hilbert", "along a Hilbert curve"],
  ["multiscale", "from coarse to fine"],
];
const AROUND = 28; // characters shown on each side of what is wrong

/** What was typed in the form's fields -> {form} or {error}. Pure. */
export function formOf({ style, order, by, offset, tag, separate }) {
  const number = offset.trim() === "" ? "0" : offset.trim();
  if (!/^\d{1,13}$/.test(number)) return { error: "The offset is a whole number of 0 or more." };
  if (style === "tags" && !/^[A-Za-z][A-Za-z0-9_-]{0,30}$/.test(tag)) return { error: "A tag begins with a letter, then letters, digits, - and _." };
  return { form: { style, order, by, offset: Number(number), tag: style === "tags" ? tag : "img", separate_levels: separate } };
}

/** The characters at fault with some before and after: {before, wrong, after}. Pure. */
export function excerpt(text, start, end) {
  const stop = Math.max(end, start);
  const from = Math.max(0, start - AROUND);
  const cut = Math.min(stop, start + 2 * AROUND);
  return {
    before: (from > 0 ? "…" : "") + text.slice(from, start),
    wrong: text.slice(start, cut) + (cut < stop ? "…" : "") || "␣",
    after: text.slice(stop, stop + AROUND) + (stop + AROUND < text.length ? "…" : ""),
  };
}

export class TextPanel {
  constructor(editor) {
    this.editor = editor;
    this.typed = false;
    const changed = () => this.form();
    const select = (options) => h("select", { class: "ed-select", onchange: changed }, ...options.map(([value, text]) => h("option", { value }, text)));
    const field = (text, element) => h("label", { class: "ed-field" }, h("span", {}, text), element);
    this.style = select([
      ["numbers", "numbers"],
      ["tags", "tags, such as <img_123>"],
    ]);
    this.order = select(ORDERS);
    this.by = select([
      ["level", ""],
      ["position", "position by position"],
    ]); // the words that name levels or groups: `opened`
    this.offset = h("input", { class: "ed-input", inputmode: "numeric", value: "0", size: 8, oninput: changed });
    this.tag = h("input", { class: "ed-input", value: "img", size: 8, maxlength: 31, spellcheck: "false", oninput: changed });
    this.separate = h("input", { type: "checkbox", onchange: changed });
    this.tagField = field("Tag", this.tag);
    this.byField = field("", this.by);
    this.separateField = h("label", { class: "dte-toggle" }, this.separate, h("span", {}));
    this.area = h("textarea", { class: "ed-text", rows: 7, spellcheck: "false", "aria-label": "Tokens as text", oninput: () => this.type() });
    const button = (text, title, act) => h("button", { type: "button", class: "dte-plain-button", title, onclick: act }, text);
    this.present = button("Show present tokens", "Put the text of the edited tokens in place of what is typed", () => this.write());
    this.apply = button("Use this text", "Make these the tokens of the picture, as one edit", () => this.paste());
    this.said = h("p", { class: "ed-said", role: "status" });
    this.wrong = h("p", { class: "ed-wrong", role: "alert", hidden: true });
    this.element = h(
      "details",
      { class: "ed-more", "data-part": "text", ontoggle: () => this.follow() },
      h("summary", {}, "Tokens as text"),
      h(
        "div",
        { class: "ed-row" },
        field("As", this.style),
        field("Order", this.order),
        this.byField,
        field("Offset", this.offset),
        this.tagField,
        this.separateField,
      ),
      this.area,
      this.wrong,
      h(
        "div",
        { class: "ed-row" },
        button("Copy", "Copy the text", () => this.copy()),
        this.apply,
        this.present,
        this.said,
      ),
    );
  }

  opened() {
    const several = this.editor.open.K.length > 1;
    this.name(partNoun(this.editor.open.combination));
    this.byField.hidden = this.separateField.hidden = !several;
    if (!several) this.separate.checked = false;
    this.form(false);
  }

  /** noun: "level" or "group". */
  name(noun) {
    this.by.firstChild.textContent = `${noun} by ${noun}`;
    this.byField.firstChild.textContent = `${capital(noun)}s`;
    this.separateField.title = `${capital(noun)} 2 counts on from where ${noun} 1 ends, as in the vocabulary of a language model`;
    this.separateField.lastChild.textContent = `own numbers for each ${noun}`;
  }

  /** The present tokens are written as long as nothing was typed. */
  follow() {
    if (this.element.open && this.editor.open && !this.typed) this.write();
  }

  values() {
    const [style, order, by] = [this.style.value, this.order.value, this.by.value];
    return formOf({ style, order, by, offset: this.offset.value, tag: this.tag.value, separate: this.separate.checked });
  }

  form(write = true) {
    this.tagField.hidden = this.style.value !== "tags";
    const { error } = this.values();
    this.fail(error ?? "");
    if (!error && write) this.follow();
  }

  type() {
    this.typed = true;
    this.fail("");
    this.said.textContent = "Typed by hand; nothing replaces it until you say so.";
  }

  fail(message, at = null) {
    this.wrong.hidden = !message;
    this.wrong.replaceChildren(message);
    if (!at) return;
    const { before, wrong, after } = excerpt(this.area.value, ...at);
    this.wrong.append(h("code", {}, before, h("mark", {}, wrong), after));
    this.area.focus();
    this.area.setSelectionRange(...at);
  }

  async write() {
    const { form, error } = this.values();
    if (error) return this.fail(error);
    const wish = (this.writing = {});
    try {
      const { text } = await this.editor.ask("text", { edits: this.editor.text, form });
      if (this.writing !== wish) return undefined;
      this.area.value = text;
      this.typed = false;
      this.fail("");
      this.said.textContent = `${text.length.toLocaleString("en-US")} characters of the present tokens.`;
    } catch (problem) {
      if (this.writing === wish) this.fail(problem.message);
    }
    return undefined;
  }

  async paste() {
    const { form, error } = this.values();
    if (error) return this.fail(error);
    const text = this.area.value;
    try {
      const { words, changed } = await this.editor.ask("paste", { edits: this.editor.text, form, text });
      this.typed = false;
      this.fail("");
      if (words) this.editor.do(words);
      this.said.textContent = words ? `${changed.toLocaleString("en-US")} indices changed, as one edit.` : "These are the present tokens; nothing to change.";
    } catch (problem) {
      this.fail(problem.message, problem.start === undefined ? null : [problem.start, problem.end]);
    }
    return undefined;
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.area.value);
      this.said.textContent = "Copied.";
    } catch {
      this.area.select();
      this.said.textContent = "The browser does not let the page copy: the text is selected, press Ctrl+C.";
    }
  }
}
