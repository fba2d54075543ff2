// @ts-check
// The card that the address names, and a shelf of links to all of them. Of the page of chapters only the shelf is shown
// where none is named.

import { Component } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { travel } from "../kit/page/travel.js";
import { h } from "../kit/widgets/dom.js";
import { TeachingCard } from "./cards/card.js";
import { CARDS, cardOf, strayWords } from "./cards/registry.js";
import { writeState } from "./cards/state.js";

const SHEETS = ["../kit/widgets/base.css", "./cards/card.css"];

class Play extends Component {
  constructor(root) {
    super();
    this.root = root;
    this.card = null;
    root.classList.add("le-play");
    this.place = h("div", {});
    this.shelf = h("nav", { class: "le-shelf", "aria-label": "Cards to play with" });
    root.replaceChildren(this.place, this.shelf);
    this.own(travel.register({ now: (search) => this.now(search), take: () => this.open() }));
    this.own(travel.onBack(() => this.mark()));
    this.open();
  }

  /** The query of what is shown. */
  now(search) {
    const query = new URLSearchParams(this.card ? writeState(this.card.spec.first, this.card.state, search) : search);
    if (this.card) query.set("card", this.card.name);
    else query.delete("card");
    return query.toString();
  }

  mark() {
    this.root.classList.toggle("is-guided", new URLSearchParams(window.location.search).has("learn"));
  }

  /** Show what the address asks for, in place of what was there. */
  async open() {
    const { search } = window.location;
    const name = cardOf(search);
    this.fill(name);
    this.mark();
    const module = name ? await CARDS[name].load() : null;
    if (this.disposed || cardOf(window.location.search) !== name) return;
    this.card?.destroy();
    this.card = null;
    this.place.replaceChildren();
    if (module) this.card = this.part(new TeachingCard(this.place, name, CARDS[name], module.SPEC));
  }

  fill(name) {
    const here = window.location.pathname; // a query alone would be taken from the base of the document, the first page
    const link = ([id, { title, does }]) =>
      h("a", { href: `${here}?card=${id}`, "aria-current": id === name ? "page" : null }, h("b", {}, title), name ? null : h("span", {}, does));
    this.root.classList.toggle("has-card", name !== null);
    const stray = strayWords(window.location.search).map((words) => h("p", { class: "le-stray", role: "status" }, words));
    if (stray.length > 0) this.nextFrame(() => this.shelf.scrollIntoView({ block: "start" }));
    this.shelf.replaceChildren(
      ...stray,
      h("h2", {}, name ? "Other cards" : "Cards to play with"),
      h("div", {}, ...Object.entries(CARDS).map(link)),
      ...(name ? [h("a", { class: "le-all", href: here }, "All chapters")] : []),
    );
  }
}

export async function mount({ element }) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return new Play(element);
}
