// @ts-check
// Dead-code heatmap: codes x time. Colour is the log of the EMA count; dead is hatched, unseen dotted, reseeds ticked.

import { Component } from "../../component.js";
import { codeOrder, compact, logTicks, packedViridis, stepTicks, tokens, usageScale } from "../../draw/ticks.js";
import { columnAt, columnsOf, largestCount, paintCells, patternInks, tally, timeAxis } from "./heatmap_cells.js";
import { chartStage } from "../../stage/stage.js";
import { drawScrub, smallText } from "../../draw/text.js";
import { LAB, numberOf, rowOfCode } from "../about.js";
import { furnish } from "../panel.js";
import { memory } from "../../stage/pace.js";
import { significant } from "../../wire/words.js";
import { viridis } from "../../draw/colormaps.js";
import { h, say, segments } from "../../widgets/dom.js";
import { countOf, percent, whole } from "../../wire/format.js";
import { outline } from "../../draw/colours.js";

const MARGIN = { left: 44, right: 8, top: 8, bottom: 22 };
const MOST_TICKS = 3000; // reseeds drawn, the newest; more would cover the colours
const ORDERS = [
  { id: "usage", label: "By usage", title: "Rows by the count of the newest moment, the busiest code on top" },
  { id: "number", label: "By number", title: "Rows by the number of the code, 0 on top" },
];
const STATES = ["live", "dead", "unseen so far"];

/** "code 17 at step 1,200: 3.2 tokens a step (EMA), live" */
export function cellWords(heat, column, code, about = LAB, frame = null) {
  const count = heat.counts[column][code];
  const state = STATES[heat.states[column][code]];
  return `Code ${numberOf(frame, code)} at step ${whole(heat.steps[column])}: ${tokens(count)} tokens a step (${about.counts}), ${state}`;
}

/** What the heatmap shows, in numbers: for the accessible name and the caption. */
export function heatWords(heat) {
  const last = heat.steps.length - 1;
  const K = heat.counts[last].length;
  const { live, dead, unseen } = tally(heat.states[last]);
  const range = `steps ${whole(heat.steps[0])} to ${whole(heat.steps[last])}`;
  return `${countOf(K, "code")}, ${range}. Newest: ${whole(live)} live, ${whole(dead)} dead (${percent(dead, K)} of ${whole(K)}), ${whole(unseen)} unseen.`;
}

/** "Ticks: the newest 300 of 1,204 reseeds." where the log here is not the whole of it, else "". */
export function tickWords(events) {
  const known = events?.rows.length ?? 0;
  return known < (events?.total ?? 0) ? ` Ticks: the newest ${whole(known)} of ${whole(events.total)} reseeds.` : "";
}

/** Events of a level that fall on the time axis, newest last, at most MOST_TICKS. Rows: [id, step, level, code, ...]. */
export function shownEvents(events, level, { low, high }) {
  const rows = events?.rows ?? [];
  return rows.filter((row) => row[2] === level && row[1] >= low && row[1] <= high).slice(-MOST_TICKS);
}

export function createHeatmap(root, env) {
  return new Heatmap(root, env);
}

class Heatmap extends Component {
  constructor(root, env) {
    super();
    this.env = env;
    this.about = env.about ?? LAB;
    this.view = this.heat = this.order = this.rank = this.pointed = null;
    this.byUsage = true;
    this.same = memory();
    this.raster = document.createElement("canvas");
    this.stage = this.part(
      chartStage({
        label: "Codes by time. Arrow keys move, Enter shows the moment, Escape leaves.",
        className: "dte-lp-heat",
        gap: 300,
        paint: (ctx, size) => this.paint(ctx, size),
        mark: (ctx, size) => this.mark(ctx, size),
        on: {
          point: (x, y) => this.point(this.hit(x, y)),
          leave: () => this.point(null),
          press: (x, y) => this.press(this.hit(x, y)),
          key: (key, shift) => this.key(key, shift),
        },
      }),
    );
    const order = segments("Order of the rows", (id) => this.setOrder(id));
    order.options(ORDERS, "usage");
    this.legend = createLegend(this.about);
    const { caption } = furnish(root, "heatmap", "Codes over time", [order.element], this.stage.element, this.legend.element);
    this.caption = caption;
    this.own(env.bus.subscribe(() => this.follow()));
    this.describe();
  }

  draw(view) {
    this.view = view;
    const { heat, events } = view;
    const newest = events?.rows[events.rows.length - 1]?.[0];
    if (!this.same(heat, newest, this.level, view.run)) this.stage.redraw();
  }

  get level() {
    return this.view?.frame?.level ?? this.env.bus.state.level ?? 0;
  }

  setOrder(id) {
    this.byUsage = id === "usage";
    this.order = null;
    this.stage.redraw();
  }

  /** Rows stand still while somebody points at them. */
  sortRows() {
    const { heat } = this;
    const newest = heat.counts[heat.counts.length - 1];
    if (this.order?.length === newest.length && this.pointed) return;
    this.order = codeOrder(newest, this.byUsage);
    this.rank = new Uint32Array(newest.length);
    this.order.forEach((code, row) => (this.rank[code] = row));
  }

  plot({ W, H }) {
    const left = MARGIN.left;
    const top = MARGIN.top;
    return { left, top, width: Math.max(W - left - MARGIN.right, 1), height: Math.max(H - top - MARGIN.bottom, 1) };
  }

  paint(ctx, size) {
    this.heat = columnsOf(this.view?.heat);
    if (this.pointed && !(this.pointed.column < this.heat?.steps.length)) this.pointed = null; // the stride doubled meanwhile
    this.describe();
    const { theme, dpr } = size;
    this.legend.element.hidden = !this.heat;
    if (!this.heat) return smallText(ctx, theme, `${this.about.none}: each column is one kept moment.`, size.W / 2, size.H / 2, "center");
    this.sortRows();
    const plot = this.plot(size);
    const axis = timeAxis(this.heat);
    const scale = usageScale(largestCount(this.heat));
    const [width, height] = [Math.round(plot.width * dpr), Math.round(plot.height * dpr)];
    if (!this.colours) this.colours = packedViridis();
    const inks = { viridis: this.colours, ...patternInks(theme) };
    const cells = paintCells({ heat: this.heat, order: this.order, width, height, scale, inks, unit: Math.max(1, Math.round(dpr)) });
    Object.assign(this.raster, { width, height });
    this.raster.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(cells.buffer), width, height), 0, 0);
    ctx.drawImage(this.raster, plot.left, plot.top, plot.width, plot.height);
    this.drawReseeds(ctx, plot, axis);
    this.drawAxes(ctx, plot, axis, theme);
    this.legend.show(scale);
    return undefined;
  }

  drawReseeds(ctx, plot, axis) {
    const K = this.order.length;
    const tall = Math.max(3, Math.min(plot.height / K, 9));
    const at = (row) => rowOfCode(this.view.frame, row[3]);
    const place = (row) => [plot.left + ((row[1] - axis.low) / (axis.high - axis.low)) * plot.width, plot.top + ((this.rank[at(row)] + 0.5) / K) * plot.height];
    const shown = shownEvents(this.view.events, this.level, axis).filter((row) => at(row) >= 0 && at(row) < K);
    outline(
      ctx,
      (path) => {
        for (const row of shown) {
          const [x, y] = place(row);
          path.moveTo(x, y - tall / 2);
          path.lineTo(x, y + tall / 2);
          if (!row[6]) continue;
          path.moveTo(x - tall / 2, y); // crossed: it had been reseeded before, in vain
          path.lineTo(x + tall / 2, y);
        }
      },
      shown.length > 400 ? 0.8 : 1.4,
    );
  }

  drawAxes(ctx, plot, axis, theme) {
    const K = this.order.length;
    const bottom = plot.top + plot.height;
    ctx.strokeStyle = theme.line;
    ctx.strokeRect(plot.left - 0.5, plot.top - 0.5, plot.width + 1, plot.height + 1);
    for (const tick of stepTicks(axis.low, axis.high, Math.max(2, plot.width / 90))) {
      const x = plot.left + ((tick - axis.low) / (axis.high - axis.low)) * plot.width;
      smallText(ctx, theme, tick === 0 ? "step 0" : compact(tick), Math.min(x, plot.left + plot.width - 12), bottom + 12, tick === 0 ? "left" : "center");
    }
    ctx.save();
    ctx.translate(10, plot.top + plot.height / 2);
    ctx.rotate(-Math.PI / 2);
    smallText(ctx, theme, this.byUsage ? "codes, busiest on top" : "code number", 0, 0, "center");
    ctx.restore();
    const ticks = this.byUsage ? [0, K - 1].map((row) => [row, `#${whole(row + 1)}`]) : stepTicks(0, K - 1, 4).map((code) => [code, String(code)]);
    for (const [row, text] of ticks) {
      const y = plot.top + ((row + 0.5) / K) * plot.height;
      smallText(ctx, theme, text, plot.left - 5, Math.min(Math.max(y, plot.top + 5), bottom - 5), "right");
    }
  }

  mark(ctx, size) {
    if (!this.heat || !this.order) return;
    const plot = this.plot(size);
    const axis = timeAxis(this.heat);
    const { scrub, hoverCode, code } = this.env.bus.state;
    const x = (step) => plot.left + ((step - axis.low) / (axis.high - axis.low)) * plot.width;
    const K = this.order.length;
    const tall = Math.max(plot.height / K, 3);
    const rowPath = (row) => (path) => path.rect(plot.left, plot.top + ((row + 0.5) / K) * plot.height - tall / 2, plot.width, tall);
    if (code !== null && code !== undefined && code < K) outline(ctx, rowPath(this.rank[code]), 1.5);
    if (hoverCode !== null && hoverCode !== undefined && hoverCode < K) outline(ctx, rowPath(this.rank[hoverCode]), 1);
    if (this.pointed) {
      const start = this.heat.steps[this.pointed.column];
      const end = this.heat.steps[this.pointed.column + 1] ?? axis.high;
      outline(ctx, (path) => path.rect(x(start), plot.top, Math.max(x(end) - x(start), 1), plot.height), 1);
    }
    if (scrub !== null && scrub !== undefined) drawScrub(ctx, size.theme, x(Math.min(Math.max(scrub, axis.low), axis.high)), plot.top, plot.top + plot.height);
  }

  hit(px, py) {
    if (!this.heat || !this.order) return null;
    const plot = this.plot(this.stage.size);
    const [u, v] = [(px - plot.left) / plot.width, (py - plot.top) / plot.height];
    if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) return null;
    const { low, high } = timeAxis(this.heat);
    return { column: columnAt(this.heat.steps, low + u * (high - low)), row: Math.floor(v * this.order.length) };
  }

  point(at) {
    if (!at && !this.pointed) return;
    this.pointed = at;
    this.env.bus.set({ hoverCode: at ? this.order[at.row] : null });
    this.follow();
    if (!at) this.stage.redraw(); // the rows may move again
  }

  press(at) {
    if (!at) return;
    this.env.bus.set({ scrub: this.heat.steps[at.column] });
  }

  key(key, shift) {
    if (!this.heat || !this.order) return false;
    const at = this.pointed ?? { column: this.heat.steps.length - 1, row: 0 };
    const by = shift ? 10 : 1;
    const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[key];
    if (key === "Enter") this.press(at);
    else if (key === "Escape") this.point(null);
    else if (move) {
      const clamp = (value, last) => Math.min(Math.max(value, 0), last);
      this.point({ column: clamp(at.column + move[0], this.heat.steps.length - 1), row: clamp(at.row + move[1], this.order.length - 1) });
    } else return false;
    return true;
  }

  follow() {
    this.stage.remark();
    this.describe();
  }

  describe() {
    const { heat } = this;
    if (!heat) return say(this.caption, "Nothing kept yet.");
    const last = heat.steps.length - 1;
    const column = Math.min(this.pointed?.column ?? columnAt(heat.steps, this.env.bus.state.scrub ?? heat.steps[last]), last);
    const code = this.env.bus.state.hoverCode ?? null;
    const words = heatWords(heat) + tickWords(this.view.events) + this.lineWords();
    this.stage.describe(`Heatmap of ${words}`);
    return say(this.caption, code !== null && code < heat.counts[column].length ? `${cellWords(heat, column, code, this.about, this.view.frame)}.` : words);
  }

  /** Where codes are thinner than pixels, a line shows several. */
  lineWords() {
    const { H, W, dpr } = this.stage.size;
    const codes = (this.order?.length ?? 0) / (this.plot({ W, H }).height * dpr);
    return codes > 1.01 && H > 0 ? ` A line of pixels is the mean of about ${significant(codes, 2)} codes.` : "";
  }
}

/** Colours with their numbers, and the three marks. */
function createLegend(about) {
  const stops = Array.from({ length: 10 }, (_, i) => viridis(i / 9)).join(",");
  const ramp = h("span", { class: "dte-lp-ramp", style: `background:linear-gradient(90deg,${stops})` });
  const ticks = h("span", { class: "dte-lp-ramp-ticks", "aria-hidden": "true" });
  const key = (name, text) => h("span", { class: "dte-lp-mark" }, h("i", { class: `dte-lp-swatch dte-lp-${name}` }), text);
  const element = h(
    "div",
    { class: "dte-lp-legend" },
    h("span", { class: "dte-lp-scale" }, h("span", {}, `tokens a step (${about.counts})`), h("span", { class: "dte-lp-rampbox" }, ramp, ticks)),
    key("dead", "dead"),
    key("unseen", "unseen"),
    key("reseed", "reseeded"),
    key("again", "and died again"),
  );
  let shown = "";
  return {
    element,
    show({ low, high, share }) {
      const marks = logTicks(low, high, 4);
      const text = marks.join(" ");
      if (text === shown) return;
      shown = text;
      ticks.replaceChildren(...marks.map((tick) => h("span", { style: `left:${(100 * share(tick)).toFixed(1)}%` }, compact(tick))));
    },
  };
}
