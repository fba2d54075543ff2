// @ts-check
// Two audits side by side: figures of both, what the diagnosis says of each, and the codes that make the difference.

import { prefixOf } from "./diagnosis.js";
import { number } from "./growth/model.js";
import { furnish, note, saveCsv } from "../kit/widgets/panel.js";
import { h } from "../kit/widgets/dom.js";
import { csv, percent, whole } from "../kit/wire/format.js";

/** @type {[string, (figures: any) => string, string][]} */
const ROWS = [
  ["Tokens counted", (f) => whole(f.tokens), ""],
  ["Used codes", (f) => `${whole(f.used)} of ${whole(f.codebook_size)}`, ""],
  ["Of the ceiling min(K, N)", (f) => percent(f.used, f.ceiling), ""],
  ["Codes without a token", (f) => `${whole(f.none)} of ${whole(f.codebook_size)}`, ""],
  ["Perplexity", (f) => `${number(f.perplexity)} of at most ${whole(f.ceiling)}`, ""],
  ["Entropy", (f) => `${f.entropy_bits.toFixed(2)} bits a token`, ""],
  ["Gini", (f) => f.gini.toFixed(2), "0 even, 1 one code"],
];

/** Rows of the table of figures: [[name, first, second]]. Pure. */
export function besideRows({ figures }) {
  return ROWS.map(([name, text, unit]) => [unit ? `${name} (${unit})` : name, text(figures[0]), text(figures[1])]);
}

/** "1.25%", with as many digits as tell small shares apart. Pure. */
export const shareText = (share) => (share === 0 ? "none" : `${(100 * share).toPrecision(3)}%`);

/** Rows of the changed codes: [[code, first, second, part of the difference]]. Pure. */
export function changedRows({ codes, shares, bits, js_bits: all }) {
  return codes.map((code, i) => [code, shareText(shares[i][0]), shareText(shares[i][1]), percent(bits[i], Math.max(all, 1e-12))]);
}

export const besideCsv = ({ codes, shares, bits }) =>
  csv(
    ["code", "share_first", "share_second", "js_bits"],
    codes.map((code, i) => [code, ...shares[i], bits[i]]),
  );

/** A finding in a line, with the words of the diagnosis: ["Broken: ", "Every token is code 3 (certain)"]. Pure. */
export const verdictOf = (finding) => [prefixOf(finding), `${finding.title} (${finding.sure})`];

export function mount(host, bus) {
  let answer = null;
  const save = () => answer && saveCsv(bus, besideCsv(answer), "beside");
  const words = h("p", { class: "cb-beside-words" });
  const heads = [h("th", { scope: "col" }), h("th", { scope: "col" })];
  const figures = h("tbody", {});
  const table = h("table", { class: "cb-beside" }, h("thead", {}, h("tr", {}, h("td", {}), ...heads)), figures);
  const verdicts = h("div", { class: "cb-beside-verdicts" });
  const codes = h("tbody", {});
  const columns = ["Code", "Share of the first", "Share of the second", "Of the difference"].map((text) => h("th", { scope: "col" }, text));
  const changed = h("table", { class: "cb-beside" }, h("thead", {}, h("tr", {}, ...columns)), codes);
  const scroll = (/** @type {HTMLElement} */ of, label) => h("div", { class: "dte-lp-scroll", tabindex: 0, role: "region", "aria-label": label }, of);
  const { status } = furnish(
    host,
    "beside",
    "Two audits side by side",
    { exports: [["CSV", "Shares of the codes that differ most, CSV", save]] },
    words,
    h(
      "div",
      { class: "cb-beside-parts" },
      h("div", {}, scroll(table, "Figures of both audits"), verdicts),
      h("div", {}, h("h4", {}, "Codes that make the difference"), scroll(changed, "Codes that differ most")),
    ),
  );
  const draw = () => {
    const { titles, amounts, findings } = answer;
    words.textContent = answer.words;
    heads.forEach((head, i) => head.replaceChildren(h("b", {}, titles[i]), h("span", { class: "cb-note" }, ` ${amounts[i]}`)));
    figures.replaceChildren(
      ...besideRows(answer).map(([name, ...cells]) => h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((cell) => h("td", {}, cell)))),
    );
    verdicts.replaceChildren(
      ...findings.map((list, i) =>
        h("div", {}, h("b", {}, titles[i]), h("ul", {}, ...list.map(verdictOf).map(([level, words]) => h("li", {}, h("b", {}, level), words)))),
      ),
    );
    const rows = changedRows(answer);
    codes.replaceChildren(
      ...rows.map(([code, ...cells]) =>
        h(
          "tr",
          {},
          h(
            "td",
            {},
            h(
              "button",
              {
                type: "button",
                class: "dte-link",
                onclick: () => bus.set({ code }),
                onpointerenter: () => bus.hover(code),
                onpointerleave: () => bus.hover(null),
              },
              `code ${code}`,
            ),
          ),
          ...cells.map((cell) => h("td", {}, cell)),
        ),
      ),
    );
  };
  const ask = async () => {
    const { beside, level } = bus.state;
    host.hidden = !beside || !bus.open;
    if (host.hidden) return;
    note(status, "Comparing…");
    try {
      const got = await bus.ask("beside", { beside, level });
      if (bus.state.beside !== beside || bus.state.level !== level) return;
      answer = got;
      draw();
      note(status, "");
    } catch (error) {
      if (!error.stale) note(status, error.message, "problem");
    }
  };
  bus.on(["open", "level", "beside"], ask);
  ask();
}
