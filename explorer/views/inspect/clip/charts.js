// @ts-check
// What a clip is over time, as figures of plotly: how near each frame is, which codes come again, which is used when. A
// point of a frame or a step shows it; one of a code lights it everywhere.

import { Component } from "../../kit/component.js";
import { chartFigure } from "../../kit/widgets/chart_figure.js";
import { h } from "../../kit/widgets/dom.js";
import { csv, fileStem } from "../../kit/wire/format.js";
import { selection } from "../../kit/wire/selection.js";
import { shown } from "../../kit/wire/shown.js";
import { significant } from "../../kit/wire/words.js";

const ORIGIN = "player";
export const CHARTS = [
  { figure: "frame_quality", title: "How near each frame is", decoded: true, head: ["Series", "Frame", "Value"] },
  { figure: "code_reuse", title: "Codes that come again", decoded: false, head: ["Series", "Step", "Value"] },
  { figure: "codes_over_time", title: "Which code is used when", decoded: false, drag: "rows", head: ["Code", "Step", "Tokens"] },
];

/** The points of a drawn figure as rows of a table: series (of a heatmap the code), place, value; what is empty is left
 *  out. Pure. */
export function rowsOf({ data }) {
  const [first] = data;
  if (first?.type === "heatmap") {
    const cells = (row, i) => Array.from(row, (tokens, j) => [first.customdata[i][j], first.x[j], tokens]);
    return first.z.flatMap(cells).filter(([, , tokens]) => tokens !== null);
  }
  const points = data.filter((trace) => trace.hoverinfo !== "skip");
  return points.flatMap(({ name, x, y }) => Array.from(x, (at, i) => [name, at, y[i]])).filter(([, , value]) => Number.isFinite(value));
}

export class ClipCharts extends Component {
  /** desk: of the page. seek(frame): show it. */
  constructor(desk, seek) {
    super();
    this.desk = desk;
    this.seek = seek;
    this.value = null;
    this.charts = CHARTS.map((one) => this.chart(one));
    this.element = h("div", { class: "dte-clip-charts dte-frames dte-lp" }, ...this.charts.map(({ element }) => element));
    this.own(selection.subscribe((state, before) => this.follow(state, before)));
  }

  chart({ figure, title, head, drag = "zoom" }) {
    const about = () => shown.model?.title ?? "";
    const ask = (theme) => {
      const { level, mode } = this.value.decoded;
      return this.desk.figure("clip", { figure, level: figure === "frame_quality" ? level : selection.state.level, mode, theme });
    };
    const rows = () => (one.chart.figure ? rowsOf(one.chart.figure) : []);
    const shownRow = ([name, at, value]) => [String(name), String(at), significant(value, 4)];
    const one = chartFigure(figure, title, {
      files: { stem: () => fileStem(about(), figure), about },
      csv: () => csv(head, rows()),
      table: { head, rows: (most) => rows().slice(0, most).map(shownRow), total: () => rows().length },
      chart: {
        ask,
        drag,
        on: {
          pick: ([value], kind) => this.pick(value, kind),
          hover: ([value = null], kind) => kind === "code" && selection.hover({ code: value, origin: ORIGIN }),
          shown: ({ layout }) => {
            one.say(layout.meta.words);
            one.folded.refresh();
          },
        },
      },
    });
    this.part(one.chart);
    return { ...one, figure };
  }

  pick(value, kind) {
    if (kind === "frame") this.seek(value);
    else if (kind === "code" && value !== undefined) selection.set({ level: selection.state.level, code: value, token: null, origin: ORIGIN });
  }

  load(value) {
    this.value = value;
    CHARTS.forEach(({ decoded }, i) => {
      const chart = this.charts[i];
      chart.element.hidden = decoded ? !value.reconstruction || value.frames < 2 : value.steps.length < 2; // no curve, nothing over time
      if (chart.element.hidden) chart.chart.clear();
      else chart.refresh();
    });
  }

  follow(state, before) {
    if (!this.value) return;
    this.charts[2].chart.light(state.hoverCode ?? state.code);
    if (state.level === before.level) return;
    for (const { figure, refresh } of this.charts) if (figure !== "frame_quality") refresh();
  }

  stop() {
    this.value = null;
    for (const { chart } of this.charts) chart.clear();
  }
}
