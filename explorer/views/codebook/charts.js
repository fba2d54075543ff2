// @ts-check
// The statistical charts of the codebook page: how a figure of the opened level is asked for, and what its points do.

import { chartFigure } from "../kit/widgets/chart_figure.js";
import { stemOf, titleOf } from "../kit/widgets/panel.js";

/** What a point does on the page: one code opens (of a pair that of its row), several are selected, a loop that was let go
 *  selects none. */
export function choose(bus, values, kind, how) {
  if (how === "click" && (kind === "code" || kind === "pair")) bus.set({ code: values[0] });
  else if (kind === "code" || kind === "codes") bus.set({ lasso: values.length > 0 ? new Set(values) : null });
}

/** A chart of the level on screen. name: of the figure, as explorer/figures has it; options() -> what else it is asked
 *  with; the rest as of chartFigure. It shows what the page has lit, and what it is pointed at lights up there. */
export function levelChart(bus, id, title, { name = id, options = () => ({}), chart = {}, ...rest }) {
  const { on = {}, ...look } = /** @type {any} */ (chart);
  const one = chartFigure(id, title, {
    files: { stem: () => stemOf(bus, id), about: () => titleOf(bus) },
    ...rest,
    chart: {
      ask: (theme) => bus.ask("figure", { name, level: bus.state.level, theme, options: options() }),
      on: {
        pick: (values, kind, how) => choose(bus, values, kind, how),
        hover: ([first = null], kind) => ["code", "pair"].includes(kind) && bus.hover(first),
        ...on,
      },
      ...look,
    },
  });
  bus.life.part(one.chart);
  bus.on(["hover", "code", "open", "level"], ({ hover, code }) => one.chart.light(hover ?? code));
  return one;
}
