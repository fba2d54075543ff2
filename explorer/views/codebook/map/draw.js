// @ts-check
// Drawing the map on canvases: latents as a quiet density, regions or cells, the codes, and what lights up.

import { packColour, rgbOf } from "../../kit/draw/ticks.js";
import { label, outline } from "../../kit/draw/colours.js";
import { FAINT, HOLLOW, Marks, shapeOf } from "./marks.js";
import { Sheet } from "./stamp.js";
import { borders, soften } from "./model.js";
import { LIVE } from "../states.js";

const MARKED_PX = 9; // side of a cell that has room for the sign of its state

const DENSEST = 84; // opacity of 255 where latents are thickest

/** [left, top, right, bottom] of the bins, in content units. */
export const boxOfDensity = ({ left, top, side, cols, rows }) => [left, top, left + cols * side, top + rows * side];

/** Growth of a mark when zoomed in: enough to tell neighbours apart, less than the distances grow. */
export const growth = (zoom) => Math.min(zoom, 16) ** 0.32;

/** Log of the softened counts as the opacity of ink: a background, not a figure of its own. */
function paintDensity(field, theme) {
  const canvas = new OffscreenCanvas(field.cols, field.rows);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(field.cols, field.rows);
  const ink = rgbOf(theme.ink);
  const soft = soften(field);
  const top = Math.log1p(4 * Math.max(...soft)); // of 4: single latents are softened below one
  soft.forEach((count, i) => {
    image.data.set(ink, 4 * i);
    image.data[4 * i + 3] = DENSEST * (Math.log1p(4 * count) / top);
  });
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/** Regions of the codes in their own colours, tinted. */
function paintRegions({ raster, point }, shade, colours, theme) {
  const { rows, cols, codes } = raster;
  const canvas = new OffscreenCanvas(cols, rows);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(cols, rows);
  const table = colours.map(rgbOf);
  const empty = rgbOf(theme.line);
  for (let i = 0; i < codes.length; i++) {
    const own = shade[point[codes[i]]] ?? HOLLOW;
    image.data.set(table[own] ?? empty, 4 * i);
    image.data[4 * i + 3] = own === HOLLOW ? 90 : 125;
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/** Lines wherever two regions meet, in content units: a Path2D made once, stroked at every zoom. */
function tracedBorders({ codes, rows, cols, left, top, right, bottom }) {
  const path = new Path2D();
  const [wide, tall] = [(right - left) / cols, (bottom - top) / rows];
  for (const [x0, y0, x1, y1] of borders(codes, rows, cols)) {
    path.moveTo(left + x0 * wide, top + y0 * tall);
    path.lineTo(left + x1 * wide, top + y1 * tall);
  }
  return path;
}

function strokeBorders(ctx, path, frame, theme) {
  const [x, y] = frame.place(0, 0);
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(frame.s, frame.s);
  ctx.lineWidth = 1 / frame.s;
  ctx.strokeStyle = theme.ink;
  ctx.globalAlpha = 0.5;
  ctx.stroke(path);
  ctx.restore();
}

function drawCells(ctx, map, frame, look) {
  const { W, H, s, view, dpr } = frame;
  const side = map.cell * s;
  const gap = side > 7 ? dpr : 0;
  const half = side / 2;
  look.packed ??= look.colours.map((colour) => packColour(rgbOf(colour)));
  const bare = packColour(rgbOf(look.theme.bar));
  const sheet = sheetFor(look, frame);
  const [left, top] = [W / 2 - view.cx * s, H / 2 - view.cy * s];
  const special = [];
  for (let i = 0; i < map.codes.length; i++) {
    const x = left + map.xy[2 * i] * s;
    const y = top + map.xy[2 * i + 1] * s;
    if (x < -half || y < -half || x > W + half || y > H + half) continue;
    const [code, shade] = [map.codes[i], look.shade[i]];
    const faded = look.faded(code);
    if (look.state[code] !== LIVE && !faded) special.push([look.state[code], shade !== HOLLOW, x, y]);
    const [x0, y0] = [Math.round((x - half) * dpr), Math.round((y - half) * dpr)];
    const w = Math.max(1, Math.round((x + half) * dpr) - x0 - gap);
    const h = Math.max(1, Math.round((y + half) * dpr) - y0 - gap);
    const colour = shade === HOLLOW ? bare : look.packed[shade];
    sheet.fill(x0, y0, w, h, faded ? faintOf(colour) : colour);
    if (shade === HOLLOW && side > 5) sheet.fill(x0 + dpr, y0 + dpr, w - 2 * dpr, h - 2 * dpr, 0);
  }
  laySheet(ctx, look, frame);
  if (side >= MARKED_PX) drawCellMarks(ctx, special, Math.min(0.26 * side, 7), look.theme);
}

const faintOf = (pixel) => ((Math.round(255 * FAINT) << 24) | (pixel & 0xffffff)) >>> 0;

/** The sign of a state on its cell, as in the heatmap: two strokes on a colour, one on a hollow cell. */
function drawCellMarks(ctx, special, r, theme) {
  for (const [state, filled, x, y] of special) {
    const { triangle, lines, dot } = shapeOf(state, r);
    const path = (c) => {
      triangle?.forEach(([dx, dy], i) => (i ? c.lineTo(x + dx, y + dy) : c.moveTo(x + dx, y + dy)));
      if (triangle) c.closePath();
      for (const [x0, y0, x1, y1] of lines) {
        c.moveTo(x + x0, y + y0);
        c.lineTo(x + x1, y + y1);
      }
      if (dot) c.arc(x, y, dot, 0, 2 * Math.PI);
    };
    if (filled) outline(ctx, path, 1.1);
    else {
      ctx.beginPath();
      path(ctx);
      ctx.strokeStyle = theme.muted;
      ctx.lineWidth = 1.2;
      ctx.stroke();
    }
  }
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

/** A sheet as large as the canvas, and a canvas to bring it there; kept from frame to frame. */
function sheetFor(look, { W, H, dpr }) {
  const [w, h] = [Math.round(W * dpr), Math.round(H * dpr)];
  if (look.sheet?.w !== w || look.sheet.h !== h) {
    look.sheet = new Sheet(w, h);
    look.image = new ImageData(new Uint8ClampedArray(look.sheet.pixels.buffer), w, h);
    look.carrier = new OffscreenCanvas(w, h);
  } else look.sheet.clear();
  return look.sheet;
}

function laySheet(ctx, look, { W, H }) {
  look.carrier.getContext("2d").putImageData(look.image, 0, 0);
  ctx.drawImage(look.carrier, 0, 0, W, H);
}

/** The mark of each drawn code, looked up anew only when the zoom has changed. */
function marksOf(map, look, grown, dpr) {
  if (look.marks?.dpr !== dpr) look.marks = new Marks(look.theme, look.colours, dpr);
  if (look.grown === grown && look.stamps?.dpr === dpr) return look.stamps;
  look.grown = grown;
  look.stamps = Array.from(map.codes, (code, i) => look.marks.get(look.state[code], look.shade[i], look.radius[i] * grown, look.faded(code)));
  look.stamps.dpr = dpr;
  return look.stamps;
}

/** Stamp the marks of the codes on screen, at whole device pixels. */
function drawPoints(ctx, map, frame, look) {
  const { dpr, W, H, s, view } = frame;
  const marks = marksOf(map, look, growth(view.zoom), dpr);
  const sheet = sheetFor(look, frame);
  const [left, top] = [W / 2 - view.cx * s, H / 2 - view.cy * s];
  for (const i of look.order) {
    const x = left + map.xy[2 * i] * s;
    const y = top + map.xy[2 * i + 1] * s;
    if (x < -24 || y < -24 || x > W + 24 || y > H + 24) continue;
    sheet.stamp(marks[i], Math.round(x * dpr), Math.round(y * dpr));
  }
  laySheet(ctx, look, frame);
}

function drawStretched(ctx, canvas, frame, left, top, right, bottom, smooth) {
  const [x0, y0] = frame.place(left, top);
  const [x1, y1] = frame.place(right, bottom);
  ctx.imageSmoothingEnabled = smooth;
  ctx.drawImage(canvas, x0, y0, x1 - x0, y1 - y0);
}

/** Nothing is known of the regions beyond the slice, so nothing is drawn there. */
function clipTo(ctx, { w, h }, frame) {
  const [x0, y0] = frame.place(0, 0);
  const [x1, y1] = frame.place(w, h);
  ctx.beginPath();
  ctx.rect(x0, y0, x1 - x0, y1 - y0);
  ctx.clip();
}

/**
 * Everything that stays. look = {theme, colours, shade, radius, order, state, faded(code), latents, cache}: how codes
 * look now; `cache` keeps what was painted for it and is made anew with it.
 */
export function drawMap(ctx, map, frame, look) {
  const { cache } = look;
  if (map.raster || map.polygons) clipTo(ctx, map, frame);
  if (map.raster) {
    cache.regions ??= paintRegions(map, look.shade, look.colours, look.theme);
    const { left, top, right, bottom } = map.raster;
    drawStretched(ctx, cache.regions, frame, left, top, right, bottom, false);
    cache.borders ??= tracedBorders(map.raster);
    strokeBorders(ctx, cache.borders, frame, look.theme);
  }
  if (map.polygons) drawPolygons(ctx, map, frame, look);
  if (map.density && look.latents) {
    cache.density ??= paintDensity(map.density, look.theme);
    drawStretched(ctx, cache.density, frame, ...boxOfDensity(map.density), true);
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
function drawLoop(ctx, loop, theme) {
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
  if (at && at[0] > 0 && at[1] > 0 && at[0] < frame.W && at[1] < frame.H) label(ctx, look.theme, words(lit), at[0], at[1], frame.W, frame.H);
}
