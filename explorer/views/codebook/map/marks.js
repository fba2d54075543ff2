// @ts-check
// The marks of codes: small pictures made once for each state, shade and radius, since stamping a picture is many times
// quicker than drawing a circle. A state is told by shape, as in the heatmap, never by hue alone: near-duplicates carry
// two bars, over-used codes are triangles, dead ones are hollow and crossed, unseen ones hollow with a dot.

import { DEAD, DUPLICATE, OVERUSED, UNSEEN } from "../states.js";
import { SHADES } from "./model.js";
import { faint } from "./stamp.js";

export const FAINT = 0.14; // opacity of a code outside the selection
export const HOLLOW = 255; // the shade of a code without a value
const STEP = 0.5; // px between two radii
const LEAST_BARRED = 3; // px: two bars need room
const SPREAD = 1.3; // of a triangle, so that its area is that of the disc

/** A mark about (0, 0) as strokes: {r, disc, triangle: [[x, y] x 3] | null, lines: [[x0, y0, x1, y1]], dot}. Pure. */
export function shapeOf(state, radius) {
  const r = state === DUPLICATE ? Math.max(radius, LEAST_BARRED) : radius;
  const d = SPREAD * r;
  const k = 0.72 * r;
  const b = 0.36 * r;
  const triangle =
    state === OVERUSED
      ? [
          [0, -d],
          [d, 0.8 * d],
          [-d, 0.8 * d],
        ]
      : null;
  let lines = [];
  if (state === DUPLICATE) lines = [-b, b].map((y) => [-0.85 * r, y, 0.85 * r, y]);
  if (state === DEAD && r >= 1.5) lines = [[-k, k, k, -k]];
  return { r, triangle, lines, dot: state === UNSEEN ? Math.max(0.6, 0.25 * r) : 0, hollow: state === DEAD || state === UNSEEN };
}

/** Draw one mark about (0, 0). `fill`: a colour, or null for hollow. */
export function drawMark(ctx, state, fill, radius, theme) {
  const { r, triangle, lines, dot, hollow } = shapeOf(state, radius);
  const filled = fill && !hollow;
  ctx.beginPath();
  if (triangle) {
    triangle.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.closePath();
  } else ctx.arc(0, 0, r, 0, 2 * Math.PI);
  if (filled) {
    ctx.fillStyle = fill;
    ctx.fill();
  }
  ctx.strokeStyle = filled ? theme.ink : theme.muted;
  ctx.lineWidth = filled ? 0.8 : 1.1;
  ctx.globalAlpha = filled ? 0.45 : 0.9;
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
  }
  ctx.strokeStyle = filled ? theme.surface : theme.muted;
  ctx.lineWidth = filled ? Math.max(1, 0.2 * r) : 1;
  ctx.stroke();
  if (!dot) return;
  ctx.beginPath();
  ctx.arc(0, 0, dot, 0, 2 * Math.PI);
  ctx.fillStyle = theme.muted;
  ctx.fill();
}

/** Marks by (state, shade, radius, faint or not) as pixels, drawn when first asked for. One set for one theme, ramp and
 *  pixel ratio. */
export class Marks {
  constructor(theme, colours, dpr) {
    this.theme = theme;
    this.colours = colours;
    this.dpr = dpr;
    this.kept = new Map();
  }

  /** -> {pixels (size * size), size, half}: device pixels, `half` from its corner to its middle. */
  get(state, shade, radius, faded) {
    const step = Math.max(1, Math.round(radius / STEP));
    const key = ((state * (SHADES + 1) + Math.min(shade, SHADES)) * 256 + step) * 2 + (faded ? 1 : 0);
    let mark = this.kept.get(key);
    if (!mark) this.kept.set(key, (mark = this.draw(state, shade, step * STEP, faded)));
    return mark;
  }

  draw(state, shade, r, faded) {
    const half = Math.ceil((SPREAD * Math.max(r, LEAST_BARRED) + 1) * this.dpr);
    const size = 2 * half;
    const ctx = new OffscreenCanvas(size, size).getContext("2d");
    ctx.translate(half, half);
    ctx.scale(this.dpr, this.dpr);
    drawMark(ctx, state, shade < SHADES ? this.colours[shade] : null, r, this.theme);
    const pixels = new Uint32Array(ctx.getImageData(0, 0, size, size).data.buffer);
    return { pixels: faded ? faint(pixels, FAINT) : pixels, size, half };
  }
}
