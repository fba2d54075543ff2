// @ts-check
// How the heatmap is drawn: one pixel a cell on offscreen tiles, stretched to the zoom; marks of the states above them.

import { packColour, packedViridis, rgbOf } from "../../kit/draw/ticks.js";
import { DEAD, DUPLICATE, LIVE, OVERUSED, UNSEEN } from "../states.js";
import { outline } from "../../kit/draw/colours.js";
import { colormap } from "../../kit/draw/colormaps.js";

export const TILE = 256; // cells a side: what is out of sight is not drawn
const GLYPH_PX = 9; // from this size on each cell carries its own mark
const NUMBER_PX = [9, 13]; // and where a number fits in letters between these sizes, its number
const LETTER = 0.62; // width of a digit as a share of its height
const MOST_MARKS = 1500; // of codes in one state, drawn larger than their cells while those are small
const MARK_PX = [1.8, 3.5]; // half their size: small where they are many
const VEIL = 0.78;

/** Colour of every cell (cols * rows), packed RGBA: log count for codes in use, `ground` for the dead and unseen, 0 for no
 *  code. Pure. */
export function cellColours({ codeAt }, counts, state, scale, viridis, ground) {
  const out = new Uint32Array(codeAt.length);
  const top = viridis.length - 1;
  for (let cell = 0; cell < codeAt.length; cell++) {
    const code = codeAt[cell];
    if (code < 0) continue;
    out[cell] = state[code] === DEAD || state[code] === UNSEEN ? ground : viridis[Math.round(top * scale.share(counts[code]))];
  }
  return out;
}

/** The same colour in every cell that `has(code)` names, 0 elsewhere. Pure. */
export function cellMask({ codeAt }, has, colour) {
  return Uint32Array.from(codeAt, (code) => (code >= 0 && has(code) ? colour : 0));
}

/** Part of a cols-wide picture as rows of its own. Pure. */
export function cutTile(pixels, cols, rows, x, y) {
  const [w, h] = [Math.min(TILE, cols - x), Math.min(TILE, rows - y)];
  const out = new Uint32Array(w * h);
  for (let row = 0; row < h; row++) out.set(pixels.subarray((y + row) * cols + x, (y + row) * cols + x + w), row * w);
  return { x, y, w, h, pixels: out };
}

/** Cells on the stage: first and last column and row, both inclusive. Pure. */
export function visibleCells({ cols, rows }, { W, H, place, s }) {
  const [x0, y0] = place(0, 0);
  const clamp = (value, count) => Math.min(Math.max(value, 0), count - 1);
  return {
    left: clamp(Math.floor(-x0 / s), cols),
    right: clamp(Math.floor((W - x0) / s), cols),
    top: clamp(Math.floor(-y0 / s), rows),
    bottom: clamp(Math.floor((H - y0) / s), rows),
  };
}

/** Size of the letters in which the highest number of K codes fits a cell of `s` pixels, 0 where none does. Pure. */
export function numberSize(s, K) {
  const fits = Math.min(NUMBER_PX[1], (0.84 * s) / (LETTER * String(Math.max(K - 1, 0)).length), 0.42 * s);
  return fits >= NUMBER_PX[0] ? fits : 0;
}

/** A picture of one pixel a cell, kept on canvases of TILE x TILE. */
function makeTiles(pixels, { cols, rows }, doc = document) {
  const tiles = [];
  for (let y = 0; y < rows; y += TILE) {
    for (let x = 0; x < cols; x += TILE) {
      const cut = cutTile(pixels, cols, rows, x, y);
      if (!cut.pixels.some((pixel) => pixel !== 0)) continue;
      const canvas = Object.assign(doc.createElement("canvas"), { width: cut.w, height: cut.h });
      canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(cut.pixels.buffer), cut.w, cut.h), 0, 0);
      tiles.push({ canvas, x, y, w: cut.w, h: cut.h });
    }
  }
  return tiles;
}

function drawTiles(ctx, tiles, { W, H, place, s, dpr }) {
  ctx.imageSmoothingEnabled = s * dpr < 1;
  for (const { canvas, x, y, w, h } of tiles) {
    const [left, top] = place(x, y);
    if (left > W || top > H || left + w * s < 0 || top + h * s < 0) continue;
    ctx.drawImage(canvas, left, top, w * s, h * s);
  }
}

/** Hatching for dead, dots for unseen, bars for near-duplicates, white spots for over-used: what marks cells that are too small for a mark each. */
function patternOf(ctx, kind, theme) {
  const tile = Object.assign(document.createElement("canvas"), { width: 6, height: 6 });
  const pen = tile.getContext("2d");
  if (kind === UNSEEN) {
    pen.fillStyle = theme.muted;
    pen.fillRect(2, 2, 2, 2);
  } else if (kind === DEAD) {
    pen.strokeStyle = theme.muted;
    pen.lineWidth = 1.2;
    for (const shift of [-6, 0, 6]) {
      pen.beginPath();
      pen.moveTo(shift - 1, 7);
      pen.lineTo(shift + 7, -1);
      pen.stroke();
    }
  } else if (kind === OVERUSED) {
    pen.fillStyle = "rgba(8,10,14,0.9)";
    pen.fillRect(1, 1, 4, 4);
    pen.fillStyle = "#fff";
    pen.fillRect(2, 2, 2, 2);
  } else {
    pen.fillStyle = "rgba(8,10,14,0.9)";
    pen.fillRect(0, 1, 6, 2);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 3, 6, 1);
  }
  return ctx.createPattern(tile, "repeat");
}

/** Everything that depends on the codebook, the order and the theme, made once; draw(ctx, frame) then only stretches it. */
export function createPainting({ cells, counts, state, scale, theme, lasso }) {
  const ground = packColour(rgbOf(theme.surface));
  const tiles = makeTiles(cellColours(cells, counts, state, scale, packedViridis(), ground), cells);
  const lists = [[], [], [], [], []];
  for (let code = 0; code < state.length; code++) if (state[code] !== LIVE) lists[state[code]].push(code);
  const isIn = (wanted) => (code) => state[code] === wanted;
  const masks = new Map();
  for (const kind of [DEAD, UNSEEN]) if (lists[kind].length > 0) masks.set(kind, makeTiles(cellMask(cells, isIn(kind), 0xff000000), cells));
  for (const kind of [DUPLICATE, OVERUSED]) {
    if (lists[kind].length > MOST_MARKS) masks.set(kind, makeTiles(cellMask(cells, isIn(kind), 0xff000000), cells));
  }
  const [r, g, b] = rgbOf(theme.surface);
  const veilColour = ((Math.round(255 * VEIL) << 24) | (b << 16) | (g << 8) | r) >>> 0;
  const veil =
    lasso?.size > 0
      ? makeTiles(
          cellMask(cells, (code) => !lasso.has(code), veilColour),
          cells,
        )
      : [];
  const painting = { lasso, cells, counts, state, scale, theme, tiles, lists, masks, veil, patterns: new Map(), scratch: document.createElement("canvas") };
  return { draw: (ctx, frame) => draw(painting, ctx, frame) };
}

function draw(painting, ctx, frame) {
  const { tiles, veil, lists, lasso } = painting;
  const small = frame.s < GLYPH_PX;
  const marks = (wanted) => {
    for (const kind of [DUPLICATE, OVERUSED]) if (lists[kind].length <= MOST_MARKS) drawMarks(painting, ctx, frame, kind, wanted);
  };
  drawTiles(ctx, tiles, frame);
  if (small) {
    for (const [kind, mask] of painting.masks) drawPattern(painting, ctx, frame, kind, mask);
    marks(() => true);
  } else drawGlyphs(painting, ctx, frame);
  if (veil.length === 0) return;
  drawTiles(ctx, veil, frame);
  if (!small) return;
  if (lasso.size <= MOST_MARKS) ringAround(painting, ctx, frame, lasso);
  marks((code) => lasso.has(code));
}

/** Rings about cells that are too small to stand out of the veil by themselves. */
function ringAround({ cells }, ctx, { W, H, place, s }, codes) {
  outline(
    ctx,
    (path) => {
      for (const code of codes) {
        const cell = cells.cellOf[code];
        const [x, y] = place((cell % cells.cols) + 0.5, Math.floor(cell / cells.cols) + 0.5);
        if (x < -9 || y < -9 || x > W + 9 || y > H + 9) continue;
        path.moveTo(x + 0.5 * s + 3, y);
        path.arc(x, y, 0.5 * s + 3, 0, 2 * Math.PI);
      }
    },
    1,
  );
}

/** The cells of a mask filled with a pattern that moves with them. */
function drawPattern(painting, ctx, frame, kind, mask) {
  const { W, H, dpr, place } = frame;
  const { scratch, patterns, theme } = painting;
  if (scratch.width !== ctx.canvas.width || scratch.height !== ctx.canvas.height)
    Object.assign(scratch, { width: ctx.canvas.width, height: ctx.canvas.height });
  const pen = scratch.getContext("2d");
  pen.setTransform(dpr, 0, 0, dpr, 0, 0);
  pen.globalCompositeOperation = "source-over";
  pen.clearRect(0, 0, W, H);
  drawTiles(pen, mask, frame);
  pen.globalCompositeOperation = "source-in";
  if (!patterns.has(kind)) patterns.set(kind, patternOf(pen, kind, theme));
  const pattern = patterns.get(kind);
  const [x, y] = place(0, 0);
  pattern.setTransform(new DOMMatrix().translate(x % 6, y % 6));
  pen.fillStyle = pattern;
  pen.fillRect(0, 0, W, H);
  ctx.drawImage(scratch, 0, 0, W, H);
}

/** The path of a state's mark about (x, y), `r` its half size. Triangle: over-used; two bars: near-duplicate. */
function markPath(path, kind, x, y, r) {
  if (kind === OVERUSED) {
    path.moveTo(x, y - r);
    path.lineTo(x + r, y + 0.8 * r);
    path.lineTo(x - r, y + 0.8 * r);
    path.closePath();
    return;
  }
  for (const shift of [-0.5 * r, 0.5 * r]) {
    path.moveTo(x - r, y + shift);
    path.lineTo(x + r, y + shift);
  }
}

/** Marks that are seen on any colour: triangles filled, bars stroked, both light with a dark edge. */
function drawShapes(ctx, kind, addTo, width) {
  outline(ctx, addTo, width);
  if (kind !== OVERUSED) return;
  ctx.beginPath();
  addTo(ctx);
  ctx.fillStyle = "#ffffff";
  ctx.fill();
}

/** Marks of fixed size on cells that are smaller than they. */
function drawMarks({ cells, lists }, ctx, { W, H, place, s }, kind, wanted) {
  const r = Math.min(Math.max(MARK_PX[0], 70 / Math.sqrt(lists[kind].length + 1)), MARK_PX[1]);
  drawShapes(
    ctx,
    kind,
    (path) => {
      for (const code of lists[kind]) {
        if (!wanted(code)) continue;
        const cell = cells.cellOf[code];
        const [x, y] = place((cell % cells.cols) + 0.5, Math.floor(cell / cells.cols) + 0.5);
        if (x > -5 && y > -5 && x < W + 5 && y < H + 5) markPath(path, kind, x, y, Math.max(r, 0.34 * s));
      }
    },
    0.35 * r,
  );
}

/** Each visible cell with its own mark, a gap between cells, and its number where there is room. */
function drawGlyphs({ cells, counts, state, scale, theme }, ctx, frame) {
  const { place, s } = frame;
  const { left, right, top, bottom } = visibleCells(cells, frame);
  const byKind = [[], [], [], [], []];
  for (let row = top; row <= bottom; row++) {
    for (let col = left; col <= right; col++) {
      const code = cells.codeAt[row * cells.cols + col];
      if (code >= 0) byKind[state[code]].push([code, ...place(col + 0.5, row + 0.5)]);
    }
  }
  drawGaps(ctx, theme, frame, { left, right, top, bottom });
  drawBare(ctx, theme, byKind, s);
  const r = Math.min(0.28 * s, 8);
  const letters = numberSize(s, state.length);
  for (const kind of [DUPLICATE, OVERUSED]) {
    const lift = letters > 0 ? 0.16 * s : 0;
    if (byKind[kind].length > 0)
      drawShapes(
        ctx,
        kind,
        (path) => byKind[kind].forEach(([, x, y]) => markPath(path, kind, x, y - lift, r)),
        kind === OVERUSED ? 0.6 : Math.min(2, 0.12 * s),
      );
  }
  if (letters === 0) return;
  ctx.font = `${letters.toFixed(1)}px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  byKind.forEach((list, kind) => {
    for (const [code, x, y] of list) {
      const bare = kind === DEAD || kind === UNSEEN;
      const [red, green, blue] = bare ? [0, 0, 0] : colormap("viridis", scale.share(counts[code]));
      ctx.fillStyle = bare ? theme.ink : 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "rgba(0,0,0,0.85)" : "rgba(255,255,255,0.95)";
      if (bare) haloNumber(ctx, theme, String(code), x, y);
      else ctx.fillText(String(code), x, y + (kind === LIVE ? 0 : 0.24 * s));
    }
  });
}

function haloNumber(ctx, theme, text, x, y) {
  ctx.lineWidth = 4;
  ctx.lineJoin = "round";
  ctx.strokeStyle = theme.surface;
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}

/** Lines of the surface's colour between cells. */
function drawGaps(ctx, theme, { place, s }, { left, right, top, bottom }) {
  const [x0, y0] = place(left, top);
  const [x1, y1] = place(right + 1, bottom + 1);
  ctx.strokeStyle = theme.surface;
  ctx.lineWidth = s > 20 ? 2 : 1;
  ctx.beginPath();
  for (let x = x0; x <= x1 + 0.5; x += s) {
    ctx.moveTo(x, y0);
    ctx.lineTo(x, y1);
  }
  for (let y = y0; y <= y1 + 0.5; y += s) {
    ctx.moveTo(x0, y);
    ctx.lineTo(x1, y);
  }
  ctx.stroke();
}

/** Dead: a hatched box. Not yet seen: a hollow box with a dot. Neither has a colour. */
function drawBare(ctx, theme, byKind, s) {
  const half = 0.5 * s - (s > 20 ? 2 : 1);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = Math.min(1.3, Math.max(0.9, 0.07 * s));
  ctx.beginPath();
  for (const kind of [DEAD, UNSEEN]) for (const [, x, y] of byKind[kind]) ctx.rect(x - half, y - half, 2 * half, 2 * half);
  const step = Math.min(7, Math.max(3.5, s / 4));
  for (const [, x, y] of byKind[DEAD]) {
    for (let shift = -2 * half + step; shift < 2 * half; shift += step) {
      const [from, to] = [Math.max(-half, shift - half), Math.min(half, shift + half)];
      ctx.moveTo(x + from, y + (shift - from));
      ctx.lineTo(x + to, y + (shift - to));
    }
  }
  ctx.stroke();
  ctx.fillStyle = theme.muted;
  ctx.beginPath();
  for (const [, x, y] of byKind[UNSEEN]) {
    ctx.moveTo(x + 0.1 * s, y);
    ctx.arc(x, y, Math.min(0.1 * s, 3), 0, 2 * Math.PI);
  }
  ctx.fill();
}
