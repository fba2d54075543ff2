// @ts-check
// What went in against what came out: pairs of pictures, or points joined to their reconstructions.

import { Component } from "../../kit/component.js";
import { chartStage } from "../../kit/stage/stage.js";
import { furnish } from "../../kit/player/panel.js";
import { memory } from "../../kit/stage/pace.js";
import { smallText } from "../../kit/draw/text.js";
import { significant } from "../../kit/wire/words.js";
import { h, say } from "../../kit/widgets/dom.js";
import { countOf, whole } from "../../kit/wire/format.js";

const LABEL_PX = 88; // names of the two rows
const GAP_PX = 6;
const ROW_GAP_PX = 16; // between pairs that do not fit side by side
const WANTED_PX = 56; // side of a picture on screen, at least
const PAD = 14;

/** RGBA bytes of picture `i` of a stack (m, h, w) or (m, h, w, 3) of bytes. */
export function rgbaOf({ array, shape }, i) {
  const [, height, width, channels = 1] = shape;
  const pixels = height * width;
  const out = new Uint8ClampedArray(4 * pixels);
  for (let p = 0; p < pixels; p++) {
    const at = (i * pixels + p) * channels;
    for (let c = 0; c < 3; c++) out[4 * p + c] = array[channels === 1 ? at : at + c];
    out[4 * p + 3] = 255;
  }
  return out;
}

/** Mean absolute error of each pair, in steps of 0 to 255. */
export function pictureErrors(inputs, outputs) {
  const size = inputs.array.length / Math.max(inputs.shape[0], 1);
  return Array.from({ length: inputs.shape[0] }, (_, i) => {
    let sum = 0;
    for (let j = i * size; j < (i + 1) * size; j++) sum += Math.abs(inputs.array[j] - outputs.array[j]);
    return sum / size;
  });
}

/** Mean distance of the points from their reconstructions. */
export function pointError(inputs, outputs) {
  const n = inputs.shape[0];
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.hypot(inputs.array[2 * i] - outputs.array[2 * i], inputs.array[2 * i + 1] - outputs.array[2 * i + 1]);
  return n > 0 ? sum / n : 0;
}

/** Where pairs lie in W pixels: {zoom, columns, rows, height, place(i) -> [x, y of the original, y of the reconstruction]}. */
export function pairLayout(count, height, width, W) {
  const room = Math.max(W - LABEL_PX, 1);
  const zoom = Math.max(1, Math.min(Math.ceil(WANTED_PX / Math.max(height, width)), Math.floor(room / width) || 1));
  const [tall, wide] = [zoom * height, zoom * width];
  const columns = Math.max(1, Math.min(count, Math.floor((room + GAP_PX) / (wide + GAP_PX))));
  const rows = Math.ceil(count / columns);
  const band = 2 * tall + GAP_PX;
  const place = (i) => {
    const top = Math.floor(i / columns) * (band + ROW_GAP_PX);
    return [LABEL_PX + (i % columns) * (wide + GAP_PX), top, top + tall + GAP_PX];
  };
  return { zoom, tall, wide, columns, rows, height: Math.max(rows * (band + ROW_GAP_PX) - ROW_GAP_PX, 1), place };
}

/** Scale that fits both clouds into W x H with one unit for both axes: (x, y) -> pixels. Values not finite do not count. */
export function fitPoints(clouds, W, H, pad = PAD) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { array } of clouds) {
    for (let i = 0; i < array.length; i += 2) {
      if (!Number.isFinite(array[i]) || !Number.isFinite(array[i + 1])) continue;
      left = Math.min(left, array[i]);
      right = Math.max(right, array[i]);
      low = Math.min(low, array[i + 1]);
      high = Math.max(high, array[i + 1]);
    }
  }
  if (left > right) return () => [W / 2, H / 2];
  const scale = Math.min((W - 2 * pad) / Math.max(right - left, 1e-9), (H - 2 * pad) / Math.max(high - low, 1e-9));
  return (x, y) => [W / 2 + (x - (left + right) / 2) * scale, H / 2 - (y - (low + high) / 2) * scale];
}

/** The caption: what is compared, how many, and the mean error with its unit. */
export function picturesWords({ kind, inputs, outputs }, step) {
  const count = inputs.shape[0];
  if (kind === "points") {
    const distance = significant(pointError(inputs, outputs));
    return `${countOf(count, "point")} at step ${whole(step)}; mean distance to their reconstructions ${distance} (units of the data).`;
  }
  const errors = pictureErrors(inputs, outputs);
  const mean = errors.reduce((sum, error) => sum + error, 0) / Math.max(count, 1);
  const [, height, width] = inputs.shape;
  return `${countOf(count, "picture")} of ${height} × ${width} px at step ${whole(step)}; mean absolute error ${significant(mean)} of 255.`;
}

export function createPictures(root, env) {
  return new Pictures(root, env);
}

class Pictures extends Component {
  constructor(root, env) {
    super();
    this.root = root;
    this.env = env;
    this.frame = this.pictures = this.errors = this.pointed = null;
    this.same = memory();
    this.tile = document.createElement("canvas");
    this.stage = this.part(
      chartStage({
        label: "Inputs and reconstructions",
        className: "dte-lp-pictures",
        paint: (ctx, size) => this.paint(ctx, size),
        on: { point: (x, y) => this.point(x, y), leave: () => this.point(NaN, NaN) },
      }),
    );
    const key = (name, text) => h("span", { class: "dte-lp-mark" }, h("i", { class: `dte-lp-swatch dte-lp-${name}` }), text);
    const keys = [key("input", "original"), key("output", "reconstruction"), key("joint", "the way from one to the other")];
    this.legend = h("div", { class: "dte-lp-legend", hidden: true }, ...keys);
    this.caption = furnish(root, "pictures", "Original and reconstruction", [], this.stage.element, this.legend).caption;
    say(this.caption, "Nothing to compare yet.");
  }

  draw(view) {
    this.frame = view.frame;
    if (this.same(view.frame?.pictures, view.frame?.step)) return;
    this.stage.element.hidden = Boolean(view.frame && !view.frame.pictures);
    if (this.stage.element.hidden) say(this.caption, "Nothing to compare: this run has no reconstructions.");
    this.stage.redraw();
  }

  paint(ctx, size) {
    const pictures = (this.pictures = this.frame?.pictures ?? null);
    this.legend.hidden = pictures?.kind !== "points";
    this.root.dataset.pictures = pictures?.kind ?? "";
    if (!pictures) return smallText(ctx, size.theme, "What went in, beside what came out.", size.W / 2, size.H / 2, "center");
    this.errors = pictures.kind === "images" ? pictureErrors(pictures.inputs, pictures.outputs) : null;
    if (pictures.kind === "images") this.paintPairs(ctx, size, pictures);
    else this.paintPoints(ctx, size, pictures);
    return this.describe();
  }

  paintPairs(ctx, { W, H, theme }, { inputs, outputs }) {
    const [count, height, width] = inputs.shape;
    const layout = pairLayout(count, height, width, W);
    if (Math.abs(H - layout.height) > 1) this.stage.element.style.height = `${layout.height + 2}px`; // with its border; it is drawn again
    ctx.imageSmoothingEnabled = false; // pixels stay pixels
    for (let i = 0; i < count; i++) {
      const [x, ...tops] = layout.place(i);
      [inputs, outputs].forEach((stack, which) => this.paintOne(ctx, stack, i, x, tops[which], layout));
      if (i % layout.columns > 0) continue;
      smallText(ctx, theme, "original", 0, tops[0] + layout.tall / 2);
      smallText(ctx, theme, "reconstruction", 0, tops[1] + layout.tall / 2);
    }
  }

  paintOne(ctx, stack, i, x, y, { wide, tall }) {
    const [, height, width] = stack.shape;
    if (this.tile.width !== width || this.tile.height !== height) Object.assign(this.tile, { width, height });
    this.tile.getContext("2d").putImageData(new ImageData(rgbaOf(stack, i), width, height), 0, 0);
    ctx.drawImage(this.tile, x, y, wide, tall);
  }

  paintPoints(ctx, { W, H, theme }, { inputs, outputs }) {
    this.stage.element.style.height = "";
    const place = fitPoints([inputs, outputs], W, H);
    const n = inputs.shape[0];
    const at = ({ array }, i) => place(array[2 * i], array[2 * i + 1]);
    ctx.strokeStyle = theme.bar;
    ctx.globalAlpha = 0.55;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let i = 0; i < n; i++) {
      ctx.moveTo(...at(inputs, i));
      ctx.lineTo(...at(outputs, i));
    }
    ctx.stroke();
    ctx.globalAlpha = n > 600 ? 0.6 : 1;
    ctx.fillStyle = theme.muted;
    for (let i = 0; i < n; i++) {
      const [x, y] = at(inputs, i);
      ctx.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
    }
    ctx.globalAlpha = 1;
    ctx.strokeStyle = theme.accent;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (let i = 0; i < n; i++) {
      const [x, y] = at(outputs, i);
      ctx.moveTo(x + 2.5, y);
      ctx.arc(x, y, 2.5, 0, 2 * Math.PI);
    }
    ctx.stroke();
  }

  /** The pair under the pointer says its own error. */
  point(px, py) {
    if (this.pictures?.kind !== "images") return;
    const [count, height, width] = this.pictures.inputs.shape;
    const { tall, wide, place } = pairLayout(count, height, width, this.stage.size.W);
    const within = (i) => {
      const [x, top, second] = place(i);
      return px >= x && px < x + wide && py >= top && py < second + tall;
    };
    const found = Array.from({ length: count }, (_, i) => i).find(within) ?? null;
    if (found === this.pointed) return;
    this.pointed = found;
    this.describe();
  }

  describe() {
    const { pictures, frame, pointed, errors } = this;
    if (!pictures) return;
    const words = picturesWords(pictures, frame.step);
    this.stage.describe(`Original and reconstruction: ${words}`);
    const one = errors && pointed !== null && pointed < errors.length;
    say(this.caption, one ? `Picture ${pointed + 1} of ${whole(errors.length)}: mean absolute error ${significant(errors[pointed])} of 255.` : words);
  }
}
