// @ts-check
// The row of figures under the reconstruction: text and CSV (pure), and the elements.

import { helpMark } from "../../kit/page/help.js";
import { csv } from "../../kit/wire/format.js";

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
  const list = document.createElement("dl");
  list.className = "dte-rec-figures";
  for (const figure of figures) {
    const { text, unit } = figureText(figure);
    const cell = document.createElement("div");
    cell.dataset.figure = figure.id;
    const label = document.createElement("dt");
    label.append(figure.label, helpMark({ term: figure.label, words: figure.explains }));
    const value = document.createElement("dd");
    const number = document.createElement("b");
    number.textContent = text;
    value.append(number);
    if (unit) value.append(` ${unit}`);
    cell.append(label, value);
    if (figure.of) {
      const of = document.createElement("dd");
      of.className = "dte-rec-of";
      of.textContent = figure.of;
      cell.append(of);
    }
    list.append(cell);
  }
  return list;
}
