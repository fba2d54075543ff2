// @ts-check
// Curves as small multiples with one step axis and one cursor: losses, perplexity, dead share, gradients, errors, speed.

import { Component } from "../../component.js";
import { compact, logTicks, niceTicks, stepTicks } from "../../draw/ticks.js";
import {
  ceilingWords,
  GROUPS,
  heightOf,
  linePoints,
  nearestRow,
  plotsOf,
  rangeOf,
  referenceOf,
  rowWords,
  rowsOf,
  spread,
  unitOf,
  valueWords,
} from "./curves_model.js";
import { chartStage } from "../../stage/stage.js";
import { drawScrub, haloText, smallText } from "../../draw/text.js";
import { LAB } from "../about.js";
import { furnish } from "../panel.js";
import { memory, throttle } from "../../stage/pace.js";
import { h, say, segments } from "../../widgets/dom.js";
import { whole } from "../../wire/format.js";

const MARGIN = { left: 44, right: 26, top: 12, bottom: 20 };
const CEILING_ROOM = 1.2; // its name stands above the line, clear of the curve
const SCALES = [
  { id: "log", label: "Log", title: "Losses, gradients, errors and speeds on a log axis" },
  { id: "linear", label: "Linear", title: "Losses, gradients, errors and speeds on a linear axis" },
];

export function createCurves(root, env) {
  return new Curves(root, env);
}

class Curves extends Component {
  constructor(root, env) {
    super();
    this.env = env;
    this.about = env.about ?? LAB;
    this.view = this.cursor = null;
    this.rows = [];
    this.plots = [];
    this.log = true;
    this.group = "learning";
    this.same = memory();
    this.refreshing = this.part(throttle(() => this.refresh()));
    this.grid = h("div", { class: "dte-lp-plots" });
    const scale = segments("Scale of losses, gradients, errors and speeds", (id) => this.setScale(id));
    scale.options(SCALES, "log");
    this.groups = segments("What the curves are of", (id) => this.setGroup(id));
    this.groups.options(
      GROUPS.filter(({ id }) => !(env.without ?? []).includes(id)),
      this.group,
    );
    const title = "Train the same model without a quantizer beside this run, for as many steps as it has now: what codes cost";
    this.ceiling = h("button", { type: "button", class: "dte-button lab-button", title, hidden: true, onclick: () => env.act("ceiling") }, "Ceiling");
    this.wrong = null; // what wrong tokens lose, once it is looked at
    this.place = h("div", {});
    const { caption } = furnish(root, "curves", "Curves", [this.groups.element, scale.element, this.ceiling], this.grid, this.place);
    this.caption = caption;
    this.scale = scale.element;
    this.own(env.bus.subscribe((state, previous) => state.scrub !== previous?.scrub && this.follow()));
    this.follow();
  }

  draw(view) {
    this.view = view;
    const { curves, frame } = view;
    const names = curves?.names.join() ?? "";
    if (names !== this.names) this.build(curves, names);
    const words = ceilingWords(view);
    this.ceiling.hidden = words === null || this.group !== "learning";
    say(this.ceiling, words ?? "");
    this.wrong?.draw(view);
    if (!this.same(curves, frame?.ceiling, view.run, view.ceiling)) this.refreshing.request();
  }

  setGroup(id) {
    this.group = id;
    this.names = null; // built anew
    this.grid.hidden = this.caption.hidden = this.scale.hidden = id === "wrong";
    this.showWrong();
    if (this.view) this.draw(this.view);
    this.follow();
  }

  async showWrong() {
    if (this.group === "wrong" && !this.wrong) {
      const { createWrongTokens } = await import("./wrong_tokens.js");
      if (this.disposed || this.wrong) return;
      this.wrong = this.part(createWrongTokens(this.env));
      this.place.append(this.wrong.element);
      if (this.view) this.wrong.draw(this.view);
    }
    this.wrong?.show(this.group === "wrong");
  }

  refresh() {
    this.rows = rowsOf(this.view.curves);
    for (const plot of this.plots) plot.stage.redraw();
    this.follow();
  }

  /** One figure a plot; only when the terms of the loss change, as a restart with another quantizer does. */
  build(curves, names) {
    this.names = names;
    this.rows = rowsOf(curves);
    for (const plot of this.plots) plot.stage.destroy();
    this.plots = curves ? plotsOf(curves).filter(({ group }) => group === this.group) : [];
    for (const plot of this.plots) {
      plot.stage = this.part(
        chartStage({
          label: `${plot.title}. Arrow keys move the cursor, Enter shows the moment, Escape leaves.`,
          className: "dte-lp-curve",
          gap: 1, // refresh() keeps the pace for all plots
          paint: (ctx, size) => this.paint(plot, ctx, size),
          mark: (ctx, size) => this.mark(plot, ctx, size),
          on: {
            point: (x) => this.point(this.stepAt(plot, x)),
            leave: () => this.point(null),
            press: (x) => this.press(this.stepAt(plot, x)),
            key: (key, shift) => this.key(key, shift),
          },
        }),
      );
      plot.unit = unitOf(plot);
      plot.values = plot.lines.map(() => h("b", {}));
    }
    this.grid.replaceChildren(...this.plots.map(figureOf));
  }

  setScale(id) {
    this.log = id === "log";
    for (const plot of this.plots) plot.stage.redraw();
    this.follow();
  }

  /** Pixels of a plot: its box, its range, x(step), y(value). */
  scales(plot, { W, H }) {
    const { left, top } = MARGIN;
    const [width, height] = [Math.max(W - left - MARGIN.right, 1), Math.max(H - top - MARGIN.bottom, 1)];
    const { rows } = this;
    const first = rows[0]?.[0] ?? 0;
    const last = Math.max(rows[rows.length - 1]?.[0] ?? 1, first + 1);
    const reference = referenceOf(plot, this.view, this.about);
    const room = reference ? [reference.value, CEILING_ROOM * reference.value] : []; // its name stands above the line
    const range = rangeOf(plot, rows, this.log && plot.scaled, room);
    const x = (step) => left + ((step - first) / (last - first)) * width;
    const y = (value) => top + height * (1 - heightOf(range, value));
    const step = (px) => first + ((px - left) / width) * (last - first);
    return { left, top, width, height, first, last, reference, range, x, y, step };
  }

  paint(plot, ctx, size) {
    const { theme } = size;
    const s = (plot.scales = this.scales(plot, size)); // marks reuse them: the range is costly
    drawGrid(ctx, theme, s);
    if (s.reference) drawReference(ctx, theme, s);
    const ends = [];
    plot.lines.forEach((line, i) => {
      const points = linePoints(this.rows, line.column, s.x, s.y);
      drawLine(ctx, theme, line.style, points);
      const end = points.length - 2;
      if (end >= 0 && Number.isFinite(points[end])) ends.push({ number: i + 1, style: line.style, y: points[end + 1] });
    });
    if (plot.lines.length > 1) drawNumbers(ctx, theme, s, ends);
    const newest = this.rows[this.rows.length - 1];
    plot.stage.describe(newest ? `${plot.title} at ${whole(this.rows.length)} kept steps; newest, ${rowWords(plot, newest)}` : `${plot.title}, nothing yet`);
  }

  mark(plot, ctx, { theme }) {
    const s = plot.scales;
    if (!s || this.rows.length === 0) return;
    const { scrub } = this.env.bus.state;
    const bottom = s.top + s.height;
    if (scrub !== null && scrub !== undefined && scrub >= s.first && scrub <= s.last) drawScrub(ctx, theme, s.x(scrub), s.top, bottom);
    const row = this.rows[this.cursor === null ? -1 : nearestRow(this.rows, this.cursor)];
    if (!row) return;
    const x = Math.round(s.x(row[0])) + 0.5;
    ctx.strokeStyle = theme.muted;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(x, s.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    for (const { column, style } of plot.lines) {
      const y = s.y(row[column]);
      if (!Number.isFinite(y)) continue;
      ctx.beginPath();
      ctx.arc(x, y, 3.5, 0, 2 * Math.PI);
      ctx.fillStyle = theme[style.ink];
      ctx.fill();
      ctx.lineWidth = 1.5;
      ctx.strokeStyle = theme.surface;
      ctx.stroke();
    }
  }

  stepAt(plot, px) {
    const s = plot.scales;
    if (!s || this.rows.length === 0) return null;
    return this.rows[nearestRow(this.rows, s.step(px))][0];
  }

  point(step) {
    if (step === this.cursor) return;
    this.cursor = step;
    this.follow();
  }

  press(step) {
    if (step !== null) this.env.bus.set({ scrub: step });
  }

  key(key, shift) {
    const { rows } = this;
    if (rows.length === 0) return false;
    const at = nearestRow(rows, this.cursor ?? rows[rows.length - 1][0]);
    const by = shift ? 10 : 1;
    if (key === "Enter") this.press(rows[at][0]);
    else if (key === "Escape") this.point(null);
    else if (key === "ArrowLeft") this.point(rows[Math.max(at - by, 0)][0]);
    else if (key === "ArrowRight") this.point(rows[Math.min(at + by, rows.length - 1)][0]);
    else return false;
    return true;
  }

  /** Legends and caption speak of the cursor's step, else of the scrubbed one, else of the newest. */
  follow() {
    for (const plot of this.plots) plot.stage.remark();
    const { rows } = this;
    if (rows.length === 0) return say(this.caption, `${this.about.none}: the curves begin with it.`);
    const step = this.cursor ?? this.env.bus.state.scrub;
    const row = rows[step === null || step === undefined ? rows.length - 1 : nearestRow(rows, step)];
    for (const plot of this.plots) plot.lines.forEach((line, i) => say(plot.values[i], valueWords(line, row[line.column], !plot.unit)));
    const dropped = this.log && this.plots.some((plot) => plot.scales?.range.dropped > 0) ? " Values of 0 or less have no place on a log axis." : "";
    const under =
      this.log && this.plots.some((plot) => plot.scales?.range.under)
        ? " What is below 4e-15 of the largest value is drawn on the lower edge: float32 cannot tell it from 0."
        : "";
    const seldom = this.group === "movement" ? this.about.movement : "";
    return say(this.caption, `Numbers at step ${whole(row[0])}; ${this.about.rows(this.view.curves)}, ${whole(rows.length)} kept.${seldom}${dropped}${under}`);
  }
}

function figureOf(plot) {
  const several = plot.lines.length > 1;
  const words = plot.lines.map((line, i) =>
    h("li", {}, several ? h("span", {}, String(i + 1)) : null, sample(line.style), h("span", {}, line.label), plot.values[i]),
  );
  return h(
    "figure",
    { class: "dte-lp-plot", "data-plot": plot.id },
    h("figcaption", {}, h("b", {}, plot.title), plot.unit ? h("span", {}, plot.unit) : null),
    plot.stage.element,
    h("ul", { class: "dte-lp-key" }, ...words),
  );
}

/** A short piece of the line, as the legend shows it. */
function sample({ dash, ink, width }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS(svg.namespaceURI, "line");
  for (const [name, value] of Object.entries({ width: 26, height: 8, "aria-hidden": "true" })) svg.setAttribute(name, String(value));
  const look = { x1: 0, x2: 26, y1: 4, y2: 4, stroke: `var(--dte-${ink})`, "stroke-width": width, "stroke-dasharray": dash.join(" ") };
  for (const [name, value] of Object.entries(look)) line.setAttribute(name, String(value));
  svg.append(line);
  return svg;
}

function drawGrid(ctx, theme, s) {
  const { low, high, log } = s.range;
  const bottom = s.top + s.height;
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  for (const tick of log ? logTicks(low, high, 4) : niceTicks(low, high, 4)) {
    const y = Math.round(s.y(tick)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(s.left, y);
    ctx.lineTo(s.left + s.width, y);
    ctx.stroke();
    smallText(ctx, theme, compact(tick), s.left - 6, y, "right");
  }
  for (const tick of stepTicks(s.first, s.last, Math.max(2, s.width / 90))) {
    const x = Math.min(s.x(tick), s.left + s.width - 10);
    smallText(ctx, theme, compact(tick), x, bottom + 11, "center");
  }
}

function drawLine(ctx, theme, { dash, ink, width }, points) {
  ctx.strokeStyle = theme[ink];
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  let parted = true;
  for (let i = 0; i < points.length; i += 2) {
    if (!Number.isFinite(points[i])) parted = true;
    else {
      ctx[parted ? "moveTo" : "lineTo"](points[i], points[i + 1]);
      parted = false;
    }
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

function drawReference(ctx, theme, s) {
  const y = Math.round(s.y(s.reference.value)) + 0.5;
  drawLine(ctx, theme, { dash: [3, 4], ink: "muted", width: 1.2 }, [s.left, y, s.left + s.width, y]);
  haloText(ctx, theme, s.reference.words, s.left + 6, y - 9, "left", theme.muted);
}

/** The number of each line in the legend, at its end, pushed apart: told by place, not by colour alone. */
function drawNumbers(ctx, theme, s, ends) {
  const ys = spread(
    ends.map(({ y }) => y),
    12,
    s.top + 2,
    s.top + s.height - 2,
  );
  ends.forEach(({ number, style }, i) => haloText(ctx, theme, String(number), s.left + s.width + 6, ys[i], "left", theme[style.ink]));
}
