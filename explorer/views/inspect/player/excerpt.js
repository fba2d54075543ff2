// @ts-check
// Which seconds of a long sound are shown, and the way to others: the page goes there as by a link.

import { Component } from "../../kit/component.js";
import { currentQuery } from "../../kit/page/address.js";
import { travel } from "../../kit/page/travel.js";
import { h } from "../../kit/widgets/dom.js";

/** What player.py sends of it.
 *  @typedef {{from_s: number, to_s: number, of_s: number | null, goes_on: boolean, most_s: number}} Excerpt */

/** Samples are cut between whole seconds: where an excerpt ends may be told a sample short of one. */
const OFF_S = 1e-3;

const number = (/** @type {number} */ value) => new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 }).format(value);

/** Whole seconds at which the excerpts before and behind this one begin, null where there is none, and the last at which one
 *  may begin, null where nobody knows how long the sound is. Pure. @param {Excerpt} excerpt */
export function begins({ from_s, to_s, of_s, goes_on, most_s }) {
  const from = Math.round(from_s);
  return {
    from,
    earlier: from > 0 ? Math.max(0, Math.floor(from - most_s)) : null,
    later: goes_on ? Math.max(from + 1, Math.floor(to_s + OFF_S)) : null,
    last: of_s === null ? null : Math.max(from, Math.floor(of_s - Math.min(most_s, of_s))),
  };
}

/** "Seconds 30 to 60 of 312.4". Pure. @param {Excerpt} excerpt */
export const excerptWords = ({ from_s, to_s, of_s }) =>
  `Seconds ${number(from_s)} to ${number(to_s)}${of_s === null ? " of a longer sound" : ` of ${number(of_s)}`}`;

/** The query of a link to the excerpt from that second on; what was chosen in this one is not in it. Pure.
 *  @param {string} query @param {number} from */
export function excerptQuery(query, from) {
  const next = new URLSearchParams(query);
  for (const name of ["code", "token"]) next.delete(name);
  if (from) next.set("from", String(from));
  else next.delete("from");
  return next.toString();
}

/** The query of the way to another excerpt, null where the page is on its way there already. Pure.
 *  @param {string} shown  of a link to what is shown; "" while another link is on its way, which the address has by then
 *  @param {string} search  of the address  @param {number} from */
export function wayTo(shown, search, from) {
  const address = search.replace(/^\?/, "");
  const next = excerptQuery(shown || address, from);
  return next === address ? null : next;
}

export class ExcerptBar extends Component {
  constructor() {
    super();
    const button = (text, title, to) => h("button", { type: "button", class: "dte-link", title, onclick: () => this.go(this.begins?.[to]) }, text);
    this.earlier = button("Earlier", "Show the seconds before these", "earlier");
    this.later = button("Later", "Show the seconds that follow", "later");
    this.words = h("span", { class: "dte-excerpt-words" });
    this.slider = h("input", {
      type: "range",
      min: 0,
      step: 1,
      "aria-label": "Second at which the excerpt begins",
      oninput: () => (this.words.textContent = `From second ${number(Number(this.slider.value))}`),
      onchange: () => this.go(Number(this.slider.value)),
    });
    const about = h("span", {}, "Times below count from the beginning of this excerpt.");
    this.element = h("div", { class: "dte-player-tools dte-excerpt", hidden: true }, this.words, this.earlier, this.later, this.slider, about);
  }

  /** @param {Excerpt | null} excerpt */
  show(excerpt) {
    this.element.hidden = !excerpt;
    if (!excerpt) return;
    this.begins = begins(excerpt);
    const { from, earlier, later, last } = this.begins;
    this.words.textContent = excerptWords(excerpt);
    this.earlier.disabled = earlier === null;
    this.later.disabled = later === null;
    this.slider.hidden = last === null;
    this.slider.max = String(last ?? from);
    this.slider.value = String(from);
  }

  /** @param {number | null | undefined} from */
  go(from) {
    if (from === null || from === undefined || from === this.begins.from) return;
    const { search } = window.location;
    const way = wayTo(currentQuery(search), search, from);
    if (way !== null) travel.go(way);
  }
}
