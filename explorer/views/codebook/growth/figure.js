// @ts-check
// A figure of the growth panel: title and files, tools, stage, words, and its numbers as a table.

import { foldedTable, saveCsv, saveFigure } from "../../kit/widgets/panel.js";
import { h } from "../../kit/widgets/dom.js";
import { readTheme } from "../../kit/draw/colours.js";
import { createStage } from "../../kit/widgets/stage.js";

/** A figure with its stage, tools, words and files. `id` is what the diagnosis calls it.
 *  csv() -> text; table: {head, rows(most), total()}, see foldedTable; the rest are options of the stage. */
export function figure(bus, id, title, tools, { csv, table, ...stageOptions }) {
  const stage = createStage({ className: "cb-plot", gap: 0, ...stageOptions });
  const [readout, words] = [h("p", { class: "cb-readout" }), h("p", { class: "cb-note" })];
  const link = (text, name, act) => h("button", { type: "button", class: "dte-link", title: name, "aria-label": name, onclick: act }, text);
  const png = link("PNG", `${title}, PNG`, () => {
    stage.drawNow();
    saveFigure(bus, [...stage.element.querySelectorAll("canvas")], readTheme(stage.element), [readout.textContent, words.textContent], id);
  });
  const file = link("CSV", `${title}, CSV`, () => saveCsv(bus, csv(), id));
  const folded = foldedTable(title, table.head, table.rows, table.total);
  const element = h(
    "figure",
    { class: "cb-figure", "data-figure": id },
    h("figcaption", {}, h("b", {}, title), h("span", { class: "cb-exports" }, png, file)),
    h("div", { class: "cb-tools" }, ...tools),
    stage.element,
    readout,
    words,
    folded.element,
  );
  return { element, stage, readout, words, file, folded };
}
