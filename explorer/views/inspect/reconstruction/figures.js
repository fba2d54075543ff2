// @ts-check
// The row of figures under the reconstruction: text and CSV (pure), and the elements.

import { helpMark } from "../../kit/page/help.js";
import { h } from "../../kit/widgets/dom.js";
import { csv, typeset } from "../../kit/wire/format.js";

/** {text, unit} of a figure, such as {text: "1,024", unit: "indices"}; a figure without a value says "not defined". */
export function figureText({ value, text, unit, decimals }) {
  if (text !== null) return { text, unit: "" };
  if (value === null) return { text: "not defined", unit: "" };
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return { text: value.toLocaleString("en-US", options), unit };
}

/** The figures as CSV with full precision: figure, value, unit, what it is. */
export function figuresCsv(figures) {
  const rows = figures.map(({ id, value, text, unit, explains }) => [id, text ?? value, unit, explains]);
  return csv(["figure", "value", "unit", "explanation"], rows);
}

/** A description list; the mark beside each label opens its explanation. */
export function figureList(figures) {
  const cell = (figure) => {
    const { text, unit } = figureText(figure);
    const label = h("dt", {}, figure.label, helpMark({ term: figure.label, words: figure.explains }));
    const value = h("dd", {}, h("b", {}, text), unit ? ` ${unit}` : null);
    return h("div", { "data-figure": figure.id }, label, value, figure.of ? h("dd", { class: "dte-rec-of" }, typeset(figure.of)) : null);
  };
  return h("dl", { class: "dte-rec-figures" }, ...figures.map(cell));
}
