// @ts-check
// The diagnosis in words: what the measures say, how sure that is, what to try, where it is known from, and the figure.

import { furnish, reveal, saveCsv } from "../kit/widgets/panel.js";
import { h } from "../kit/widgets/dom.js";
import { LEVELS, levelOf, prefixOf } from "../kit/wire/findings.js";
import { csv } from "../kit/wire/format.js";

export { levelOf, prefixOf };

const SURE = {
  certain: "Certain: it follows from what was measured (counts, vectors, encoding or decoding again), or from an estimate with a wide margin.",
  likely: "Likely: measured, and usually this cause.",
  possible: "Possible: one of several causes that look alike, or not known yet.",
};
const FIGURES = {
  facts: "the usage",
  heatmap: "the heatmap",
  map: "the map",
  geometry: "the geometry",
  growth: "the growth of usage",
  batches: "usage picture by picture",
  halves: "the two halves",
  code: "the page of the code",
};

export const sureWords = (finding) => SURE[finding.sure] ?? "";

/** Of this level or of all, worst first; among equals in the order in which they came. Pure. */
export function findingsOf(diagnosis, level) {
  const here = diagnosis.filter((finding) => finding.codebook_level === null || finding.codebook_level === undefined || finding.codebook_level === level);
  return here.sort((a, b) => levelOf(a).rank - levelOf(b).rank);
}

/** Other levels with something that is not good: [{level, word}], "broken" or "watch out". Pure. */
export function elsewhere(diagnosis, level) {
  const worst = new Map();
  for (const finding of diagnosis) {
    const at = finding.codebook_level;
    const { rank } = levelOf(finding);
    if (at === null || at === undefined || at === level || rank > 1) continue;
    worst.set(at, Math.min(worst.get(at) ?? rank, rank));
  }
  const words = [LEVELS.bad, LEVELS.warning].map(({ word }) => word.toLowerCase());
  return [...worst].sort((a, b) => a[0] - b[0]).map(([at, rank]) => ({ level: at, word: words[rank] }));
}

/** Every finding as a row. Pure. */
export function diagnosisCsv(diagnosis) {
  const header = ["level", "severity", "title", "text", "how_sure", "try", "figure", "source"];
  const place = ({ codebook_level: at }) => (at === null || at === undefined ? "all" : at + 1);
  return csv(
    header,
    diagnosis.map((one) => [place(one), one.level, one.title, one.text, one.sure, one.try, one.figure, one.source]),
  );
}

export function mount(host, bus) {
  const list = h("ul", { class: "cb-findings" });
  const empty = h("p", { class: "cb-note" }, "No rule has anything to say about this codebook.");
  const exports = [["CSV", "All findings, CSV", () => saveCsv(bus, diagnosisCsv(bus.open.diagnosis), "diagnosis")]];
  const { caption } = furnish(host, "diagnosis", "Diagnosis", { exports }, empty, list);
  const draw = () => {
    const { open, state } = bus;
    host.hidden = !open;
    if (!open) return;
    const found = findingsOf(open.diagnosis ?? [], state.level);
    empty.hidden = found.length > 0;
    list.hidden = found.length === 0;
    list.replaceChildren(...found.map((finding) => item(host, finding)));
    const others = elsewhere(open.diagnosis ?? [], state.level);
    const button = ({ level, word }) => h("button", { type: "button", class: "dte-link", onclick: () => bus.set({ level }) }, `level ${level + 1} (${word})`);
    caption.replaceChildren(...(others.length > 0 ? ["Also: ", ...others.flatMap((one, i) => (i > 0 ? [", ", button(one)] : [button(one)]))] : []));
  };
  bus.on(["open", "level"], draw);
  // From the first finding again, once a code is chosen anew: until then the list need not scroll, and would take up its old place later.
  const rewind = (...elements) => queueMicrotask(() => elements.forEach((one) => Object.assign(one ?? {}, { scrollTop: 0 })));
  bus.on(["level"], () => rewind(list));
  bus.on(["open"], () => rewind(list, host.parentElement));
  draw();
}

/** A text in turn with its addresses: [text, address, text, ...]. Pure. */
export const addressesIn = (text) => text.split(/(https:\/\/[^\s,;]*[^\s,;.)])/);

// Without the first eight letters, which say only how it is fetched.
const linkTo = (text) =>
  addressesIn(text).map((part, i) => (i % 2 ? h("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part.slice(8)) : part));

function item(host, finding) {
  const { mark } = levelOf(finding);
  const sure = finding.sure ? h("span", { class: "cb-sure", title: sureWords(finding) }, finding.sure) : null;
  const show = FIGURES[finding.figure]
    ? h("button", { type: "button", class: "dte-link", onclick: () => reveal(host, finding.figure) }, `See ${FIGURES[finding.figure]}`)
    : null;
  const source = finding.source ? h("p", { class: "cb-source" }, "Known from: ", ...linkTo(finding.source)) : null;
  return h(
    "li",
    { class: "cb-finding", "data-level": finding.level },
    h("span", { class: "dte-sign", "aria-hidden": "true" }, h("span", {}, mark)),
    h(
      "div",
      {},
      h("h4", {}, h("span", { class: "cb-level" }, prefixOf(finding)), finding.title),
      h("p", {}, finding.text ?? ""),
      finding.try ? h("p", {}, h("b", {}, "Try: "), finding.try) : null,
      h("p", { class: "cb-row" }, sure, show),
      source,
    ),
  );
}
