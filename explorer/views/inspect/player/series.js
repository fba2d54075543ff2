// @ts-check
// A series and what its tokens decode to: a lane of lines for each column, its tokens under it, linked with the page; and
// what one token does when it is off by one.

import { paintTokens } from "../../kit/draw/token_pixels.js";
import { Component } from "../../kit/component.js";
import { h, say, segments, toggle } from "../../kit/widgets/dom.js";
import { Painter } from "../../kit/stage/pace.js";
import { Stage } from "../../kit/stage/stage.js";
import { moveToken } from "../../kit/draw/geometry.js";
import { unpack } from "../../kit/wire/encoding.js";
import { countOf, partNoun } from "../../kit/wire/format.js";
import { placeText, rowsOf } from "../../kit/wire/places.js";
import { significant } from "../../kit/wire/words.js";
import { selection } from "../../kit/wire/selection.js";
import { shown } from "../../kit/wire/shown.js";
import { drawBase, drawMarks, drawPlayhead, laneAt, seriesGeometry, stepAt } from "../../kit/draw/series_lanes.js";
import { StickFigure } from "./figure.js";
import { listenForWindow } from "./pan.js";
import { clampWindow, follow, toTime, zoomWindow } from "../../kit/draw/time.js";

export const ORIGIN = "player";
const OFF_PAUSE_MS = 160; // Python hears of the last of a run of arrow keys
const HINT = "Point at a token; click to keep it. Scroll to zoom into time, drag to move on.";
const LINES = [
  { id: "both", label: "Both", title: "Original and reconstruction" },
  { id: "original", label: "Original", title: "The original alone" },
  { id: "reconstruction", label: "Reconstruction", title: "What the tokens decode to, alone" },
];

/** (D, T) packed -> one Float32Array a column. */
export function columnsOf(packed) {
  const { array, shape } = unpack(packed);
  return Array.from({ length: shape[0] }, (_, place) => array.subarray(place * shape[1], (place + 1) * shape[1]));
}

/** The tokens that are sent in the same piece as `token`; none where it is sent alone. Pure. */
export function togetherWith(of, token) {
  if (!of || token === null || token >= of.length) return [];
  const found = [];
  for (let one = 0; one < of.length; one++) if (of[one] === of[token]) found.push(one);
  return found.length > 1 ? found : [];
}

export class SeriesPlayer extends Component {
  constructor(root, desk) {
    super();
    this.root = root;
    this.desk = desk;
    this.value = this.level = this.window = this.pointed = this.off = null;
    this.lines = "both";
    this.showsOff = true;
    this.build();
    this.pointer();
    this.own(selection.subscribe((state, before) => this.follow(state, before)));
    this.own(shown.subscribe(() => this.takeLevels()));
  }

  build() {
    this.which = segments("Lines", (id) => {
      this.lines = id;
      this.stage.redraw();
    });
    const off = toggle("One off", "Show what the chosen token decodes to if its number is one higher", true, (on) => {
      this.showsOff = on;
      this.askOff();
    });
    const closer = h(
      "button",
      { type: "button", class: "dte-link", title: "Zoom into time, about the chosen token (+)", onclick: () => this.zoomIn(2) },
      "Zoom in",
    );
    this.reset = h("button", { type: "button", class: "dte-link", hidden: true, onclick: () => this.setWindow(null) }, "Whole series");
    const words = "Lines of every column over time, with its tokens under them. Arrow keys move the chosen token, plus and minus zoom.";
    this.field = h("div", { class: "dte-player-stage", tabindex: 0, role: "application", "aria-label": words });
    const painter = this.part(new Painter(() => this.count()));
    const layers = { base: (ctx) => this.drawBase(ctx), marks: (ctx) => this.drawMarks(ctx) };
    this.stage = this.part(new Stage(this.field, layers, { finest: 3, painter }));
    this.onResize(this.field, () => this.lay());
    this.readout = h("p", { class: "dte-player-readout", "data-part": "readout" }, HINT);
    this.offWords = h("p", { class: "dte-player-readout dte-player-off", role: "status", hidden: true });
    this.caption = h("p", { class: "dte-player-caption" });
    this.figure = this.part(new StickFigure(() => this.stage.remark()));
    this.key = h("span", { class: "dte-player-key" }, h("i", { class: "is-original" }), "original", h("i", { class: "is-decoded" }), "reconstruction");
    const tools = h("div", { class: "dte-player-tools" }, this.which.element, this.key, off, closer, this.reset);
    const lines = h("div", {}, this.field, this.readout, this.offWords, this.caption);
    this.body = h("div", {}, h("h3", {}, "Series"), tools, h("div", { class: "dte-series-sides" }, lines, this.figure.element));
  }

  load(value) {
    const same = this.value !== null && this.value.key === value.key;
    this.value = { ...value, original: columnsOf(value.original), reconstruction: value.reconstruction && columnsOf(value.reconstruction) };
    this.pieces = value.pieces ? unpack(value.pieces.of).array : null;
    if (!same) this.window = null;
    this.figure.load(value.figure ?? null, value.rows, value.rate, same);
    this.which.options(value.reconstruction ? LINES : LINES.slice(1, 2), value.reconstruction ? this.lines : "original");
    this.key.hidden = !value.reconstruction;
    const sent = value.pieces
      ? `${countOf(this.pieces.length, "integer")} sent as ${countOf(value.pieces.sent, "piece")} of a vocabulary of ${value.pieces.vocabulary.toLocaleString("en-US")}.`
      : "";
    say(this.caption, [value.reconstruction ? value.caption : "This tokenizer has no decoder: only the original is drawn.", sent].filter(Boolean).join(" "));
    this.caption.hidden = !this.caption.textContent;
    this.takeLevels();
  }

  stop() {
    this.figure.stop();
    this.value = this.level = this.off = null;
  }

  takeLevels() {
    if (!this.value) return;
    const { model } = shown;
    const levels = model?.place?.kind === "series" ? model.levels : [];
    const level = levels[Math.min(selection.state.level, levels.length - 1)] ?? null;
    this.level = level && level.rows === this.value.columns.length ? { ...level, picture: paintTokens(level, level.cols, level.rows) } : null;
    this.place = model?.place ?? null;
    this.lay();
    this.askOff();
  }

  lay() {
    if (!this.value) return;
    this.geometry = seriesGeometry(this.value.columns.length, this.field.clientWidth);
    this.field.style.height = `${this.geometry.height}px`;
    this.stage.redraw();
  }

  get chunk() {
    return this.place?.chunk ?? 1;
  }

  // The window of time, in rows.
  get view() {
    return this.window ?? { from: 0, to: this.value.rows };
  }

  setWindow(window) {
    const whole = window !== null && window.to - window.from >= this.value.rows - 1e-6;
    this.window = whole ? null : window;
    this.reset.hidden = this.window === null;
    this.stage.redraw();
  }

  zoomIn(factor) {
    if (!this.value) return;
    const { from, to } = this.view;
    const { token } = selection.state;
    const chosen = token === null || !this.level ? null : rowsOf(token, [this.level.rows, this.level.cols], { rows: this.value.rows, chunk: this.chunk }).from;
    this.setWindow(zoomWindow(this.view, chosen !== null && chosen >= from && chosen <= to ? chosen : (from + to) / 2, factor, this.value.rows));
  }

  frame() {
    if (!this.value || !this.geometry) return null;
    const { geometry, value } = this;
    const width = this.stage.size.W - geometry.gutter;
    if (width < 20) return null;
    return { window: this.view, width, rows: value.rows, rate: value.rate, columns: value.columns, geometry, theme: this.stage.size.theme };
  }

  drawBase(ctx) {
    const frame = this.frame();
    if (!frame) return;
    const { original, reconstruction } = this.value;
    const both = this.lines === "both" && reconstruction;
    const lines = [];
    if (!reconstruction || this.lines !== "reconstruction") lines.push({ values: original, colour: frame.theme.ink, width: both ? 2.5 : 1.5 });
    if (reconstruction && this.lines !== "original") lines.push({ values: reconstruction, colour: frame.theme.accent, width: 1.5 });
    drawBase(ctx, frame, { lines, level: this.level, chunk: this.chunk });
  }

  drawMarks(ctx) {
    const frame = this.frame();
    if (!frame) return;
    const { code, token, hoverCode, hoverToken } = selection.state;
    const lit = hoverCode === null ? { code, token } : { code: hoverCode, token: hoverToken };
    const known = this.level && lit.code !== null && lit.code < this.level.K;
    const marks = known ? lit : { code: null, token: null };
    const together = this.level && selection.state.level === 0 ? togetherWith(this.pieces, marks.token) : [];
    drawMarks(ctx, frame, { level: this.level, chunk: this.chunk, ...marks, together, off: this.off?.values ?? null });
    if (this.figure.value) drawPlayhead(ctx, frame, this.figure.row);
  }

  /** How often something was drawn, for whoever waits for it. */
  count() {
    if (this.frame()) this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
  }

  // What the chosen token does when it is off by one.
  askOff() {
    this.off = null;
    this.offWords.hidden = true;
    this.figure.showOff(null);
    this.stage.remark();
    const { token, level } = selection.state;
    const wanted = this.showsOff && this.level && token !== null && this.value?.reconstruction && token < this.level.indices.length;
    this.offPause?.();
    this.offPause = wanted ? this.after(() => this.fetchOff(level, token), OFF_PAUSE_MS) : null;
  }

  async fetchOff(level, position) {
    try {
      const answer = await this.desk.figure("off", { level, position, by: 1 });
      if (this.disposed || !this.value || selection.state.token !== position || selection.state.level !== level) return;
      this.off = { values: columnsOf(answer.values).map((values, place) => this.changed(values, place)) };
      say(this.offWords, answer.words);
      this.figure.showOff(answer.figure);
    } catch (error) {
      if (error.stale || this.disposed) return;
      say(this.offWords, error.message);
    }
    this.offWords.hidden = false;
    this.stage.remark();
  }

  /** A line where it is another one than the reconstruction, NaN elsewhere; null where it is nowhere. */
  changed(values, place) {
    const { low, high } = this.value.columns[place];
    const apart = values.map((value, row) => (Math.abs(value - this.value.reconstruction[place][row]) > 1e-5 * (high - low) ? value : NaN));
    return apart.every(Number.isNaN) ? null : apart;
  }

  // The pointer and the keyboard.
  under(event) {
    const frame = this.frame();
    if (!frame) return null;
    const [x, y] = this.stage.at(event);
    const at = toTime(frame.window, x - frame.geometry.gutter, frame.width);
    const column = laneAt(frame.geometry, y);
    const step = this.level && x >= frame.geometry.gutter ? stepAt(at, this.level.cols, frame.rows) : -1;
    return { at, column, token: column >= 0 && step >= 0 ? column * this.level.cols + step : -1 };
  }

  pointer() {
    listenForWindow(
      this,
      () => this.value.rows,
      () => this.geometry.gutter,
    );
    this.listen(this.field, "keydown", (event) => this.pressKey(event));
  }

  point(under) {
    this.pointed = under !== null && under.token >= 0 ? under : null;
    if (this.pointed) selection.hover({ code: this.level.indices[under.token], token: under.token, origin: ORIGIN });
    else selection.hover({ origin: ORIGIN });
    if (under && under.at >= 0 && under.at < this.value.rows) this.figure.point(Math.floor(under.at));
    this.tell();
    this.stage.remark();
  }

  choose(under) {
    if (!under || under.token < 0) return;
    selection.set({ code: this.level.indices[under.token], token: under.token, origin: ORIGIN });
  }

  pressKey(event) {
    if (!this.value || event.altKey || event.ctrlKey || event.metaKey) return;
    const { level } = this;
    const { token, code } = selection.state;
    const zoom = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    const to = level ? moveToken(token ?? (code === null ? null : (level.tokensOf(code)[0] ?? null)), event.key, level.rows, level.cols) : null;
    if (event.key === "Escape") selection.set({ pinned: false, origin: ORIGIN });
    else if (event.key === "0") this.setWindow(null);
    else if (zoom) this.zoomIn(zoom);
    else if (to !== null) {
      selection.set({ code: level.indices[to], token: to, origin: ORIGIN });
      const row = ((to % level.cols) * this.value.rows) / level.cols;
      if (this.window) this.setWindow(clampWindow(follow(this.window, row, this.value.rows), this.value.rows));
    } else return;
    event.preventDefault();
  }

  follow(state, before) {
    if (!this.value) return;
    if (state.level !== before.level) this.takeLevels();
    else if (state.token !== before.token) this.askOff();
    this.stage.remark();
  }

  /** The values under the pointer, in the unit of their column. */
  tell() {
    const under = this.pointed;
    if (!under) return say(this.readout, HINT);
    const { columns, original, reconstruction, rows } = this.value;
    const row = Math.min(rows - 1, Math.floor(under.at));
    const number = (values) => `${significant(values[under.column][row])} ${columns[under.column].unit}`.trim();
    const made = reconstruction ? `, reconstruction ${number(reconstruction)}` : "";
    const several = shown.model.levels.length > 1 ? `${partNoun(shown.model.combination)} ${selection.state.level + 1}, ` : "";
    const with_ = selection.state.level === 0 ? togetherWith(this.pieces, under.token).length : 0;
    const piece = with_ ? ` · sent with ${countOf(with_ - 1, "other")} as one piece` : "";
    const where = placeText(under.token, [this.level.rows, this.level.cols], this.place);
    return say(this.readout, `${several}code ${this.level.indices[under.token]}, ${where}${piece} · here original ${number(original)}${made}`);
  }
}
