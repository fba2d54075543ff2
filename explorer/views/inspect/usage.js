// @ts-check
// The usage panel of the inspect view: usage in rank order, a figure of plotly that Python draws of the record, linked
// with the other panels. What is hovered elsewhere lights its bar in the next frame, and the other way round.

import { Component } from "../kit/component.js";
import { createChart } from "../kit/widgets/chart.js";
import { saveChartPng, saveChartSvg } from "../kit/widgets/chart_files.js";
import { valueUnder } from "../kit/widgets/chart_place.js";
import { fileStem } from "../kit/wire/format.js";
import { saveTable, usageTable } from "./export.js";

const LABEL = "Codes by how often they are used.";

/** The code at a place along the axis of ranks (1 = most used), null where none in use is. codes: by rank. Pure. */
export const codeAtRank = (codes, rank) => codes[Math.round(rank) - 1] ?? null;

/** view: the inspect view. desk: of the page. */
export class UsageChart extends Component {
  constructor(view, desk) {
    super();
    this.view = view;
    this.desk = desk;
    this.key = this.wanted = null;
    this.chart = this.part(
      createChart({
        label: LABEL,
        className: "dte-usage",
        drag: "zoom",
        ask: (theme) => this.figure(theme),
        on: {
          pick: ([code], _kind, how) => how === "click" && view.pin(code, null),
          hover: ([code = null], _kind, how) => how === "key" && view.hover(code),
          zoomed: (zoomed) => (view.parts.cards.usage.reset.hidden = !zoomed),
        },
        key: (key, chart) => key === "Escape" && !chart.at && view.unpin() !== false,
      }),
    );
    this.element = this.chart.element;
    // plotly tells of the pointer twenty times a second, too late for what lights up beside it
    this.listen(this.chart.plot, "pointermove", (event) => event.buttons === 0 && view.hover(this.codeUnder(event)));
    this.listen(this.chart.plot, "pointerleave", () => view.hover(null));
  }

  codeUnder(event) {
    const rank = this.chart.figure && valueUnder(this.chart.plot, event);
    return rank === null ? null : codeAtRank(this.chart.figure.data[0].customdata ?? [], rank);
  }

  /** What is to be drawn; asked for only where that is something else than before. */
  show() {
    const { model, levelIndex: level, where, options } = this.view;
    const wanted = model && { level, counts: where, codes: options.range, log: options.log };
    const key = JSON.stringify([this.desk.turn, wanted]);
    if (key === this.key) return;
    Object.assign(this, { key, wanted });
    if (!wanted) return this.chart.clear();
    this.chart.refresh();
  }

  async figure(theme) {
    const { wanted } = this;
    const { key } = this.view.model;
    const answer = await this.desk.figure("usage", { ...wanted, theme });
    const { level, counts, codes } = wanted;
    answer.figure.layout.uirevision = [key, level, counts, codes].join(" "); // another axis: an old zoom means nothing
    return answer;
  }

  light(code) {
    this.chart.light(code);
  }

  async save(kind) {
    const { model, level, usage, parts } = this.view;
    if (kind === "csv") return saveTable(usageTable(level, usage), model.title, "usage");
    const files = { stem: () => fileStem(model.title, "usage"), about: () => model.title };
    try {
      await (kind === "svg" ? saveChartSvg(this.chart, files) : saveChartPng(this.chart, files, [parts.cards.usage.caption.textContent]));
    } catch (error) {
      this.chart.say(error.message);
    }
    return undefined;
  }

  whole() {
    this.chart.whole();
  }
}
