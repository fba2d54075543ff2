// Drawing the map on canvases: latents as a quiet density, regions or cells, the codes, and what lights up.

import { rgbOf } from "./lab_axes.js";
import { label, outline } from "./inspect_theme.js";
import { HOLLOW, Marks } from "./codebook_map_marks.js";

const FAINT = 0.14; // of a code outside the selection

/** Growth of a mark when zoomed in: enough to tell neighbours apart, less than the distances grow. */
export const growth = (zoom) => Math.min(zoom, 16) ** 0.32;

/** Log of the counts as the opacity of ink: a background, not a figure of its own. */
export function paintDensity(field, theme) {
  const canvas = new OffscreenCanvas(field.cols, field.rows);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(field.cols, field.rows);
  const ink = rgbOf(theme.ink);
  const top = Math.log1p(field.largest);
  field.counts.forEach((count, i) => {
    image.data.set(ink, 4 * i);
    image.data[4 * i + 3] = count > 0 ? 22 + 66 * (Math.log1p(count) / top) : 0;
  });
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/** Regions of the codes in their own colours, tinted, with a line wherever two codes meet. */
export function paintRegions({ raster, point }, shade, colours, theme) {
  const { rows, cols, codes } = raster;
  const canvas = new OffscreenCanvas(cols, rows);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(cols, rows);
  const table = colours.map(rgbOf);
  const [ink, empty] = [rgbOf(theme.ink), rgbOf(theme.line)];
  for (let i = 0; i < codes.length; i++) {
    const column = i % cols;
    const meets = (column + 1 < cols && codes[i + 1] !== codes[i]) || (i + cols < codes.length && codes[i + cols] !== codes[i]);
    const own = shade[point[codes[i]]] ?? HOLLOW;
    image.data.set(meets ? ink : (table[own] ?? empty), 4 * i);
    image.data[4 * i + 3] = meets ? 130 : own === HOLLOW ? 70 : 120;
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

function drawCells(ctx, map, frame, look) {
  const side = map.cell * frame.s;
  const gap = side > 7 ? 1 : 0;
  const size = Math.max(side - gap, 0.7);
  for (let i = 0; i < map.codes.length; i++) {
    const [x, y] = frame.place(map.xy[2 * i], map.xy[2 * i + 1]);
    if (x < -side || y < -side || x > frame.W + side || y > frame.H + side) continue;
    ctx.globalAlpha = look.faded(map.codes[i]) ? FAINT : 1;
    const shade = look.shade[i];
    if (shade === HOLLOW) {
      ctx.strokeStyle = look.theme.bar;
      ctx.lineWidth = 1;
      if (size > 4) ctx.strokeRect(x - size / 2 + 1, y - size / 2 + 1, size - 2, size - 2);
      continue;
    }
    ctx.fillStyle = look.colours[shade];
    ctx.fillRect(x - size / 2, y - size / 2, size, size);
  }
  ctx.globalAlpha = 1;
}

function cellPath(ctx, { xy }, frame) {
  for (let j = 0; j < xy.length; j += 2) {
    const corner = frame.place(xy[j], xy[j + 1]);
    if (j === 0) ctx.moveTo(...corner);
    else ctx.lineTo(...corner);
  }
  ctx.closePath();
}

function drawPolygons(ctx, map, frame, look) {
  ctx.strokeStyle = look.theme.muted;
  ctx.lineWidth = 1;
  for (const cell of map.polygons) {
    ctx.beginPath();
    cellPath(ctx, cell, frame);
    const shade = look.shade[map.point[cell.code]];
    ctx.globalAlpha = look.faded(cell.code) ? 0.06 : 0.32;
    ctx.fillStyle = look.colours[shade] ?? look.theme.line;
    ctx.fill();
    ctx.globalAlpha = 0.5;
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

/** Stamp the marks of the codes on screen, in device pixels so that nothing is resampled. */
function drawPoints(ctx, map, frame, look) {
  const { dpr, W, H, s, view } = frame;
  if (look.marks?.dpr !== dpr) look.marks = new Marks(look.theme, look.colours, dpr);
  const grown = growth(view.zoom);
  const [left, top] = [W / 2 - view.cx * s, H / 2 - view.cy * s];
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  let alpha = 1;
  for (const i of look.order) {
    const x = left + map.xy[2 * i] * s;
    const y = top + map.xy[2 * i + 1] * s;
    if (x < -16 || y < -16 || x > W + 16 || y > H + 16) continue;
    const code = map.codes[i];
    const wanted = look.faded(code) ? FAINT : 1;
    if (wanted !== alpha) ctx.globalAlpha = alpha = wanted;
    const mark = look.marks.get(look.state[code], look.shade[i], look.radius[i] * grown);
    ctx.drawImage(mark.canvas, Math.round(x * dpr) - mark.half, Math.round(y * dpr) - mark.half);
  }
  ctx.globalAlpha = 1;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
}

function drawStretched(ctx, canvas, frame, left, top, right, bottom, smooth) {
  const [x0, y0] = frame.place(left, top);
  const [x1, y1] = frame.place(right, bottom);
  ctx.imageSmoothingEnabled = smooth;
  ctx.drawImage(canvas, x0, y0, x1 - x0, y1 - y0);
}

/**
 * Everything that stays. look = {theme, colours, shade, radius, order, state, faded(code), latents, cache}: how codes
 * look now; `cache` keeps what was painted for it and is made anew with it.
 */
export function drawMap(ctx, map, frame, look) {
  const { cache } = look;
  if (map.raster) {
    cache.regions ??= paintRegions(map, look.shade, look.colours, look.theme);
    const { left, top, right, bottom } = map.raster;
    drawStretched(ctx, cache.regions, frame, left, top, right, bottom, false);
  }
  if (map.polygons) drawPolygons(ctx, map, frame, look);
  if (map.density && look.latents) {
    cache.density ??= paintDensity(map.density, look.theme);
    const { cols, rows, side } = map.density;
    drawStretched(ctx, cache.density, frame, 0, 0, cols * side, rows * side, true);
  }
  if (map.cell) drawCells(ctx, map, frame, look);
  else drawPoints(ctx, map, frame, look);
}

/** The mark around one code: two strokes, dark under light. */
export function drawRing(ctx, map, frame, look, code, width) {
  const i = map.point[code];
  if (map.polygons) {
    const cell = map.polygons.find((each) => each.code === code);
    if (cell) outline(ctx, (c) => cellPath(c, cell, frame), 1);
  }
  if (i < 0) return null;
  const [x, y] = frame.place(map.xy[2 * i], map.xy[2 * i + 1]);
  if (map.cell) {
    const half = Math.max(map.cell * frame.s, 6) / 2 + 0.5;
    outline(ctx, (c) => c.rect(x - half, y - half, 2 * half, 2 * half), width);
    return [x + half, y - half];
  }
  const r = Math.max(4, look.radius[i] * growth(frame.view.zoom)) + 2.5;
  outline(ctx, (c) => c.arc(x, y, r, 0, 2 * Math.PI), width);
  return [x + r, y - r];
}

/** The loop of the lasso while it is drawn, or the box around a code (screen px). */
export function drawLoop(ctx, loop, theme) {
  if (loop.length < 2) return;
  ctx.beginPath();
  loop.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.closePath();
  ctx.globalAlpha = 0.12;
  ctx.fillStyle = theme.accent;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.setLineDash([5, 4]);
  ctx.lineWidth = 1.6;
  ctx.strokeStyle = theme.accent;
  ctx.stroke();
  ctx.setLineDash([]);
}

/** What lights up: the selected code, the hovered one with its words, the corners of a slice, the lasso. */
export function drawLit(ctx, map, frame, look, { code, hover, words, loop, named = [] }) {
  for (const [name, each] of named) {
    const at = drawRing(ctx, map, frame, look, each, 1.5);
    if (at) label(ctx, look.theme, name, at[0], at[1], frame.W, frame.H);
  }
  if (loop) drawLoop(ctx, loop, look.theme);
  if (code !== null && code !== hover) drawRing(ctx, map, frame, look, code, 2);
  const lit = hover ?? code;
  if (lit === null) return;
  const at = drawRing(ctx, map, frame, look, lit, 2);
  if (at && at[0] > 0 && at[1] > 0 && at[0] < frame.W && at[1] < frame.H) label(ctx, look.theme, words(lit), ...at, frame.W, frame.H);
}
