// @ts-check
// What comes next: how sure the model is, the most probable codes with what each decodes to alone, and the rest as one bar.
// A click writes a code.

import { Component } from "../kit/component.js";
import { h, say } from "../kit/widgets/dom.js";
import { countOf, whole } from "../kit/wire/format.js";
import { bitsText, choiceWords, marksOf, placeWords, shareText } from "./model.js";

export class NextToken extends Component {
  /** page: {facts}. on.write(code): a code was chosen. */
  constructor(page, on) {
    super();
    this.page = page;
    this.on = on;
    this.where = h("span", { class: "lg-where" });
    this.bits = h("b", { class: "lg-bits" });
    this.of = h("span", { class: "cb-note" });
    this.level = h("span", { class: "lg-level" });
    this.list = h("ol", { class: "lg-codes", "aria-label": "The most probable codes; a click writes one" });
    this.rest = h("div", { class: "lg-rest" });
    this.full = h("p", { class: "cb-note", hidden: true });
    this.head = h(
      "div",
      { class: "lg-entropy" },
      this.bits,
      h("div", { class: "lg-meter" }, h("span", { class: "lg-track", "aria-hidden": "true" }, this.level), this.of),
    );
    this.element = h(
      "section",
      { class: "lg-next", "aria-label": "What comes next", "data-panel": "next" },
      h("div", { class: "cb-head" }, h("h3", {}, "What comes next"), this.where),
      this.full,
      this.head,
      this.list,
      this.rest,
    );
  }

  /** answer: of the event "next"; its `next` is null where nothing comes. */
  show({ place, next }, full) {
    for (const part of [this.head, this.list, this.rest]) part.hidden = !next;
    this.full.hidden = Boolean(next);
    say(this.full, full);
    const { facts } = this.page;
    const last = facts.rows * facts.columns;
    say(this.where, next ? `${placeWords(place, facts)} · token ${whole(place + 1)} of ${whole(last)}` : "");
    if (!next) return;
    say(this.bits, `${bitsText(next.entropy)} bits`);
    say(this.of, `of ${bitsText(facts.most_bits)}: the entropy, ${choiceWords(next.entropy)}`);
    this.level.style.width = `${(100 * next.entropy) / facts.most_bits}%`;
    const most = Math.max(...next.codes.map(({ p, prior }) => Math.max(p, prior))); // the bar of all others may be longer: it is cut
    this.list.replaceChildren(...next.codes.map((one) => this.code(one, next, most)));
    const apart = [next.real, ...(next.taken && next.taken.code !== next.real.code ? [next.taken] : [])];
    const shown = new Set(next.codes.map(({ code }) => code));
    this.rest.replaceChildren(
      this.others(next.rest, most),
      ...apart.filter(({ code }) => !shown.has(code)).map((one) => h("div", { class: "lg-apart" }, this.code(one, next, most, "div"))),
    );
  }

  /** A row: what the code decodes to alone, its number, its share as a bar, and its surprise. */
  code(one, next, most, tag = "li") {
    const marks = marksOf(one.code, next);
    const words = `Write code ${one.code}: ${shareText(one.p)}, ${bitsText(one.bits)} bits of surprise, rank ${whole(one.rank)}${marks.length ? `; ${marks.join(", ")}` : ""}`;
    const button = h(
      "button",
      {
        type: "button",
        class: "lg-code",
        "data-code": one.code,
        "data-marked": marks.length ? "" : null,
        title: words,
        "aria-label": words,
        onclick: () => this.on.write(one.code),
      },
      h("img", { src: next.patches[one.code], alt: "", width: 26, height: 26 }),
      h("span", { class: "lg-number" }, String(one.code)),
      this.bar(one, most),
      h("span", { class: "lg-share" }, shareText(one.p)),
      h("span", { class: "lg-said" }, marks.length ? marks.join(", ") : `${bitsText(one.bits)} bits`),
    );
    return h(tag, {}, button);
  }

  bar({ p, prior }, most) {
    const cut = p > most ? "" : null;
    const title = cut === null ? null : `Cut: the whole bar would be ${(p / most).toFixed(1)} times as long`;
    const bar = h("span", { class: "lg-bar", "data-cut": cut, title }, h("i", {}), h("u", { title: "What the model says before temperature and top-k" }));
    /** @type {HTMLElement} */ (bar.firstChild).style.width = `${Math.min(100, (100 * p) / most)}%`;
    const mark = /** @type {HTMLElement} */ (bar.lastChild);
    mark.style.left = `${(100 * prior) / most}%`;
    mark.hidden = Math.abs(p - prior) < 1e-6 || prior > most;
    return bar;
  }

  others(rest, most) {
    return h(
      "div",
      { class: "lg-code lg-others" },
      h("span", { class: "lg-many", "aria-hidden": "true" }),
      h("span", { class: "lg-number" }, "others"),
      this.bar(rest, most),
      h("span", { class: "lg-share" }, shareText(rest.p)),
      h("span", { class: "lg-said" }, `${countOf(rest.codes, "code")}`),
    );
  }
}
