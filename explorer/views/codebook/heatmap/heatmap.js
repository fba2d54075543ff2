// @ts-check
// The dead-code heatmap: all codes of a level in one picture. Zoom and pan are those of all zooming stages.

import { Component } from "../../kit/component.js";
import { countScale, gridShape, layCells, moveCell } from "./grid.js";
import { createPainting } from "./paint.js";
import { codeWords, heatmapCaption, heatmapTable, legendOf, ORDERS, shownCodes } from "./words.js";
import { litCode } from "../link.js";
import { foldedTable, furnish, saveCsv, saveFigure } from "../../kit/widgets/panel.js";
import { codesIn, isOf, rankOf, tally, termsOf, usageOrder } from "../states.js";
import { viridis } from "../../kit/draw/colormaps.js";
import { helpTerms } from "../../kit/page/help.js";
import { h, say, segments } from "../../kit/widgets/dom.js";
import { countOf, whole } from "../../kit/wire/format.js";
import { Painter } from "../../kit/stage/pace.js";
import { ZoomStage } from "../../kit/stage/zoom.js";
import { label, outline, readTheme } from "../../kit/draw/colours.js";
import { compact, logTicks } from "../../kit/draw/ticks.js";

const SMALL_PX = 7; // a cell below this size is found by a ring around it

class Heatmap extends Component {
  constructor(host, bus) {
    super();
    this.host = host;
    this.bus = bus;
    this.painting = this.cells = null;
    this.frames = 0;
    this.build();
    const events = {
      moved: () => this.moved(),
      hover: (_, hit) => this.point(hit?.code ?? null),
      click: (_, hit) => this.choose(hit.code),
    };
    const painter = this.part(new Painter((jobs, ms) => this.drawn(jobs, ms)));
    this.stage = this.part(new ZoomStage(this.field, this, events, { painter }));
    this.listen(this.field, "keydown", (event) => this.key(event));
    this.listen(this.field, "blur", () => this.point(null));
    this.onTheme(() => this.repaint());
    this.own(bus.on(["open", "level"], () => this.show()));
    this.own(bus.on(["order"], () => this.arrange()));
    this.own(bus.on(["lasso"], () => this.repaint()));
    this.own(bus.on(["hover", "code"], () => this.follow()));
    this.show();
  }

  build() {
    const label = "All codes of the codebook. Arrow keys move, Enter chooses, plus and minus zoom, 0 shows all.";
    this.field = h("div", { class: "dte-board dte-lp-stage cb-heat-stage", tabindex: 0, role: "application", "aria-label": label });
    this.order = segments("Order of the codes", (id) => this.bus.set({ order: id }));
    const zoom = (text, title, factor) =>
      h("button", { type: "button", class: "cb-zoom", title, "aria-label": title, onclick: () => this.stage.zoomBy(factor) }, text);
    this.out = zoom("−", "Zoom out", 1 / 1.6);
    this.reset = h("button", { type: "button", class: "dte-link", hidden: true, title: "Show all codes again", onclick: () => this.stage.reset() }, "Show all");
    const buttons = h("span", { class: "cb-zooms" }, this.out, zoom("+", "Zoom in", 1.6));
    this.readout = h("p", { class: "cb-readout", "aria-live": "polite" });
    this.ramp = createRamp();
    this.keys = h("div", { class: "cb-keys", role: "group", "aria-label": "States: choose one to light its codes" });
    const exports = [
      ["PNG", "Heatmap as it is on screen, PNG", () => this.savePicture()],
      ["CSV", "Count and state of every code, CSV", () => saveCsv(this.bus, heatmapTable(this.level, this.placed, this.cells), "codes")],
    ];
    const legend = h("div", { class: "cb-legend" }, this.ramp.element, this.keys);
    const total = () => this.bus.state.lasso?.size || this.level.codebook_size;
    this.table = foldedTable("All codes", ["Place", "Code", "Tokens", "Share", "State"], (most) => this.rows(most), total);
    const parts = furnish(this.host, "heatmap", "All codes", { tools: [this.reset, buttons, this.order.element], exports }, this.field, this.readout, legend);
    parts.foot.after(this.table.element);
    this.caption = parts.caption;
  }

  /** Another level or audit: whole view, new cells. */
  show() {
    this.level = this.bus.level();
    this.host.hidden = !this.level;
    if (!this.level) return;
    this.byUsage = usageOrder(this.level.counts);
    this.rank = rankOf(this.byUsage);
    this.scale = countScale(this.level.counts);
    if (this.shownSize !== this.level.codebook_size) this.stage.shared.view = null;
    this.shownSize = this.level.codebook_size;
    this.found = tally(this.level.state);
    this.fillLegend();
    this.arrange();
  }

  get kind() {
    const wanted = this.bus.state.order;
    return (wanted === "map" && !this.level.map_order) || !ORDERS.some(({ id }) => id === wanted) ? "usage" : wanted;
  }

  arrange() {
    const { level, kind } = this;
    if (!level) return;
    const numbers = () => Uint32Array.from({ length: level.codebook_size }, (_, i) => i);
    this.placed = { usage: () => this.byUsage, number: numbers, map: () => level.map_order }[kind]();
    this.order.options(
      ORDERS.filter(({ id }) => id !== "map" || level.map_order),
      kind,
    );
    this.cells = layCells(this.placed, kind, gridShape(level.codebook_size, this.field.clientWidth || 512));
    this.field.style.aspectRatio = `${this.cells.cols} / ${this.cells.rows}`;
    say(this.caption, heatmapCaption(level, kind));
    const words = legendOf(level, this.found).map(({ word, count }) => `${whole(count)} ${word}`);
    this.stage.describe(`Heatmap of ${countOf(level.codebook_size, "code")}: ${words.join(", ")}`);
    this.repaint();
  }

  repaint() {
    this.painting = null;
    this.theme = null;
    this.showLasso();
    if (this.level) this.table.refresh();
    this.stage.redraw();
    this.follow();
  }

  rows(most) {
    const button = (code) => h("button", { type: "button", onclick: () => this.choose(code) }, String(code));
    return shownCodes(this.level, this.placed, this.bus.state.lasso, most).map(([place, code, ...rest]) => [place, button(code), ...rest]);
  }

  size() {
    return this.cells ? { w: this.cells.cols, h: this.cells.rows, pad: 0 } : null;
  }

  drawBase(ctx, frame) {
    if (!this.level) return;
    this.theme ??= readTheme(this.host);
    const { level, cells, scale, theme } = this;
    this.painting ??= createPainting({ cells, counts: level.counts, state: level.state, scale, theme, lasso: this.bus.state.lasso });
    this.painting.draw(ctx, frame);
  }

  drawOverlay(ctx, { place, s, W, H }) {
    this.theme ??= readTheme(this.host);
    const { code, hover } = this.bus.state;
    const box = (one) => {
      const cell = this.cells.cellOf[one];
      return place(cell % this.cells.cols, Math.floor(cell / this.cells.cols));
    };
    const mark = (one, width) => {
      const [x, y] = box(one);
      if (s >= SMALL_PX) return outline(ctx, (path) => path.rect(x, y, s, s), width);
      return outline(ctx, (path) => path.arc(x + s / 2, y + s / 2, SMALL_PX, 0, 2 * Math.PI), width);
    };
    if (code !== null) mark(code, 2.5);
    if (hover === null) return;
    if (hover !== code) mark(hover, 1.5);
    const [x, y] = box(hover);
    if (x > -s && y > -s && x < W && y < H) label(ctx, this.theme, `code ${hover} · ${countOf(this.level.counts[hover], "token")}`, x + s / 2, y, W, H);
  }

  hit(x, y) {
    const { cols, rows, codeAt } = this.cells;
    const [col, row] = [Math.floor(x), Math.floor(y)];
    if (col < 0 || row < 0 || col >= cols || row >= rows) return null;
    const code = codeAt[row * cols + col];
    return code < 0 ? null : { code };
  }

  point(code) {
    if (code === this.bus.state.hover) return;
    if (code === null && !this.pointed) return; // another panel's hover is not ours to end
    this.pointed = code !== null;
    this.bus.hover(code);
  }

  choose(code) {
    this.bus.set({ code });
  }

  key(event) {
    if (!this.cells || event.altKey || event.ctrlKey || event.metaKey) return;
    const { stage } = this;
    const zoom = { "+": 1.6, "=": 1.6, "-": 1 / 1.6 }[event.key];
    const lit = litCode(this.bus.state);
    if (zoom) this.zoomAtCode(lit, zoom);
    else if (event.key === "0") stage.reset();
    else if (event.key === "Enter" || event.key === " ") lit === null || this.choose(lit);
    else if (event.key === "Escape") this.bus.state.hover === null ? this.bus.set({ code: null, lasso: null }) : this.point(null);
    else if (!this.step(event.key, lit, event.shiftKey ? 8 : 1)) return;
    event.preventDefault();
  }

  step(key, lit, by) {
    const start = lit === null ? 0 : this.cells.cellOf[lit];
    const next = moveCell(start, key, this.cells, by);
    if (next === null) return false;
    this.point(this.cells.codeAt[lit === null ? 0 : next]);
    this.stage.reveal((next % this.cells.cols) + 0.5, Math.floor(next / this.cells.cols) + 0.5);
    return true;
  }

  zoomAtCode(lit, factor) {
    const { stage } = this;
    const frame = stage.frame();
    const cell = lit === null ? null : this.cells.cellOf[lit];
    const at =
      frame && cell !== null ? frame.place((cell % this.cells.cols) + 0.5, Math.floor(cell / this.cells.cols) + 0.5) : [stage.size.W / 2, stage.size.H / 2];
    stage.zoom(at[0], at[1], factor);
  }

  moved() {
    this.reset.hidden = !this.stage.zoomed;
    this.stage.redraw();
  }

  /** data-frames counts drawings of the cells, for whoever measures the pace. */
  drawn(jobs, ms) {
    if (!this.cells || !jobs.get(this.stage)?.has("base")) return;
    this.host.dataset.frames = this.frames += 1;
    this.host.dataset.drawMs = ms.toFixed(1);
  }

  follow() {
    this.stage.remark();
    const lit = litCode(this.bus.state);
    const known = this.level && lit !== null && lit < this.level.codebook_size;
    const hint = "Point at a cell, click to open its code. Scroll or pinch to zoom, drag to move.";
    say(this.readout, known ? `${codeWords(this.level, lit, this.rank)}.` : hint);
    this.readout.classList.toggle("cb-lit", Boolean(known));
  }

  fillLegend() {
    this.ramp.show(this.scale);
    this.keys.replaceChildren(
      ...legendOf(this.level, this.found).map(({ id, state, word, count, share }) =>
        h(
          "button",
          { type: "button", class: "cb-key", "data-state": state, title: "Choose to light them", disabled: count === 0, onclick: () => this.light(state) },
          h("i", { class: `cb-swatch cb-swatch-${id}`, "aria-hidden": "true" }),
          h("span", {}, word),
          h("b", {}, whole(count)),
          h("span", {}, share),
        ),
      ),
      helpTerms(termsOf(this.level)),
    );
  }

  /** All codes of a group, as if lassoed; once more lets go. */
  light(group) {
    this.bus.set({ lasso: this.isLit(group) ? null : new Set(codesIn(this.level.state, group)) });
  }

  /** Whether the codes of a group are exactly the lassoed ones. */
  isLit(group) {
    const { lasso } = this.bus.state;
    if (!lasso?.size || lasso.size !== legendOf(this.level, this.found).find(({ state }) => state === group)?.count) return false;
    for (const code of lasso) if (!isOf(this.level.state[code], group)) return false;
    return true;
  }

  showLasso() {
    if (!this.level) return;
    for (const key of this.keys.querySelectorAll(".cb-key")) key.setAttribute("aria-pressed", String(this.isLit(Number(key.dataset.state))));
  }

  savePicture() {
    const { theme, stage, level } = this;
    const words = legendOf(level, this.found).map(({ word, count, share }) => `${word} ${whole(count)} (${share})`);
    saveFigure(this.bus, [stage.canvases.base], theme, [heatmapCaption(level, this.kind), `Codes: ${words.join(", ")}.`], "heatmap", this.kind);
  }
}

/** The ramp of colours with its counts. */
function createRamp() {
  const stops = Array.from({ length: 10 }, (_, i) => viridis(i / 9)).join(",");
  const ticks = h("span", { class: "dte-lp-ramp-ticks", "aria-hidden": "true" });
  const bar = h("span", { class: "dte-lp-ramp", style: `background:linear-gradient(90deg,${stops})` });
  const element = h("span", { class: "dte-lp-scale" }, h("span", {}, "tokens a code"), h("span", { class: "dte-lp-rampbox" }, bar, ticks));
  return {
    element,
    show({ low, high, share }) {
      const inner = logTicks(low, high, 4).filter((tick) => share(tick) > 0.14 && share(tick) < 0.86);
      const marks = high > low ? [low, ...inner, high] : [high];
      ticks.replaceChildren(...marks.map((tick) => h("span", { style: `left:${(100 * share(tick)).toFixed(1)}%` }, compact(tick))));
    },
  };
}

export function mount(host, bus) {
  return new Heatmap(host, bus);
}
