// @ts-check
// The near-duplicates: pairs of codes, the closest first. Pointing lights one of them in every panel, a click opens it.

import { significant } from "../../kit/wire/words.js";
import { h, say } from "../../kit/widgets/dom.js";
import { whole } from "../../kit/wire/format.js";
import { saveCsv } from "../../kit/widgets/panel.js";
import { duplicateTable } from "./model.js";

export class DuplicateList {
  constructor(bus) {
    this.bus = bus;
    this.pairs = [];
    this.words = h("p", { class: "dte-words cg-words" });
    this.body = h("tbody", {});
    const head = h("tr", {}, ...["Codes", "Distance", "Tokens of each"].map((name) => h("th", { scope: "col" }, name)));
    this.scroll = h(
      "div",
      { class: "cg-scroll cg-pairs", tabindex: 0, role: "region", "aria-label": "Near-duplicate codes" },
      h("table", {}, h("thead", {}, head), this.body),
    );
    this.all = h("button", { type: "button", class: "dte-link", onclick: () => bus.set({ lasso: new Set(this.pairs.flat()) }) }, "Select them on the map");
    this.csv = h(
      "button",
      {
        type: "button",
        class: "dte-link",
        title: "Near-duplicates, CSV",
        onclick: () => saveCsv(bus, duplicateTable(this.pairs), "geometry", "near-duplicates"),
      },
      "CSV",
    );
    this.element = h(
      "section",
      { class: "cg-figure cg-duplicates", "data-figure": "duplicates", "aria-label": "Near-duplicates" },
      h("div", { class: "dte-apart cg-head" }, h("h4", {}, "Near-duplicates"), h("div", { class: "cb-exports" }, this.all, this.csv)),
      this.words,
      this.scroll,
    );
    const point = (event) => {
      const code = event.target.closest?.("[data-code]")?.dataset.code;
      if (code !== undefined) bus.hover(Number(code));
    };
    for (const name of ["pointerover", "focusin"]) this.body.addEventListener(name, point);
    for (const name of ["pointerleave", "focusout"]) this.body.addEventListener(name, () => bus.hover(null));
    this.body.addEventListener("click", (event) => {
      const code = event.target.closest("[data-code]")?.dataset.code;
      if (code !== undefined) bus.set({ code: Number(code) });
    });
  }

  show(data) {
    this.pairs = data.duplicates;
    say(this.words, `${whole(data.duplicates_total)} ${data.duplicates_total === 1 ? "pair" : "pairs"}. ${data.duplicate_words}`);
    this.scroll.hidden = this.all.hidden = this.csv.hidden = this.pairs.length === 0;
    this.body.replaceChildren(...this.pairs.map((pair) => this.row(pair)));
    this.light();
  }

  row([a, b, distance, tokensA, tokensB]) {
    const code = (number) => h("button", { type: "button", class: "cg-code", "data-code": number, title: `Open code ${number}` }, String(number));
    return h("tr", {}, h("td", {}, code(a), " and ", code(b)), h("td", {}, significant(distance)), h("td", {}, `${whole(tokensA)} · ${whole(tokensB)}`));
  }

  light() {
    const lit = this.bus.state.hover ?? this.bus.state.code;
    for (const button of this.body.querySelectorAll(".cg-code")) button.classList.toggle("cg-lit", Number(button.dataset.code) === lit);
  }
}
