// @ts-check
// What the main table has no columns for, of the medium on screen: errors by column, coverage by prefix, reach of anchors.

import { h } from "../kit/widgets/dom.js";

/** The details to show: those without a baseline, and those of the one that is chosen, or else of the first. Pure. */
export function detailsFor(details, baseline) {
  const bases = details.map((one) => one.baseline).filter(Boolean);
  const base = bases.includes(baseline) ? baseline : bases[0];
  return details.filter((one) => !one.baseline || one.baseline === base);
}

/** What stands above a detail: a baseline by its name, not by its id. title(id): of a tokenizer. Pure. */
export const headingOf = (detail, title) => (detail.baseline ? detail.title.replace(detail.baseline, () => title(detail.baseline)) : detail.title);

/** A detail as a table. title(id): of a tokenizer. ids: in their order. */
export function detailTable(detail, ids, title) {
  const shown = ids.filter((id) => detail.rows.some(({ cells }) => id in cells));
  const cell = ({ cells, best, unit }, id) => {
    const won = best.includes(id);
    const text = id in cells ? `${cells[id]}${unit ? ` ${unit}` : ""}` : "";
    return h("td", { class: won ? "is-best" : null }, text, won ? h("b", { title: "Best of this row" }, " ★") : null);
  };
  const head = [detail.parts, ...shown.map(title)].map((text) => h("th", { scope: "col" }, text));
  const rows = detail.rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name), ...shown.map((id) => cell(row, id))));
  const table = h("table", { class: "cp-table" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
  const heading = headingOf(detail, title);
  return h(
    "section",
    { class: "cp-detail", "data-detail": detail.key },
    h("h3", {}, heading),
    h("div", { class: "cp-scroll", tabindex: 0, role: "region", "aria-label": heading }, table),
    h("p", { class: "cb-note" }, detail.words),
  );
}
