// @ts-check
// Two histograms over one axis: codes upwards, latents downwards. Where they miss each other, the codebook does.

import { significant } from "../../kit/wire/words.js";
import { h, toggle } from "../../kit/widgets/dom.js";
import { percent } from "../../kit/wire/format.js";
import { compact, logTicks, niceTicks } from "../../kit/draw/ticks.js";
import { createStage, haloText, say, smallText } from "../../kit/widgets/stage.js";
import { along, binned, binOf, commonAxis, shareWords, valueAt } from "./model.js";

const BINS = 48;
const MARGIN = { left: 12, right: 12, top: 22, bottom: 34 };
const ROOM_PX = 56; // of the word at the beginning of a log axis that does not reach down to all
const GAP = 17; // between the two, for the numbers of the axis

/**
 * A mirrored histogram. names: {first, second, axis, label}; bus: for the lit code; first lists one value a code.
 * show({first, second, codes, given, names, marks: [{at, text}]}): `given` is what is quantized, in the plural, and
 * `names` those that change with it; words(bin) go to onWords.
 */
export class Mirror {
  constructor(bus, names, redrawn) {
    this.bus = bus;
    this.names = names;
    this.redrawn = redrawn;
    this.data = this.log = this.bin = null;
    this.keyed = false;
    this.stage = createStage({
      label: `${names.label}. Left and right arrows go through the bins, Enter selects the codes of a bin.`,
      className: "cg-mirror",
      gap: 0,
      paint: (ctx, size) => this.paint(ctx, size),
      mark: (ctx, size) => this.mark(ctx, size),
      on: { point: (x) => this.point(x), leave: () => this.light(null), press: () => this.choose(), key: (key) => this.key(key) },
    });
    this.toggle = toggle("Log", "A log axis: equal steps are equal ratios", false, (on) => {
      this.log = on;
      this.prepare();
    });
    this.element = this.stage.element;
  }

  show(data) {
    this.data = data;
    this.names = { ...this.names, ...data.names };
    this.stage.describe(`${this.names.label}. Left and right arrows go through the bins, Enter selects the codes of a bin.`);
    this.log = null;
    this.prepare();
    this.toggle.querySelector("input").checked = this.axis.log;
  }

  prepare() {
    const { first, second } = this.data;
    this.axis = commonAxis([first, second], this.log);
    this.first = binned(first, this.axis, BINS);
    this.second = binned(second, this.axis, BINS);
    this.below = this.axis.log && [first, second].some((list) => list?.some((x) => x < this.axis.low * 0.999));
    this.bin = null;
    this.stage.redraw();
    this.redrawn();
  }

  plot({ W, H }) {
    const two = this.data.second?.length > 0;
    const [top, bottom] = [MARGIN.top, H - MARGIN.bottom + (two ? 16 : 0)];
    const middle = two ? (top + bottom) / 2 : bottom;
    return {
      left: MARGIN.left,
      width: Math.max(W - MARGIN.left - MARGIN.right, 1),
      top,
      bottom,
      two,
      up: middle - (two ? GAP / 2 : 0),
      down: middle + GAP / 2,
    };
  }

  x(plot, value) {
    return plot.left + plot.width * Math.min(1, Math.max(0, along(this.axis, value)));
  }

  paint(ctx, size) {
    if (!this.data) return;
    const { theme, W, H } = size;
    const plot = this.plot(size);
    this.bars(ctx, plot, this.first, plot.up, plot.top, theme.accent);
    if (plot.two) this.bars(ctx, plot, this.second, plot.down, plot.bottom, theme.bar);
    this.ticks(ctx, plot, theme);
    const peak = (counts, list) => percent(Math.max(...counts), list.length);
    haloText(ctx, theme, `${this.names.first} (top ${peak(this.first, this.data.first)} a bin)`, plot.left, 11, "left", theme.accent);
    if (plot.two) haloText(ctx, theme, `${this.names.second} (${peak(this.second, this.data.second)})`, plot.left, H - 10, "left", theme.muted);
    smallText(ctx, theme, this.names.axis, W - MARGIN.right, H - 10, "right");
    for (const { at, text, row } of this.data.marks ?? []) this.line(ctx, plot, theme, at, text, row);
  }

  bars(ctx, plot, counts, base, far, colour) {
    const top = Math.max(...counts, 1);
    const wide = plot.width / BINS;
    ctx.fillStyle = colour;
    counts.forEach((count, i) => {
      if (count === 0) return;
      const tall = Math.max(1.5, (Math.abs(far - base) * count) / top);
      ctx.fillRect(plot.left + i * wide + 0.5, far < base ? base - tall : base, Math.max(wide - 1, 0.5), tall);
    });
  }

  ticks(ctx, plot, theme) {
    const { low, high, log } = this.axis;
    ctx.strokeStyle = theme.line;
    ctx.lineWidth = 1;
    for (const y of plot.two ? [plot.up, plot.down] : [plot.up]) {
      ctx.beginPath();
      ctx.moveTo(plot.left, y + 0.5);
      ctx.lineTo(plot.left + plot.width, y + 0.5);
      ctx.stroke();
    }
    const y = plot.two ? (plot.up + plot.down) / 2 + 0.5 : plot.up + 10;
    if (this.below) smallText(ctx, theme, `≤ ${compact(low)}`, plot.left, y);
    for (const tick of log ? logTicks(low, high, 5) : niceTicks(low, high, 5)) {
      const x = this.x(plot, tick);
      if (this.below && x < plot.left + ROOM_PX) continue;
      const align = x < plot.left + 14 ? "left" : x > plot.left + plot.width - 18 ? "right" : "center";
      smallText(ctx, theme, compact(tick), x, y, align);
    }
  }

  line(ctx, plot, theme, at, text, row = 0) {
    if (!Number.isFinite(at)) return;
    const x = Math.round(this.x(plot, at)) + 0.5;
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1.2;
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    ctx.moveTo(x, plot.top);
    ctx.lineTo(x, plot.up);
    ctx.stroke();
    ctx.setLineDash([]);
    const left = x > plot.left + plot.width / 2;
    haloText(ctx, theme, text, x + (left ? -5 : 5), plot.top + 8 + 15 * row, left ? "right" : "left", theme.ink);
  }

  mark(ctx, size) {
    if (!this.data) return;
    const plot = this.plot(size);
    const { theme } = size;
    const wide = plot.width / BINS;
    if (this.bin !== null) {
      ctx.fillStyle = theme.ink;
      ctx.globalAlpha = 0.1;
      ctx.fillRect(plot.left + this.bin * wide, plot.top, wide, plot.bottom - plot.top);
      ctx.globalAlpha = 1;
    }
    const code = this.bus.state.hover ?? this.bus.state.code;
    const value = code === null ? undefined : this.data.first[this.data.place.get(code)];
    if (!Number.isFinite(value)) return;
    const x = this.x(plot, value);
    ctx.beginPath();
    ctx.moveTo(x, plot.up - 1);
    ctx.lineTo(x - 6, plot.up - 12);
    ctx.lineTo(x + 6, plot.up - 12);
    ctx.closePath();
    ctx.fillStyle = theme.ink;
    ctx.strokeStyle = theme.surface;
    ctx.lineWidth = 2;
    ctx.stroke();
    ctx.fill();
    haloText(ctx, theme, `code ${code}: ${significant(value)}`, Math.min(Math.max(x, 60), size.W - 60), plot.up - 20, "center", theme.ink);
  }

  /** What a bin holds, in words; null without one. */
  words() {
    if (this.bin === null || !this.data) return null;
    const [from, to] = [valueAt(this.axis, this.bin / BINS), valueAt(this.axis, (this.bin + 1) / BINS)];
    const parts = [shareWords(this.first[this.bin], this.data.first.length, "codes")];
    if (this.data.second?.length > 0) parts.push(shareWords(this.second[this.bin], this.data.second.length, this.data.given ?? "latents"));
    const start = this.below && this.bin === 0 ? "0" : significant(from);
    return `${start} to ${significant(to)}: ${parts.join(", ")}. A click selects the codes.`;
  }

  light(bin) {
    if (bin === this.bin) return;
    this.bin = bin;
    this.stage.remark();
    this.redrawn();
  }

  point(x) {
    if (!this.data) return;
    const plot = this.plot(this.stage.size);
    const t = (x - plot.left) / plot.width;
    this.light(t >= 0 && t < 1 ? Math.floor(t * BINS) : null);
  }

  choose() {
    if (this.bin === null) return;
    const { first, codes } = this.data;
    const found = new Set();
    first.forEach((value, i) => Number.isFinite(value) && binOf(this.axis, value, BINS) === this.bin && found.add(codes[i]));
    this.bus.set({ lasso: found });
  }

  key(key) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by) this.light(Math.min(BINS - 1, Math.max(0, (this.bin ?? (by > 0 ? -1 : BINS)) + by)));
    else if (key === "Enter") this.choose();
    else if (key === "Escape") this.light(null);
    else return false;
    return true;
  }
}

/** A figure: title, tools, stage, words, table and files. rows() fills the table when it is opened; name() gives it another
 *  title and head. */
export function figure(id, title, { tools = [], stage, files, head, rows }) {
  const words = h("p", { class: "cg-words" });
  const body = h("tbody", {});
  const table = h(
    "details",
    { class: "cg-table" },
    h("summary", {}, "As a table"),
    h(
      "div",
      { class: "cg-scroll", tabindex: 0, role: "region", "aria-label": `${title}, table` },
      h("table", {}, h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))), body),
    ),
  );
  const fill = () => table.open && body.replaceChildren(...rows().map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, String(cell))))));
  table.addEventListener("toggle", fill);
  const buttons = files.map(([text, label, act]) => h("button", { type: "button", class: "dte-link", "aria-label": label, title: label, onclick: act }, text));
  const element = h(
    "section",
    { class: `cg-figure cg-${id}`, "data-figure": id, "aria-label": title },
    h("div", { class: "cg-head" }, h("h4", {}, title), h("div", { class: "cb-tools" }, ...tools)),
    stage,
    words,
    h("div", { class: "cg-foot" }, table, h("div", { class: "cb-exports" }, ...buttons)),
  );
  const name = (said, columns) => {
    element.setAttribute("aria-label", said);
    element.querySelector("h4").textContent = said;
    table.querySelector("thead tr").replaceChildren(...columns.map((column) => h("th", { scope: "col" }, column)));
  };
  return { element, say: (text) => say(words, text), fill, name };
}
