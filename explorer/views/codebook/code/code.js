// @ts-check
// The page of a code: what it stands for over the whole data set, where it occurs, what stands beside it, what it
// decodes to. Figures come with `code`, what the decoder makes a moment later with `code_decoded`.

import { Component } from "../../kit/component.js";
import { contactSheet } from "../../kit/card/export.js";
import { saveCanvas } from "../../kit/wire/files.js";
import { vectorCsv } from "../../kit/wire/words.js";
import { digitsSection, section } from "../../kit/card/parts.js";
import { VectorChart } from "../../kit/card/vector.js";
import { createHistory, createPlaces } from "./charts.js";
import { codeCsv, countWords, mostUsed, parseCode, randomUsed, rankWords, usedStep } from "./model.js";
import { besideSection, decodedSection, exemplarsSection, fillDecoded, nearestSection, noDecoder, trainingSection } from "./parts.js";
import { queryOf } from "../link.js";
import { saveCsv, stemOf } from "../../kit/widgets/panel.js";
import { addStyleSheet } from "../../kit/page/component.js";
import { focusedIn, h } from "../../kit/widgets/dom.js";
import { countOf, whole } from "../../kit/wire/format.js";

const SHEETS = ["../../kit/widgets/card.css", "code.css"];
const STATES = ["live", "dead", "unseen", "duplicate", "overused"];
const ANSWERS_KEPT = 60;
const BUSY_MS = 150;
const SAID_MS = 2500;

class CodePage extends Component {
  constructor(host, bus) {
    super();
    this.host = host;
    this.bus = bus;
    this.kept = new Map();
    this.wish = null;
    this.vectors = this.part(new VectorChart(({ level, code }, theme) => bus.ask("figure", { name: "code_vector", level, theme, options: { code } })));
    this.places = createPlaces(bus);
    this.history = createHistory(bus);
    host.classList.add("dte-card", "cc-page");
    host.dataset.panel = "code";
    host.setAttribute("aria-label", "Page of a code");
    this.build();
    this.own(bus.on(["open"], () => this.kept.clear()));
    this.own(bus.on(["code", "level", "open"], () => this.follow()));
    this.own(bus.on(["lasso"], () => this.drawNavigation()));
    this.follow();
  }

  build() {
    const button = (text, label, act) => h("button", { type: "button", class: "dte-plain-button", "aria-label": label, title: label, onclick: act }, text);
    this.previous = button("‹", "Previous used code", () => this.step(-1));
    this.next = button("›", "Next used code", () => this.step(1));
    this.random = button("Random", "A used code by chance", () => this.go(randomUsed(this.counts(), this.bus.state.code, this.within())));
    this.search = h("input", {
      class: "cc-search",
      type: "text",
      inputmode: "numeric",
      "aria-label": "Number of a code",
      placeholder: "number",
      autocomplete: "off",
    });
    this.problem = h("p", { class: "cc-problem", role: "alert", hidden: true });
    this.copy = h("button", { type: "button", class: "dte-link", onclick: () => this.copyLink(), title: "Copy a link to this code" }, "Copy link");
    const form = h(
      "form",
      { class: "cc-form", onsubmit: (event) => this.submit(event) },
      this.search,
      h("button", { type: "submit", class: "dte-plain-button", title: "Open the code of this number" }, "Go"),
    );
    this.nav = h("div", { class: "cc-nav", role: "toolbar", "aria-label": "Other codes" }, this.previous, this.next, this.random, form);
    this.head = h("header", { class: "dte-card-head cc-head" });
    this.body = h("div", { class: "cc-sections" });
    this.host.replaceChildren(this.head, this.nav, this.problem, this.body);
    this.hint();
  }

  counts() {
    return this.bus.level()?.counts ?? [];
  }

  /** The lasso narrows where next, previous and random go. */
  within() {
    const { lasso } = this.bus.state;
    return lasso && lasso.size > 0 ? lasso : null;
  }

  go(code) {
    if (code !== null) this.bus.set({ code });
  }

  step(by) {
    this.go(usedStep(this.counts(), this.bus.state.code, by, this.within()));
  }

  submit(event) {
    event.preventDefault();
    const found = parseCode(this.search.value, this.counts().length);
    this.trouble(found.error ?? "");
    if (!found.error) this.go(found.code);
  }

  trouble(text) {
    this.problem.hidden = !text;
    this.problem.textContent = text;
  }

  drawNavigation() {
    const among = this.within() ? ` among the ${whole(this.within().size)} in the lasso` : "";
    const name = (element, text) => {
      element.title = text + among;
      element.setAttribute("aria-label", text + among);
    };
    name(this.previous, "Previous used code");
    name(this.next, "Next used code");
    name(this.random, "A used code by chance");
  }

  /** Show the chosen code; what was shown stays until the next is there. */
  async follow() {
    const { bus } = this;
    this.host.hidden = !bus.open;
    this.drawNavigation();
    this.trouble("");
    const { level, code } = bus.state;
    if (!bus.open || code === null) {
      this.wish = null;
      return this.hint();
    }
    const wish = `${level}/${code}`;
    if (this.wish === wish && this.opened === bus.open) return undefined;
    this.wish = wish;
    this.opened = bus.open;
    const inTime = this.after(() => this.wish === wish && this.host.setAttribute("aria-busy", "true"), BUSY_MS);
    const decoded = this.fetch("code_decoded", wish, level, code).catch((error) => error);
    try {
      const answer = await this.fetch("code", wish, level, code);
      if (this.wish === wish) this.show(answer);
    } catch (error) {
      if (!error.stale && this.wish === wish) this.trouble(error.message);
      this.wish = this.wish === wish ? null : this.wish;
    }
    inTime();
    if (this.wish === wish) this.host.removeAttribute("aria-busy");
    const made = await decoded;
    if (this.wish === wish) this.decoded(made, code);
    return undefined;
  }

  async fetch(what, wish, level, code) {
    const key = `${what}/${wish}`;
    const opened = this.bus.open;
    if (this.kept.has(key)) return this.kept.get(key);
    const answer = await this.bus.ask(what, { level, code });
    if (this.bus.open !== opened) return answer;
    this.kept.set(key, answer);
    while (this.kept.size > ANSWERS_KEPT) this.kept.delete(this.kept.keys().next().value);
    return answer;
  }

  decoded(made, code) {
    if (made instanceof Error) {
      if (!(/** @type {import("../../kit/wire/bus.js").AskError} */ (made).stale)) noDecoder(this.body, made.message);
    } else fillDecoded(this.body, made);
    this.host.dataset.decoded = String(code);
  }

  hint() {
    delete this.host.dataset.code;
    delete this.host.dataset.decoded;
    this.head.replaceChildren(h("p", { class: "dte-card-title" }, "Code"));
    const counts = this.counts();
    const most = h("button", { type: "button", class: "dte-plain-button", onclick: () => this.go(mostUsed(counts)) }, "The most used code");
    const words = h("p", { class: "cb-note" }, "Or point at a cell or a point, and click: its exemplars, its places and its neighbours open here.");
    this.body.replaceChildren(h("div", { class: "cc-first" }, most, words));
  }

  show(answer) {
    const { bus, host } = this;
    const focus = focusedIn(host)?.dataset.other;
    const vector = answer.vector ?? null;
    const digits = answer.digits ? digitsSection(answer, vector) : null;
    this.head.replaceChildren(...this.heading(answer));
    const parts = [
      exemplarsSection(answer, bus, document.baseURI),
      decodedSection(),
      this.places.show(answer, bus.open.tokenizer?.modality),
      besideSection(answer, bus),
      nearestSection(answer, bus),
      digits,
      vector && !digits ? section(`Vector, ${countOf(vector.length, "axis", "axes")}, norm ${answer.norm.toPrecision(3)}`, this.vectors.show(answer)) : null,
      trainingSection(answer, this.history.show(answer)),
      this.exports(answer, vector),
    ];
    this.body.replaceChildren(...parts.filter(Boolean));
    delete host.dataset.decoded;
    host.dataset.code = String(answer.code);
    if (focus !== undefined) host.querySelector(`[data-other="${focus}"]`)?.focus({ preventScroll: true });
  }

  heading(answer) {
    const several = this.bus.open.levels.length > 1;
    const title = several ? `Code, ${this.bus.level().name || `level ${answer.level + 1}`} of ${this.bus.open.levels.length}` : "Code";
    const state = h(
      "p",
      { class: "cc-state" },
      h("span", { class: `cb-swatch cb-swatch-${STATES[answer.state]}`, "aria-hidden": "true" }),
      h("span", {}, answer.state_words),
    );
    const facts = h("div", { class: "dte-card-facts" }, h("p", { class: "dte-card-count" }, countWords(answer)), h("p", {}, rankWords(answer)), state);
    return [
      h("div", { class: "cc-title" }, h("p", { class: "dte-card-title" }, title), this.copy),
      h("p", { class: "dte-card-number" }, String(answer.code)),
      facts,
    ];
  }

  exports(answer, vector) {
    const row = h("div", { class: "dte-exports" });
    const offer = (label, title, act) => row.append(h("button", { type: "button", class: "dte-plain-button", title, onclick: act }, label));
    offer("Facts, CSV", "All numbers of this page", () => saveCsv(this.bus, codeCsv(answer), "code", answer.code));
    if (vector) offer("Vector, CSV", "The code vector", () => saveCsv(this.bus, vectorCsv({ ...answer, vector }), "code", answer.code, "vector"));
    if (answer.exemplars.closest?.length > 0) {
      offer("Exemplars, PNG", "The exemplars side by side", () =>
        saveCanvas(contactSheet([...this.body.querySelectorAll(".cc-row img")]), `${stemOf(this.bus, "code", answer.code, "exemplars")}.png`),
      );
    }
    return row;
  }

  async copyLink() {
    const { origin, pathname, search } = window.location;
    const link = `${origin}${pathname}?${queryOf(search, this.bus.state)}`;
    try {
      await navigator.clipboard.writeText(link);
      this.copy.textContent = "Copied";
    } catch {
      window.prompt("The link to this code:", link); // a page that is not served safely may not write the clipboard
    }
    this.after(() => (this.copy.textContent = "Copy link"), SAID_MS);
  }
}

export async function mount(host, bus) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return new CodePage(host, bus);
}
