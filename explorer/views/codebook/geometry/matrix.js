// @ts-check
// Cosines of codes with each other, alike ones side by side. Blue against, pale across, orange along; pointing names two.

import { colormap } from "../../kit/draw/colormaps.js";
import { outline } from "../../kit/draw/colours.js";
import { packed } from "../../kit/draw/ticks.js";
import { createStage } from "../../kit/widgets/stage.js";
import { cosineOf, pairWords } from "./model.js";

const PALETTE = Uint32Array.from({ length: 256 }, (_, byte) => packed(colormap("diverging", byte / 255)));

/** The matrix as pixels, one a pair: Uint32Array of RGBA. Pure. */
export const matrixPixels = (bytes) => Uint32Array.from(bytes, (byte) => PALETTE[byte]);

/** changed() when another pair is pointed at. */
export class CosineMatrix {
  constructor(bus, changed) {
    this.bus = bus;
    this.changed = changed;
    this.data = this.pair = null;
    this.stage = createStage({
      label: "Cosines of codes with each other. Arrow keys go from pair to pair, Enter selects the code of the row.",
      className: "cg-matrix",
      gap: 0,
      paint: (ctx, size) => this.paint(ctx, size),
      mark: (ctx, size) => this.mark(ctx, size),
      on: { point: (x, y) => this.point(x, y), leave: () => this.light(null), press: () => this.choose(), key: (key) => this.key(key) },
    });
    this.element = this.stage.element;
  }

  /** cosine: {side, values (side * side bytes), codes (side)}. */
  show(cosine) {
    const n = cosine.codes.length;
    this.data = { ...cosine, n, place: new Map(Array.from(cosine.codes, (code, i) => [code, i])) };
    this.canvas = new OffscreenCanvas(n, n);
    const image = new ImageData(new Uint8ClampedArray(matrixPixels(cosine.values).buffer), n, n);
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.pair = null;
    this.stage.redraw();
  }

  box({ W, H }) {
    const side = Math.min(W, H) - 2;
    return { left: (W - side) / 2, top: (H - side) / 2, side };
  }

  paint(ctx, size) {
    if (!this.data) return;
    const { left, top, side } = this.box(size);
    ctx.imageSmoothingEnabled = this.data.n > side;
    ctx.drawImage(this.canvas, left, top, side, side);
  }

  mark(ctx, size) {
    if (!this.data) return;
    const { left, top, side } = this.box(size);
    const cell = side / this.data.n;
    const { hover, code } = this.bus.state;
    const rows = this.pair ?? [this.data.place.get(hover ?? code)];
    const thick = Math.max(cell, 2);
    rows.forEach((row, i) => {
      if (row === undefined) return;
      const at = row * cell + cell / 2 - thick / 2;
      if (i === 0) outline(ctx, (c) => c.rect(left, top + at, side, thick), 0.8);
      if (i === 1 || !this.pair) outline(ctx, (c) => c.rect(left + at, top, thick, side), 0.8);
    });
  }

  words() {
    if (!this.pair || !this.data) return null;
    const [row, column] = this.pair;
    const { codes, n, values } = this.data;
    return pairWords(codes[row], codes[column], cosineOf(values[row * n + column]));
  }

  light(pair) {
    if (String(pair) === String(this.pair)) return;
    this.pair = pair;
    this.bus.hover(pair ? this.data.codes[pair[0]] : null);
    this.stage.remark();
    this.changed();
  }

  point(x, y) {
    if (!this.data) return;
    const { left, top, side } = this.box(this.stage.size);
    const row = Math.floor(((y - top) / side) * this.data.n);
    const column = Math.floor(((x - left) / side) * this.data.n);
    const inside = row >= 0 && column >= 0 && row < this.data.n && column < this.data.n;
    this.light(inside ? [row, column] : null);
  }

  choose() {
    if (this.pair) this.bus.set({ code: this.data.codes[this.pair[0]] });
  }

  key(key) {
    const ways = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (key === "Enter") this.choose();
    else if (key === "Escape") this.light(null);
    else if (ways[key] && this.data) {
      const last = this.data.n - 1;
      this.light((this.pair ?? [0, 0]).map((at, i) => Math.min(last, Math.max(0, at + (this.pair ? ways[key][i] : 0)))));
    } else return false;
    return true;
  }
}
