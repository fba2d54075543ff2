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
const NO_ANSWER = "The server gave no answer. It may have been stopped: start it again, then try again.";

/** The code at a place along the axis of ranks (1 = most used), null where none in use is. codes: by rank. Pure. */
export const codeAtRank = (codes, rank) => codes[Math.round(rank) - 1] ?? null;

/** view: the inspect view. ask(request) -> Promise of JSON text. */
export class UsageChart extends Component {
  constructor(view, ask) {
    super();
    this.view = view;
    this.wanted = null;
    this.chart = this.part(
      createChart({
        label: LABEL,
        className: "dte-usage",
        drag: "zoom",
        ask: (theme) => this.figure(ask, theme),
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
    const wanted = model && { ticket: model.ticket, level, counts: where, codes: options.range, log: options.log };
    const key = JSON.stringify(wanted);
    if (key === this.wanted) return;
    this.wanted = key;
    if (!wanted) return this.chart.clear();
    this.chart.refresh();
  }

  async figure(ask, theme) {
    const wanted = this.wanted;
    const answer = JSON.parse((await ask({ ...JSON.parse(wanted), theme })) || "{}");
    if (wanted !== this.wanted) throw Object.assign(new Error("another choice was made"), { stale: true });
    if (!answer.ok) throw new Error(answer.error?.message ?? NO_ANSWER);
    const { ticket, level, counts, codes } = JSON.parse(wanted);
    answer.figure.layout.uirevision = [ticket, level, counts, codes].join(" "); // another axis: an old zoom means nothing
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
