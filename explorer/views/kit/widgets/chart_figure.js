// @ts-check
// A chart with what belongs to it: title, tools, words, its files, and its numbers as a table one click away.

import { csv as csvText, signed, typeset } from "../wire/format.js";
import { createChart } from "./chart.js";
import { saveChartPng, saveChartSvg } from "./chart_files.js";
import { figureRows } from "./chart_model.js";
import { h, say } from "./dom.js";
import { saveText } from "../wire/files.js";
import { foldedTable } from "./panel.js";

/** Words of the server with the signs of mathematics. */
const inSigns = (text) => text && signed(typeset(text));

/**
 * id: what the diagnosis calls it. files: {stem() of their names, about() in a line}. csv() -> text, left out for what is drawn.
 * table: {head, rows(most), total()} as of foldedTable. chart: the options of createChart.
 * -> {element, chart, folded (the table), files (the links), refresh(), name(title), say(words), note(words)}.
 */
export function chartFigure(id, title, { tools = [], files, csv = null, table = null, chart: options }) {
  const chart = createChart({ label: `${title}.`, ...options });
  const heading = h("h4", {}, title);
  const [words, note] = [h("p", { class: "dte-words ch-readout" }), h("p", { class: "cb-note" })];
  const folded = table && foldedTable(title, table.head, table.rows, table.total);
  const problem = h("span", { class: "ch-unsaved", role: "alert" });
  const content = () => [words.textContent, note.textContent].filter(Boolean);
  const text = () => csv?.() ?? csvText(...Object.values(figureRows(chart.figure)));
  const acts = {
    PNG: () => saveChartPng(chart, files, content()),
    SVG: () => saveChartSvg(chart, files),
    CSV: () => saveText(text(), `${files.stem()}.csv`),
  };
  const buttons = Object.entries(acts).map(([kind, act]) =>
    h(
      "button",
      {
        type: "button",
        class: "dte-link",
        onclick: () =>
          Promise.resolve()
            .then(act)
            .then(
              () => say(problem, ""),
              (error) => say(problem, error.message),
            ),
      },
      kind,
    ),
  );
  const exports = h("div", { class: "cb-exports" }, problem, ...buttons);
  const element = h(
    "section",
    { class: "ch-figure", "data-figure": id },
    h("div", { class: "dte-apart ch-head" }, heading, h("div", { class: "cb-tools" }, ...tools)),
    chart.element,
    words,
    note,
    h("div", { class: "dte-apart ch-foot" }, folded?.element ?? null, exports),
  );
  const name = (said) => {
    heading.textContent = said;
    element.setAttribute("aria-label", said);
    for (const button of buttons) for (const attribute of ["title", "aria-label"]) button.setAttribute(attribute, `${said}, ${button.textContent}`);
  };
  name(title);
  const refresh = () => {
    chart.refresh();
    folded?.refresh();
  };
  return { element, chart, folded, files: exports, refresh, name, say: (text) => say(words, inSigns(text)), note: (text) => say(note, inSigns(text)) };
}
