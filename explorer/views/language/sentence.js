// @ts-check
// The same text as the model reads it: one number after another, row by row; a click looks at a place.

import { Component } from "../kit/component.js";
import { h } from "../kit/widgets/dom.js";
import { lengthOf, placeOf, textRead } from "./model.js";

export class Sentence extends Component {
  /** page: {facts, bus, read()}. on.look(place). */
  constructor(page, on) {
    super();
    this.page = page;
    const { rows, columns } = page.facts;
    this.words = Array.from({ length: rows * columns }, (_, place) => h("span", { "data-place": place }));
    this.list = h(
      "div",
      { class: "lg-sentence", tabindex: 0, role: "region", "aria-label": "The tokens as numbers, in the order in which they are read" },
      ...this.words.flatMap((word) => [word, " "]),
    );
    this.listen(this.list, "click", ({ target }) => target.dataset?.place && on.look(Number(target.dataset.place)));
    this.element = h(
      "section",
      { class: "lg-line", "aria-label": "The text", "data-panel": "sentence" },
      h("div", { class: "cb-head" }, h("h3", {}, "The same as numbers"), h("span", { class: "cb-note" }, "read from left to right, row by row")),
      this.list,
    );
  }

  draw() {
    const { bus, facts, read } = this.page;
    const known = read();
    if (!known) return;
    const text = textRead(bus.state, facts);
    const first = text.given * facts.columns;
    const length = lengthOf(text, facts);
    const at = placeOf(bus.state, facts);
    this.words.forEach((word, place) => {
      const token = place < first ? known.tokens[place] : text.written[place - first];
      const kind = place === at ? "at" : place < first ? "given" : place < length ? "written" : "empty";
      const said = place < length ? String(token) : place === at ? "?" : "·";
      if (word.textContent !== said) word.textContent = said;
      if (word.dataset.kind !== kind) word.dataset.kind = kind;
    });
    this.follow(this.words[Math.min(at, this.words.length - 1)]);
  }

  /** Keep the place in sight within the list, without moving the page. */
  follow(word) {
    const [top, bottom] = [word.offsetTop - this.list.offsetTop, word.offsetTop - this.list.offsetTop + word.offsetHeight];
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop || bottom > scrollTop + clientHeight) this.list.scrollTop = Math.max(0, bottom - clientHeight / 2);
  }
}
