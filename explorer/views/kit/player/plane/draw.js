// @ts-check
// Drawing the latent plane on a canvas. `scene` = {frame, codes (2K now on screen), theme, place, W, H, overlays, lit, ...}.

import { colormap } from "../../draw/colormaps.js";
import { outline } from "../../draw/colours.js";
import { voronoiCells, wedgeCells } from "../../draw/voronoi.js";
import { drawHeaps } from "./heaps.js";
import { cellKind } from "./words.js";

const LIVE = 0;
const DEAD = 1;
const UNSEEN = 2;
const SHADES = 64;
const PALETTE = Array.from({ length: SHADES }, (_, i) => `rgb(${colormap("viridis", i / (SHADES - 1)).join(",")})`);

/** Place of a count on the colour scale, 0..1: logarithmic, 1 is a code that takes every latent of a step. */
export function usageShare(count, total) {
  return total > 0 && count > 0 ? Math.min(1, Math.log1p(count) / Math.log1p(total)) : 0;
}

const shadeOf = (count, total) => Math.round((SHADES - 1) * usageShare(count, total));

export const usageColour = (count, total) => PALETTE[shadeOf(count, total)];

const TINT = 0.4; // of the colour of a code in its cell
let tinted = { surface: null, colours: [] };

/** The colours mixed with the surface: filling with opaque colours takes half the time of filling with transparent ones. */
function tintsOn(surface) {
  if (tinted.surface === surface) return tinted.colours;
  const base = [1, 3, 5].map((i) => parseInt(surface.slice(i, i + 2), 16) || 0);
  const mix = (_, i) => colormap("viridis", i / (SHADES - 1)).map((c, j) => Math.round(TINT * c + (1 - TINT) * base[j]));
  tinted = { surface, colours: Array.from({ length: SHADES }, (_, i) => `rgb(${mix(_, i).join(",")})`) };
  return tinted.colours;
}

/** Latents a step, all codes together: what the colours are relative to. */
export function tokensAStep(frame) {
  let sum = 0;
  for (const count of frame.counts.array) sum += count;
  return Math.max(sum, 1);
}

/** World to screen: the square {x, y, half} fitted into W x H, y upwards. */
export function placing({ x, y, half }, W, H, pad = 14) {
  const scale = Math.max(Math.min(W, H) - 2 * pad, 1) / (2 * half);
  const [left, top] = [W / 2 - scale * x, H / 2 + scale * y];
  return {
    scale,
    left,
    top,
    world: (px, py) => [(px - left) / scale, (top - py) / scale],
    box: [-left / scale, (top - H) / scale, (W - left) / scale, top / scale],
  };
}

/** Cells of the codes now on screen, or null where they would not be the ones in use. */
export function cellsOf(frame, codes, box) {
  const kind = cellKind(frame);
  if (!kind) return null;
  const flat = frame.plane.kind === "line" ? codes.map((v, i) => (i % 2 ? 0 : v)) : codes;
  return kind === "cosine" ? wedgeCells(flat, box) : voronoiCells(flat, box);
}

function cellPath(ctx, { start, xy }, k, { left, top, scale }) {
  for (let i = start[k]; i < start[k + 1]; i++) {
    const [x, y] = [left + scale * xy[2 * i], top - scale * xy[2 * i + 1]];
    if (i === start[k]) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
  if (start[k + 1] > start[k]) ctx.closePath();
}

function drawCells(ctx, scene) {
  const { frame, cells, view, theme, total } = scene;
  const state = frame.state.array;
  const tints = tintsOn(theme.surface);
  for (let k = 0; k < state.length; k++) {
    if (state[k] !== LIVE) continue; // the cell of a dead code is empty
    ctx.beginPath();
    cellPath(ctx, cells, k, view);
    ctx.fillStyle = tints[shadeOf(frame.counts.array[k], total)];
    ctx.fill();
  }
  ctx.globalAlpha = state.length > 256 ? 0.3 : 0.5;
  ctx.beginPath();
  for (let k = 0; k < state.length; k++) cellPath(ctx, cells, k, view);
  ctx.lineWidth = 0.8;
  ctx.strokeStyle = theme.muted;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function drawLatents(ctx, { frame, view, theme, lit }) {
  const z = frame.z.array;
  const size = 2; // whole pixels are quickest
  const { left, top, scale } = view;
  ctx.fillStyle = theme.ink;
  ctx.globalAlpha = 0.5;
  const half = size / 2;
  for (let i = 0; i < z.length; i += 2) ctx.fillRect(Math.round(left + scale * z[i] - half), Math.round(top - scale * z[i + 1] - half), size, size);
  ctx.globalAlpha = 1;
  if (lit === null) return;
  ctx.fillStyle = theme.accent;
  const chosen = frame.indices.array;
  for (let i = 0; i < chosen.length; i++) {
    if (chosen[i] === lit) ctx.fillRect(left + scale * z[2 * i] - 2, top - scale * z[2 * i + 1] - 2, 4, 4);
  }
}

function drawTrails(ctx, { trail, codes, view, theme }) {
  const { left, top, scale } = view;
  const points = [...trail.slice(0, -1), { codes, jumped: trail.at(-1)?.jumped ?? new Set() }];
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 1.2;
  for (let age = 1; age < points.length; age++) {
    const [a, b] = [points[age - 1].codes, points[age].codes];
    ctx.globalAlpha = (0.6 * age) / points.length;
    ctx.beginPath();
    for (let k = 0; k < b.length; k += 2) {
      const still = Math.abs(b[k] - a[k]) + Math.abs(b[k + 1] - a[k + 1]) < 0.3 / scale;
      if (still || points[age].jumped.has(k / 2)) continue;
      ctx.moveTo(left + scale * a[k], top - scale * a[k + 1]);
      ctx.lineTo(left + scale * b[k], top - scale * b[k + 1]);
    }
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

/** Circles around the codes of one state, in one path: a path for each would take several times as long. */
function circles(ctx, { codes, view, frame }, state, r) {
  const all = frame.state.array;
  ctx.beginPath();
  for (let k = 0; k < all.length; k++) {
    if (all[k] !== state) continue;
    const [x, y] = [view.left + view.scale * codes[2 * k], view.top - view.scale * codes[2 * k + 1]];
    ctx.moveTo(x + r, y);
    ctx.arc(x, y, r, 0, 2 * Math.PI);
  }
}

/** Radius of the dot of one of K codes, in px. */
const dotRadius = (K) => (K <= 128 ? 5 : K <= 512 ? 3.6 : 2.6);

function drawCodes(ctx, scene) {
  const { frame, codes, view, theme, total } = scene;
  const state = frame.state.array;
  const r = dotRadius(state.length);
  for (const kind of [DEAD, UNSEEN]) {
    circles(ctx, scene, kind, r - 0.5);
    if (kind === DEAD) {
      ctx.strokeStyle = theme.surface;
      ctx.lineWidth = 3.2;
      ctx.stroke();
    } else ctx.setLineDash([1.6, 2]); // hollow: dead; dotted: unseen
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1.4;
    ctx.stroke();
  }
  ctx.setLineDash([]);
  for (const [colour, extra] of [
    [theme.surface, 1.5],
    [theme.ink, 0.6],
  ]) {
    circles(ctx, scene, LIVE, r + extra);
    ctx.fillStyle = colour;
    ctx.fill();
  }
  for (let k = 0; k < state.length; k++) {
    if (state[k] !== LIVE) continue;
    ctx.beginPath();
    ctx.arc(view.left + view.scale * codes[2 * k], view.top - view.scale * codes[2 * k + 1], r - 0.6, 0, 2 * Math.PI);
    ctx.fillStyle = usageColour(frame.counts.array[k], total);
    ctx.fill();
  }
}

function drawArrows(ctx, { frame, view, theme, arrows }) {
  if (!arrows?.scale) return;
  const [z, g] = [frame.z.array, frame.gradient.array];
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 1.3;
  ctx.beginPath();
  for (let i = 0; i < z.length / 2; i += arrows.stride) {
    const [dx, dy] = [-g[2 * i] * arrows.scale, g[2 * i + 1] * arrows.scale]; // downhill; the screen's y points down
    const length = Math.hypot(dx, dy);
    if (!(length > 0.7)) continue;
    const short = Math.min(1, 60 / length); // a few are far longer than the others
    const [x, y] = [view.left + view.scale * z[2 * i], view.top - view.scale * z[2 * i + 1]];
    const [tx, ty] = [x + dx * short, y + dy * short];
    const head = Math.min(4, (length * short) / 2) / length;
    ctx.moveTo(x, y);
    ctx.lineTo(tx, ty);
    ctx.moveTo(tx - head * (dx + 0.6 * dy), ty - head * (dy - 0.6 * dx));
    ctx.lineTo(tx, ty);
    ctx.lineTo(tx - head * (dx - 0.6 * dy), ty - head * (dy + 0.6 * dx));
  }
  ctx.stroke();
}

/** A line from each living code to the middle of the latents that it last won, a dot where that is. */
function drawLag(ctx, { frame, codes, view, theme }) {
  const won = frame.won?.array;
  if (!won) return;
  const { left, top, scale } = view;
  const state = frame.state.array;
  ctx.strokeStyle = ctx.fillStyle = theme.accent;
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  for (let k = 0; k < state.length; k++) {
    if (state[k] !== LIVE || !Number.isFinite(won[2 * k])) continue;
    const [x, y] = [left + scale * won[2 * k], top - scale * won[2 * k + 1]];
    ctx.moveTo(left + scale * codes[2 * k], top - scale * codes[2 * k + 1]);
    ctx.lineTo(x, y);
    ctx.rect(x - 1.5, y - 1.5, 3, 3);
  }
  ctx.stroke();
}

function drawFlashes(ctx, { flashes, codes, view, theme }) {
  ctx.strokeStyle = theme.accent;
  for (const { code, x, y, left, again } of flashes) {
    const to = [view.left + view.scale * codes[2 * code], view.top - view.scale * codes[2 * code + 1]];
    ctx.globalAlpha = left;
    ctx.lineWidth = 1.6;
    ctx.setLineDash(again ? [4, 4] : []); // dashed: it had been reseeded before, and had died again
    ctx.beginPath();
    ctx.moveTo(view.left + view.scale * x, view.top - view.scale * y);
    ctx.lineTo(...to);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.lineWidth = 2.4;
    ctx.beginPath();
    ctx.arc(...to, 6 + 14 * (1 - left), 0, 2 * Math.PI);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

function drawLit(ctx, { frame, cells, codes, view, lit, theme, total }) {
  if (lit === null) return;
  if (cells) outline(ctx, (c) => cellPath(c, cells, lit, view), 1.5);
  const at = [view.left + view.scale * codes[2 * lit], view.top - view.scale * codes[2 * lit + 1]];
  ctx.beginPath();
  ctx.arc(...at, 6, 0, 2 * Math.PI);
  ctx.fillStyle = frame.state.array[lit] === LIVE ? usageColour(frame.counts.array[lit], total) : theme.surface;
  ctx.fill();
  outline(ctx, (c) => c.arc(...at, 7.5, 0, 2 * Math.PI), 2);
}

/** Everything, from the back to the front. */
export function drawPlane(ctx, scene) {
  const { overlays } = scene;
  if (scene.cells && overlays.cells) drawCells(ctx, scene);
  if (overlays.latents) drawLatents(ctx, scene);
  if (overlays.trails) drawTrails(ctx, scene);
  if (overlays.lag) drawLag(ctx, scene);
  drawCodes(ctx, scene);
  if (scene.arrows) drawArrows(ctx, scene);
  drawFlashes(ctx, scene);
  drawHeaps(ctx, scene, dotRadius(scene.frame.codebook_size));
  drawLit(ctx, scene);
}

/** The points that a visitor draws, with the frame of their plane. */
export function drawPaper(ctx, { points, view, theme, reach, H, W }) {
  const at = (x, y) => [view.left + view.scale * x, view.top - view.scale * y];
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let i = -reach; i <= reach; i++) {
    ctx.moveTo(...at(i, -reach));
    ctx.lineTo(...at(i, reach));
    ctx.moveTo(...at(-reach, i));
    ctx.lineTo(...at(reach, i));
  }
  ctx.stroke();
  ctx.fillStyle = theme.accent;
  for (const [x, y] of points) {
    const [px, py] = at(x, y);
    ctx.fillRect(px - 1.5, py - 1.5, 3, 3);
  }
  if (points.length) return;
  ctx.fillStyle = theme.muted;
  ctx.font = `14px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.fillText("Paint here: press and move", W / 2, H / 2 - 10);
}
