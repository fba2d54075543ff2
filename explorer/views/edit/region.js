// @ts-check
// What can be done with the chosen region.

import { WORDS } from "./history.js";
import { h } from "../kit/widgets/dom.js";
import { partNoun } from "../kit/wire/format.js";

export class RegionBar {
  constructor(editor) {
    this.editor = editor;
    const button = (text, title, word) => h("button", { type: "button", class: "dte-plain-button", title, onclick: () => this.act(word) }, text);
    this.fill = button("Fill", "Give every token of the region the chosen code", (box) => WORDS.fill(editor.choice.level, editor.code, box));
    this.levels = h("select", { class: "ed-select" });
    const chosen = () => (editor.open.same ? this.levels.value.split("-").map(Number) : [editor.choice.level]);
    const drop = button("Leave out", "Decode the region without them", (box) => WORDS.drop(chosen(), box));
    this.drop = h("span", { class: "ed-join", hidden: true }, this.levels, drop);
    this.name = h("span", { class: "ed-region-name" });
    this.common = h(
      "span",
      { class: "ed-join" },
      button("Shuffle", "Put the tokens of the region into another order", (box) => WORDS.shuffle(box, editor.history.done.length)),
      button("Zero", "Give every token of the region the code nearest to the zero vector", (box) => WORDS.zero(box)),
      button("Average", "Give every token of the region the codes nearest to the region's mean", (box) => WORDS.average(box)),
    );
    this.element = h("div", { class: "ed-row ed-region", role: "group", "aria-label": "Region", hidden: true }, this.name, this.fill, this.common, this.drop);
  }

  act(word) {
    const { region } = this.editor.choice;
    if (region) this.editor.do(word(region));
  }

  opened() {
    const count = this.editor.open.K.length;
    const { same } = this.editor.open;
    this.drop.hidden = count < 2;
    this.levels.hidden = !same;
    this.common.hidden = !same; // levels with grids of their own have no region in common
    const noun = partNoun(this.editor.open.combination);
    this.levels.setAttribute("aria-label", `${noun}s to leave out`);
    const single = Array.from({ length: count }, (_, q) => [`${q}`, `${noun} ${q + 1}`]);
    const from = (q) => [Array.from({ length: count - q }, (_, i) => q + i).join("-"), `${noun}s ${q + 1} to ${count}`];
    const rest = noun === "level" ? Array.from({ length: Math.max(count - 2, 0) }, (_, q) => from(q + 1)) : [];
    this.levels.replaceChildren(...[...rest, ...single].map(([value, text]) => h("option", { value }, text)));
  }

  follow() {
    const { tool, region } = this.editor.choice;
    this.element.hidden = tool !== "region" || !region;
    if (!region) return;
    const [top, left, height, width] = region;
    this.name.textContent = `${height} × ${width} tokens from row ${top + 1}, column ${left + 1}`;
    this.fill.textContent = `Fill with ${this.editor.code}`;
  }
}
