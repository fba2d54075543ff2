// @ts-check
// The map of quantizers (where the codes come from, how they are chosen), what our runs say of the one that is chosen, the
// survey's table of collapse beside those runs, and every method with where it is seen and the test that holds it.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { h } from "../kit/widgets/dom.js";
import { addressWriter } from "../kit/wire/bus.js";
import { saveText } from "../kit/wire/files.js";
import { csv } from "../kit/wire/format.js";
import { rootOf } from "./route.js";

const SHEETS = ["../kit/widgets/panels.css", "../kit/widgets/base.css", "./methods.css"];
const CODEBOOKS = [
  ["explicit", "Explicit codebook: learned vectors"],
  ["implicit", "Codebook-free: a rule"],
];
const ASSIGNMENTS = [
  ["hard", "Hard: one code, the gradient is a stand-in"],
  ["soft", "Soft: a mixture of codes passes the gradient"],
];
const READ_AS = {
  paper: "paper",
  quoted: "paper, quoted",
  code: "authors' code",
  survey: "survey",
  common: "common formula",
  own: "ours",
  none: "no formula",
};
const whole = (number) => number.toLocaleString("en-US");
const range = ([low, high], text) => (text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`);

/** "49 to 64 of 256 codes used by 5,120 tokens, 17.9 to 18.1 dB at 8 bits a token". Pure. */
export function evidenceWords({ used, codes, tokens, psnr_db: psnr, bits }) {
  return `${range(used, whole)} of ${whole(codes)} codes used by ${whole(tokens)} tokens, ${range(psnr, (one) => one.toFixed(1))} dB at ${bits} bits a token`;
}

/** The methods that have a place on the map, by codebook and assignment. Pure. */
export function placed(groups, codebook, assignment) {
  return groups.flatMap(({ methods }) => methods).filter((one) => one.codebook === codebook && one.assignment === assignment);
}

/** What stands in the table of an equation: how it was read, its source, where, and what differs. Pure. */
export function equationCells(equation) {
  return [READ_AS[equation.reading], equation.source, equation.at, equation.differs];
}

/** Every row as a file. Pure. */
export function methodsCsv(groups) {
  const rows = groups.flatMap(({ title, methods }) =>
    methods.map((one) => [
      title,
      one.name,
      one.words,
      one.codebook,
      one.assignment,
      one.seen.map(({ link }) => link).join(" "),
      ...equationCells(one.equation),
      one.test,
    ]),
  );
  const equation = ["equation read in", "equation", "read at", "differs here"];
  return csv(["group", "method", "what it is", "codebook", "assignment", "seen at", ...equation, "test"], rows);
}

/** The query of an address with this method chosen. Pure. */
export function withMethod(search, id) {
  const query = new URLSearchParams(search);
  query.set("method", id);
  return query.toString();
}

class MethodsPage extends Component {
  constructor(root, opening) {
    super();
    this.root = root;
    this.opening = opening;
    root.classList.add("dte-learn", "le-methods");
    this.chosen = h("div", { class: "me-chosen", role: "status" });
    this.chips = new Map();
    this.named = "";
    this.writeSoon = addressWriter((search) => withMethod(search, this.named));
    this.own(() => this.writeSoon.cancel());
    root.replaceChildren(
      h("h2", {}, "Methods"),
      h(
        "p",
        { class: "me-lead" },
        "Two questions place every quantizer: where do its codes come from, and how is one chosen while it learns? Choose a method.",
      ),
      h("div", { class: "me-sides" }, this.map(), this.chosen),
      this.claims(),
      this.table(),
    );
    this.listen(window, "popstate", () => this.follow());
    this.follow();
  }

  /** Show or hide, and what is chosen, as the address says. */
  follow() {
    const query = new URLSearchParams(window.location.search);
    const shown = query.get("show") === "methods";
    document.documentElement.classList.toggle("le-shows-methods", shown);
    this.root.hidden = !shown;
    this.root.dataset.shown = String(shown);
    this.choose(query.get("method") ?? "", false);
  }

  map() {
    const cell = (codebook, assignment) =>
      h(
        "div",
        { class: "me-cell", "data-cell": `${codebook}-${assignment}` },
        ...placed(this.opening.groups, codebook, assignment).map((one) => this.chip(one)),
      );
    return h(
      "div",
      { class: "me-map", role: "group", "aria-label": "Map of quantizers" },
      h("span", {}),
      ...CODEBOOKS.map(([, words]) => h("b", { class: "me-column" }, words)),
      ...ASSIGNMENTS.flatMap(([assignment, words]) => [h("b", { class: "me-row" }, words), ...CODEBOOKS.map(([codebook]) => cell(codebook, assignment))]),
    );
  }

  chip(method) {
    const button = h("button", { type: "button", class: "dte-plain-button", onclick: () => this.choose(method.id) }, method.name);
    button.dataset.method = method.id;
    this.chips.set(method.id, button);
    return button;
  }

  choose(id, write = true) {
    const method = this.opening.groups.flatMap(({ methods }) => methods).find((one) => one.id === id && this.chips.has(id));
    this.root.dataset.chosen = method?.id ?? "";
    for (const [name, chip] of this.chips) chip.setAttribute("aria-pressed", String(name === method?.id));
    if (write) {
      this.named = id;
      this.writeSoon();
    }
    const stray = id && !method ? `The link asks for a method ${JSON.stringify(id.slice(0, 40))}, which is not on this map. ` : "";
    if (!method) return this.chosen.replaceChildren(h("p", { class: "me-quiet" }, stray, "What a method is, what it did in our runs, and where to see it."));
    const found = method.conditions.map((name) => this.opening.evidence[name]).filter(Boolean);
    return this.chosen.replaceChildren(
      h("h3", {}, method.name),
      h("p", {}, method.words),
      ...found.map((one) => h("p", { class: "me-found" }, h("b", {}, `${one.title}: `), `${evidenceWords(one)}.`)),
      found.length
        ? h("small", {}, this.opening.source)
        : h("p", { class: "me-quiet" }, "It was not among the runs of the shared experiment: see it at work below."),
      h("p", {}, ...this.links(method)),
    );
  }

  links({ seen }) {
    const root = rootOf(window.location.pathname, "learn");
    return seen.flatMap(({ label, link }, i) => [i ? " · " : "", h("a", { href: `${root}${link}` }, label)]);
  }

  /** The survey's table, with our own runs beside each line. */
  claims() {
    const { claims, evidence } = this.opening;
    const ours = ({ conditions }) => conditions.map((name) => evidence[name]).filter(Boolean);
    const row = (one) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, one.method),
        h("td", {}, one.mitigates),
        h(
          "td",
          {},
          ...(ours(one).length
            ? ours(one).map((found) => h("p", {}, h("b", {}, `${found.title}: `), `${evidenceWords(found)}.`))
            : [one.conditions.length ? "Not among the runs." : "Nothing is trained: anchors and relations are counted."]),
        ),
      );
    return h(
      "section",
      { class: "me-claims" },
      h("h3", {}, "Does it keep the codebook from collapsing?"),
      h(
        "p",
        { class: "me-lead" },
        "Middle: what Table 1 of Li et al. 2025 (arXiv 2507.22920) says. Right: what our own short runs show. A rule for codes keeps them from dying; it does not make an encoder use them all.",
      ),
      h(
        "div",
        { class: "me-scroll", tabindex: 0, role: "region", "aria-label": "Collapse by method" },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, ...["Method", "Survey: mitigates collapse", "Ours, 200 steps"].map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, ...claims.map(row)),
        ),
      ),
    );
  }

  equation({ equation }) {
    const [read, source, at, differs] = equationCells(equation);
    return h(
      "td",
      { class: "me-equation" },
      h("b", {}, read),
      ` ${source}`,
      ...[at && `Read at: ${at}.`, differs && `Here: ${differs}`].filter(Boolean).map((text) => h("small", {}, text)),
    );
  }

  table() {
    const { groups } = this.opening;
    const row = (one) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, one.name),
        h("td", {}, one.words),
        h("td", {}, ...this.links(one)),
        this.equation(one),
        h("td", { class: "me-test" }, one.test),
      );
    const titles = ["Method", "What it is", "Seen at", "Equation", "Held by the test"];
    const head = h("thead", {}, h("tr", {}, ...titles.map((text) => h("th", { scope: "col" }, text))));
    const body = ({ title, methods }) =>
      h(
        "tbody",
        {},
        h("tr", { class: "me-group" }, h("th", { scope: "rowgroup", colspan: titles.length }, `${title}, ${methods.length}`)),
        ...methods.map(row),
      );
    const count = groups.reduce((sum, { methods }) => sum + methods.length, 0);
    return h(
      "section",
      { class: "me-all" },
      h("h3", {}, `Every method, ${count}`),
      h(
        "p",
        { class: "me-lead" },
        "Equations say what they were read in. ",
        ...Object.entries(this.opening.readings).flatMap(([reading, words]) => [h("b", {}, READ_AS[reading]), `: ${words} `]),
      ),
      h(
        "p",
        { class: "dte-exports" },
        h("button", { type: "button", class: "dte-link", onclick: () => saveText(methodsCsv(groups), "methods.csv") }, "Table, .csv"),
      ),
      h("div", { class: "me-scroll", tabindex: 0, role: "region", "aria-label": "Every method" }, h("table", {}, head, ...groups.map(body))),
    );
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => new MethodsPage(view.element, opening));
}
