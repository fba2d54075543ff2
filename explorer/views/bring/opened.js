// @ts-check
// What a checkpoint of no known format still tells, in the panel "Bring a tokenizer": its tables, and a drafted adapter
// to save.

import { Component } from "../kit/component.js";
import { createChart } from "../kit/widgets/chart.js";
import { h } from "../kit/widgets/dom.js";
import { saveText } from "../kit/wire/files.js";
import { typeset } from "../kit/wire/format.js";

/** What stands above the tables. */
export function headWords({ summary, notes }) {
  return [summary, ...notes];
}

/** What stands below them: tables that were not read. */
export const leftWords = (left) => (left > 0 ? `${left} more were not read. On the command line: python -m explorer open FILE --json.` : "");

/** opened: as `opened_payload` of pages/bring/opening.py has it, or null. */
export class OpenedFile extends Component {
  constructor() {
    super();
    this.charts = [];
    this.head = h("div", { class: "br-opened-head" });
    this.tables = h("div", { class: "br-tables" });
    this.left = h("p", { class: "br-note" });
    this.wanting = h("p", { class: "br-note" });
    this.button = h(
      "button",
      {
        type: "button",
        class: "dte-plain-button",
        "data-act": "draft",
        onclick: () => saveText(this.opened.adapter, this.opened.adapter_name, "text/x-python"),
      },
      "Save a drafted adapter",
    );
    this.how = h(
      "p",
      { class: "br-note" },
      "A Python file with what names and shapes tell, and a place for your own class. Its code runs on your machine: python app.py --adapter my_adapter.py.",
    );
    this.element = h(
      "section",
      { class: "br-opened", hidden: true, "aria-label": "What the file still tells" },
      h("h4", {}, "What the file still tells"),
      this.head,
      this.tables,
      this.left,
      this.wanting,
      h("div", { class: "br-acts" }, this.button),
      this.how,
    );
    this.opened = null;
  }

  show(opened) {
    this.element.hidden = !opened;
    if (opened === this.opened || !opened) return;
    this.opened = opened;
    this.head.replaceChildren(...headWords(opened).map((text) => h("p", {}, typeset(text))));
    for (const chart of this.charts) chart.destroy();
    this.charts = [];
    const rules = (opened.rules ?? []).map(({ line }) => h("p", {}, typeset(line)));
    this.tables.replaceChildren(
      ...rules,
      ...opened.tables.map((table, number) =>
        h(
          "details",
          { class: "br-table", open: opened.tables.length < 4 },
          h("summary", {}, h("code", {}, table.key)),
          h("ul", {}, ...table.lines.map((line) => h("li", {}, line))),
          this.map(table.key, opened.maps?.[number], opened.library),
        ),
      ),
    );
    this.left.textContent = leftWords(opened.tables_left);
    this.left.hidden = !this.left.textContent;
    this.wanting.textContent = opened.wanting ?? "";
  }

  /** The codes of a table on a plane, or nothing. map: {light, dark}. */
  map(key, map, library) {
    if (!map) return null;
    const ask = (theme) => Promise.resolve({ figure: map[theme], library });
    const chart = this.part(createChart({ label: `Codes of ${key}.`, className: "br-map", ask, drag: "zoom" }));
    this.charts.push(chart);
    chart.refresh();
    return h("div", {}, chart.element, h("p", { class: "br-note" }, typeset(map.light.layout.meta.words)));
  }
}
