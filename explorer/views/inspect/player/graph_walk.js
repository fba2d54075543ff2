// @ts-check
// Other anchors for the graph on screen: those that a walker visits most that begins again at chosen nodes (personalized
// PageRank). They are tried beside those of the tokenizer, whose tokens stay as they are.

import { Component } from "../../kit/component.js";
import { h, say } from "../../kit/widgets/dom.js";

const PAUSE_MS = 200;
const [LEAST, MOST, USUAL] = [0.05, 0.95, 0.85];

/** ask(request) -> {nodes, words}. show(nodes or null): anchors to draw instead. chosen() -> the node that is chosen, or null. */
export class AnchorWalk extends Component {
  constructor({ ask, show, chosen, nameOf }) {
    super();
    this.ask = ask;
    this.show = show;
    this.chosen = chosen;
    this.nameOf = nameOf;
    this.starts = [];
    this.damping = USUAL;
    this.on = false;
    const button = (text, title, act) => h("button", { type: "button", class: "dte-plain-button", title, onclick: act }, text);
    this.try = button("Try it", "Draw the anchors that this walk would choose", () => this.turn(!this.on));
    this.add = button("Begin at the chosen node", "The walker begins again at this node, too", () => this.begin());
    this.chips = h("span", { class: "dte-graph-starts", role: "group", "aria-label": "Nodes at which the walk begins again" });
    this.range = h("input", { type: "range", min: LEAST, max: MOST, step: 0.05, value: USUAL, "aria-label": "Damping", oninput: () => this.damp() });
    this.number = h("span", {}, USUAL.toFixed(2));
    const damping = h(
      "label",
      { class: "dte-slider", title: "The chance of walking on instead of beginning again" },
      h("span", {}, "Damping"),
      this.range,
      this.number,
    );
    this.words = h("p", { class: "dte-player-caption", role: "status" });
    this.element = h(
      "details",
      { class: "dte-graph-walk" },
      h("summary", {}, "Other anchors: personalized PageRank"),
      h("div", { class: "dte-player-tools" }, this.add, this.chips, damping, this.try),
      this.words,
    );
    this.draw();
  }

  /** Another graph. */
  forget() {
    this.starts = [];
    this.turn(false);
  }

  begin() {
    const node = this.chosen();
    if (node === null || this.starts.includes(node)) return;
    this.starts = [...this.starts, node];
    this.turn(true);
  }

  leave(node) {
    this.starts = this.starts.filter((one) => one !== node);
    this.turn(this.on);
  }

  damp() {
    this.damping = Number(this.range.value);
    say(this.number, this.damping.toFixed(2));
    if (this.on) this.turn(true);
  }

  turn(on) {
    this.on = on;
    this.pause?.();
    this.draw();
    if (on) this.pause = this.after(() => this.fetch(), PAUSE_MS);
    else this.show(null);
  }

  draw() {
    say(this.try, this.on ? "Back to the tokenizer's own" : "Try it");
    const chip = (node) => h("button", { type: "button", class: "dte-link", title: "Take it out", onclick: () => this.leave(node) }, `${this.nameOf(node)} ×`);
    this.chips.replaceChildren(...(this.starts.length ? this.starts.map(chip) : ["begins again anywhere"]));
    if (!this.on) say(this.words, "Nodes that a walk comes by most often become anchors. Choose where it begins again, and how far it walks.");
  }

  async fetch() {
    const { starts, damping } = this;
    try {
      const { nodes, words } = await this.ask({ starts, damping });
      if (this.disposed || !this.on || starts !== this.starts || damping !== this.damping) return;
      this.show(nodes);
      say(this.words, words);
    } catch (error) {
      if (!error.stale && !this.disposed) say(this.words, error.message);
    }
  }
}
