// @ts-check
// The codes that the lasso holds: their number and tokens, the list with the most used first, and the box by keyboard.

import { h, say } from "../../kit/widgets/dom.js";
import { countOf, percent, whole } from "../../kit/wire/format.js";
import { saveCsv } from "../../kit/widgets/panel.js";
import { summary } from "./lasso.js";
import { stateWord } from "../states.js";
import { selectionTable, selectionWords } from "./words.js";

const ROWS = 100; // of the list; the file has all
const HINT = "Draw around codes with the lasso, or hold the shift key and drag. By keyboard: choose a code with the arrow keys, then take the box around it.";

/** act: {box(factor) -> around the selected code, larger or smaller by the factor}. */
export class Selection {
  constructor(bus, act) {
    this.bus = bus;
    this.act = act;
    const button = (text, title, onclick) => h("button", { type: "button", class: "cm-button", title, onclick }, text);
    this.box = button("Box around it", "Select the codes in a square around the selected code", () => act.box(1));
    this.smaller = button("−", "Smaller box", () => act.box(1 / 1.5));
    this.larger = button("+", "Larger box", () => act.box(1.5));
    this.smaller.setAttribute("aria-label", "Smaller box");
    this.larger.setAttribute("aria-label", "Larger box");
    this.clear = button("Clear", "Let go of the selected codes", () => bus.set({ lasso: null }));
    this.csv = h("button", { type: "button", class: "dte-link", title: "The selected codes, CSV", onclick: () => this.save() }, "CSV");
    this.words = h("p", { class: "cm-selected", role: "status" });
    this.body = h("tbody", {});
    const head = h("tr", {}, ...["Code", "Tokens", "Share", "State"].map((name) => h("th", { scope: "col" }, name)));
    this.table = h("div", { class: "cm-list", tabindex: 0, role: "region", "aria-label": "Selected codes" }, h("table", {}, h("thead", {}, head), this.body));
    this.more = h("p", { class: "cb-note" });
    const tools = h("div", { class: "cm-boxes" }, this.box, this.smaller, this.larger, this.clear);
    this.element = h(
      "div",
      { class: "cm-selection" },
      h("div", { class: "cm-subhead" }, h("h4", {}, "Selected codes"), this.csv),
      tools,
      this.words,
      this.table,
      this.more,
    );
    this.body.addEventListener("pointerover", (event) => this.light(event));
    this.body.addEventListener("focusin", (event) => this.light(event));
    this.body.addEventListener("pointerleave", () => bus.hover(null));
    this.body.addEventListener("focusout", () => bus.hover(null));
    this.body.addEventListener("click", (event) => {
      const code = this.codeOf(event);
      if (code !== null) bus.set({ code });
    });
  }

  codeOf(event) {
    const row = event.target.closest("tr");
    return row ? Number(row.dataset.code) : null;
  }

  light(event) {
    const code = this.codeOf(event);
    if (code !== null) this.bus.hover(code);
  }

  save() {
    const level = this.bus.level();
    if (this.held && level) saveCsv(this.bus, selectionTable(this.held, level), "selected-codes");
  }

  /** boxable: whether there is a selected code on the map for the box. */
  show(boxable) {
    const { lasso } = this.bus.state;
    const level = this.bus.level();
    this.box.disabled = this.smaller.disabled = this.larger.disabled = !boxable;
    const none = !lasso || !level || lasso.size === 0;
    this.clear.disabled = !lasso;
    this.csv.hidden = this.table.hidden = none;
    if (lasso === this.drawn && level === this.drawnLevel) return;
    this.drawn = lasso;
    this.drawnLevel = level;
    this.held = none ? null : summary(lasso, level.counts);
    say(this.words, none ? (lasso ? "No code lies in there." : HINT) : selectionWords(this.held, level));
    const rows = none ? [] : this.held.rows.slice(0, ROWS);
    this.body.replaceChildren(...rows.map((row) => this.row(row, level)));
    say(this.more, !none && this.held.rows.length > ROWS ? `The first ${ROWS} of ${countOf(this.held.rows.length, "code")}; the CSV has all.` : "");
  }

  row({ code, count }, level) {
    const name = h("button", { type: "button", class: "cm-code", title: `Open code ${code}` }, String(code));
    return h(
      "tr",
      { "data-code": code },
      h("td", {}, name),
      h("td", {}, whole(count)),
      h("td", {}, percent(count, level.tokens)),
      h("td", {}, stateWord(level, level.state[code])),
    );
  }
}
