// @ts-check
// The tokens of a clip beside its frames: those of the step that is shown, coloured by code, and at each position how
// often they change over time. Both are linked with the page: a cell is the token there in the step that is shown.

import { Component } from "../../kit/component.js";
import { outline } from "../../kit/draw/colours.js";
import { colormap } from "../../kit/draw/colormaps.js";
import { moveToken } from "../../kit/draw/geometry.js";
import { paintTokens } from "../../kit/draw/token_pixels.js";
import { Stage } from "../../kit/stage/stage.js";
import { h, say } from "../../kit/widgets/dom.js";
import { unpack } from "../../kit/wire/encoding.js";
import { tile, untile } from "../../kit/wire/places.js";
import { selection } from "../../kit/wire/selection.js";
import { shown } from "../../kit/wire/shown.js";

const ORIGIN = "player";
const NUMBER_PX = 18; // side of a cell from which on its number is written into it

/** The cell of a board of rows x cols under (x, y) on W x H pixels, outermost beyond the edge. Pure. */
export function cellAt(x, y, { W, H }, rows, cols) {
  const part = (at, whole, count) => Math.min(count - 1, Math.max(0, Math.floor((at / whole) * count)));
  return { row: part(y, H, rows), col: part(x, W, cols) };
}

/** The codes of one step of a level whose tokens lie in a mosaic of `tiles`: {rows, cols, indices, palette}. Pure. */
export function stepLevel(level, tiles, step) {
  const [rows, cols] = [level.rows / tiles[0], level.cols / tiles[1]];
  const grid = [level.rows, level.cols];
  const indices = Array.from({ length: rows * cols }, (_, i) => level.indices[untile({ step, row: Math.floor(i / cols), col: i % cols }, grid, tiles)]);
  return { rows, cols, indices, palette: level.palette };
}

/** "row 3, column 4 changed in 2 of 6 pairs of steps". Pure. */
export const changeText = ({ row, col }, { counts, cols, pairs }) =>
  `Row ${row + 1}, column ${col + 1}: another token in ${counts[row * cols + col]} of ${pairs} ${pairs === 1 ? "pair" : "pairs"} of steps`;

/** Share of the colour scale: nothing changes, all do. Pure. */
export const changeShare = (count, pairs) => (pairs > 0 ? count / pairs : 0);

export class ClipBoards extends Component {
  /** step(): the one that is shown, from 0. */
  constructor(step) {
    super();
    this.step = step;
    this.value = null;
    this.changes = []; // of each level: {counts, rows, cols, pairs, words}
    this.pointed = null; // the cell
    this.painted = { key: null, picture: null };
    this.tokens = this.board("Tokens of the step that is shown, coloured by code", (ctx, size) => this.drawTokens(ctx, size));
    this.change = this.board("How often the token at each position changes over time", (ctx, size) => this.drawChange(ctx, size));
    this.scale = h("span", { class: "dte-clip-scale" }, h("span", {}, "never"), h("i", { "aria-hidden": "true" }), (this.most = h("span", {})));
    this.screens = [
      h("figure", {}, this.tokens.element, (this.tokensWords = h("figcaption", {}))),
      h("figure", {}, this.change.element, h("figcaption", {}, "Change over time", this.scale)),
    ];
    this.words = h("p", { class: "dte-player-caption dte-clip-words", role: "status" });
    this.own(selection.subscribe((state, before) => (state.level === before.level ? this.mark() : this.redraw())));
    this.own(shown.subscribe(() => this.redraw()));
  }

  board(label, draw) {
    const element = h("div", {
      class: "dte-board dte-clip-board",
      tabindex: 0,
      role: "application",
      "aria-label": `${label}. Arrow keys move the chosen token.`,
    });
    const on = {
      point: (x, y) => this.point(this.cell(x, y)),
      leave: () => this.point(null),
      press: (x, y) => this.choose(this.cell(x, y)),
      key: (key) => this.key(key),
    };
    return this.part(new Stage(element, { base: draw, marks: (ctx, size) => this.drawMarks(ctx, size) }, { on }));
  }

  load(value) {
    this.value = value;
    this.pointed = null;
    this.changes = value.changes.map(({ counts, ...rest }) => {
      const { array, shape } = unpack(counts);
      return { ...rest, counts: array, rows: shape[0], cols: shape[1] };
    });
    for (const { element } of [this.tokens, this.change]) element.style.aspectRatio = `${value.width} / ${value.height}`;
    this.painted.key = null;
    this.redraw();
  }

  /** The level on screen with the codes of the step; null while the page shows something else. */
  get level() {
    const { model } = shown;
    if (!this.value || model?.place?.kind !== "clip" || model.place.frames.length !== this.value.steps.length) return null;
    return model.levels[Math.min(selection.state.level, model.levels.length - 1)];
  }

  get changed() {
    return this.changes[Math.min(selection.state.level, this.changes.length - 1)] ?? null;
  }

  get tiles() {
    return shown.model.place.tiles;
  }

  now() {
    const { level } = this;
    if (!level) return null;
    const key = `${this.step()} ${selection.state.level}`;
    if (this.painted.key !== key || this.painted.level !== level) {
      const one = stepLevel(level, this.tiles, this.step());
      this.painted = { key, level, one, picture: paintTokens(one, one.cols, one.rows) };
    }
    return this.painted;
  }

  token(cell) {
    return untile({ step: this.step(), ...cell }, [this.level.rows, this.level.cols], this.tiles);
  }

  cell(x, y) {
    const now = this.now();
    return now && cellAt(x, y, this.tokens.size, now.one.rows, now.one.cols);
  }

  point(cell) {
    const still = cell && this.pointed && cell.row === this.pointed.row && cell.col === this.pointed.col;
    if (still) return;
    this.pointed = cell;
    const token = cell && this.token(cell);
    selection.hover(cell ? { code: this.level.indices[token], token, origin: ORIGIN } : { origin: ORIGIN });
    this.tell();
  }

  choose(cell) {
    if (!cell) return;
    const token = this.token(cell);
    selection.set({ level: selection.state.level, code: this.level.indices[token], token, origin: ORIGIN });
  }

  /** Arrows go over the cells of the step, from the chosen token or the first. */
  key(key) {
    const now = this.now();
    if (!now) return false;
    if (key === "Escape") {
      selection.set({ pinned: false, origin: ORIGIN });
      return true;
    }
    const { rows, cols } = now.one;
    const at = selection.state.token === null ? null : tile(selection.state.token, [this.level.rows, this.level.cols], this.tiles);
    const to = moveToken(at && at.step === this.step() ? at.row * cols + at.col : null, key, rows, cols);
    if (to === null) return false;
    this.choose({ row: Math.floor(to / cols), col: to % cols });
    return true;
  }

  /** Another step is shown. */
  moved() {
    this.tokens.redraw();
    this.change.remark();
    this.tell();
  }

  redraw() {
    this.tokens.redraw();
    this.change.redraw();
    this.tell();
  }

  mark() {
    this.tokens.remark();
    this.change.remark();
    this.tell();
  }

  tell() {
    const { changed, value } = this;
    if (!value) return;
    say(this.tokensWords, `Tokens of step ${this.step() + 1} of ${value.steps.length}`);
    if (!changed) return;
    this.screens[1].hidden = changed.pairs === 0;
    say(this.most, changed.pairs === 1 ? "once" : `${changed.pairs} times`);
    const cell = changed.pairs > 0 ? (this.pointed ?? this.chosenCell()) : null;
    say(this.words, cell ? `${changed.words} ${changeText(cell, changed)}.` : changed.words);
  }

  /** Of the chosen token, in whichever step it is. */
  chosenCell() {
    const { level } = this;
    const { token } = selection.state;
    if (!level || token === null || token >= level.indices.length) return null;
    const { row, col } = tile(token, [level.rows, level.cols], this.tiles);
    return { row, col };
  }

  drawTokens(ctx, { W, H }) {
    const now = this.now();
    if (!now) return;
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(now.picture, 0, 0, W, H);
  }

  drawChange(ctx, { W, H, theme }) {
    const { changed } = this;
    if (!changed || changed.pairs === 0) return;
    const { counts, rows, cols, pairs } = changed;
    const [w, tall] = [W / cols, H / rows];
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.font = `600 11px ${theme.font}`;
    counts.forEach((count, i) => {
      const [r, g, b] = colormap("viridis", changeShare(count, pairs));
      const [x, y] = [(i % cols) * w, Math.floor(i / cols) * tall];
      ctx.fillStyle = `rgb(${r},${g},${b})`;
      ctx.fillRect(Math.floor(x), Math.floor(y), Math.ceil(w) + 1, Math.ceil(tall) + 1);
      if (Math.min(w, tall) < NUMBER_PX) return;
      ctx.fillStyle = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "rgba(0,0,0,0.8)" : "rgba(255,255,255,0.9)";
      ctx.fillText(String(count), x + w / 2, y + tall / 2 + 0.5);
    });
  }

  /** The tokens of the code that is lit, and the one that is chosen or pointed at. */
  drawMarks(ctx, { W, H }) {
    const now = this.now();
    if (!now) return;
    const { code, token, hoverCode, hoverToken } = selection.state;
    const lit = hoverCode === null ? { code, token } : { code: hoverCode, token: hoverToken };
    if (lit.code === null) return;
    const { rows, cols, indices } = now.one;
    const box = (i) => [(i % cols) * (W / cols), Math.floor(i / cols) * (H / rows), W / cols, H / rows];
    outline(ctx, (c) => indices.forEach((one, i) => one === lit.code && c.rect(...box(i))), 1);
    const at = lit.token === null ? null : tile(lit.token, [this.level.rows, this.level.cols], this.tiles);
    if (!at || (at.step !== this.step() && lit.token !== token)) return;
    const [x, y, w, tall] = box(at.row * cols + at.col);
    outline(ctx, (c) => c.rect(x - 1, y - 1, w + 2, tall + 2), 2.5);
  }
}
