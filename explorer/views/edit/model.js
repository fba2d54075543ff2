// @ts-check
// Geometry and figures of the token editor. All pure. Cells are flat (row-major) positions of a grid {rows, cols}.

import { countOf, whole } from "../kit/wire/format.js";
import { placeText } from "../kit/wire/places.js";

/** Cells under a square brush of `size` cells around a cell, cut at the border. */
export function brushCells(cell, size, { rows, cols }) {
  const half = (size - 1) >> 1;
  const [row, column] = [Math.floor(cell / cols), cell % cols];
  const cells = [];
  for (let r = Math.max(row - half, 0); r <= Math.min(row + half, rows - 1); r++) {
    for (let c = Math.max(column - half, 0); c <= Math.min(column + half, cols - 1); c++) cells.push(r * cols + c);
  }
  return cells;
}

/** Cells on the straight way from one to another, both with them: a quick pointer leaves no gaps. */
export function lineCells(from, to, { cols }) {
  const [r0, c0, r1, c1] = [Math.floor(from / cols), from % cols, Math.floor(to / cols), to % cols];
  const steps = Math.max(Math.abs(r1 - r0), Math.abs(c1 - c0));
  const at = (a, b, i) => Math.round(a + ((b - a) * i) / Math.max(steps, 1));
  return Array.from({ length: steps + 1 }, (_, i) => at(r0, r1, i) * cols + at(c0, c1, i));
}

/** [top, left, height, width] of the box with two cells as corners. */
export function boxBetween(one, other, { cols }) {
  const [r0, c0, r1, c1] = [Math.floor(one / cols), one % cols, Math.floor(other / cols), other % cols];
  return [Math.min(r0, r1), Math.min(c0, c1), Math.abs(r1 - r0) + 1, Math.abs(c1 - c0) + 1];
}

/** Top left corner at which a box of that size has the cell in its middle, pushed inside the grid; null: too large. */
export function place(cell, height, width, { rows, cols }) {
  if (height > rows || width > cols) return null;
  const inside = (at, size, all) => Math.min(Math.max(at - ((size - 1) >> 1), 0), all - size);
  return [inside(Math.floor(cell / cols), height, rows), inside(cell % cols, width, cols)];
}

/** What was typed as a code of K: {code} or {error}. */
export function codeFrom(text, K) {
  const word = text.trim();
  if (!/^\d{1,12}$/.test(word)) return { error: `A code is a whole number from 0 to ${K - 1}.` };
  const code = Number(word);
  return code < K ? { code } : { error: `Code ${code} is outside 0 to ${K - 1}.` };
}

/** The code that most tokens have; of equals the lowest. */
export function commonest(indices) {
  const counts = new Map();
  for (const code of indices) counts.set(code, (counts.get(code) ?? 0) + 1);
  let best = null;
  for (const [code, count] of counts) if (best === null || count > counts.get(best) || (count === counts.get(best) && code < best)) best = code;
  return best;
}

/** Cells whose tokens differ between two sets of levels [array, ...], or of which a level is left out. */
export function changedCells(before, after, kept = null) {
  const found = [];
  for (let cell = 0; cell < before[0].length; cell++) {
    const differs = before.some((level, q) => level[cell] !== after[q][cell]);
    if (differs || kept?.some((mask) => mask[cell] === 0)) found.push(cell);
  }
  return found;
}

/** The changed cells of each level; where all have one grid, those of any level are each level's. */
export function changedByLevel(before, after, kept, same) {
  if (!same) return before.map((level, q) => changedCells([level], [after[q]], kept && [kept[q]]));
  const cells = changedCells(before, after, kept);
  return before.map(() => cells);
}

/** Whether all levels have one grid, so that a cell is the same place in each. */
export const sameGrids = (grids) => grids.every(({ rows, cols }) => rows === grids[0].rows && cols === grids[0].cols);

/** Tokens of all levels, those of one common grid counted once. */
export const tokenCount = ({ grids, same }) => (same ? grids.slice(0, 1) : grids).reduce((sum, { rows, cols }) => sum + rows * cols, 0);

/** What is edited, in a word. */
export const nounOf = ({ modality }) => ({ audio: "sound", video: "clip", series: "series", vectors: "table" })[modality] ?? "picture";

/** The same of several. @param {string} noun */
export const nounsOf = (noun) => (noun === "series" ? noun : `${noun}s`);

/** Where a cell is, in words: a row and a column of a picture, with its frames of a clip, else the token's number. */
export function placeWords(cell, { rows, cols }, { placed, modality, place = null }) {
  if (place?.kind === "clip") return placeText(cell, [rows, cols], place);
  if (!placed || modality === "audio") return `token ${whole(cell + 1)} of ${whole(rows * cols)}`;
  return `row ${Math.floor(cell / cols) + 1}, column ${(cell % cols) + 1}`;
}

/** RGB bytes -> RGBA bytes. */
export function rgba(rgb) {
  const out = new Uint8ClampedArray((rgb.length / 3) * 4);
  for (let i = 0, o = 0; i < rgb.length; i += 3, o += 4) {
    out[o] = rgb[i];
    out[o + 1] = rgb[i + 1];
    out[o + 2] = rgb[i + 2];
    out[o + 3] = 255;
  }
  return out;
}

/** A copy of an RGBA picture with the RGB pixels of a box [top, left, height, width] laid in; no box: the picture. */
export function patch(base, width, box, rgb) {
  const out = base.slice();
  if (!box) return out;
  const [top, left, h, w] = box;
  for (let y = 0, i = 0; y < h; y++) {
    for (let x = 0, o = 4 * ((top + y) * width + left); x < w; x++, i += 3, o += 4) {
      out[o] = rgb[i];
      out[o + 1] = rgb[i + 1];
      out[o + 2] = rgb[i + 2];
    }
  }
  return out;
}

/** Per pixel the largest difference over R, G, B in steps of 8 bits, within `box`; and what there is of it. */
export function differenceOf(base, edited, width, box) {
  const steps = new Uint8Array(base.length / 4);
  const found = { steps, most: 0, pixels: 0 };
  if (!box) return found;
  const [top, left, h, w] = box;
  for (let y = top; y < top + h; y++) {
    for (let x = left; x < left + w; x++) {
      const o = 4 * (y * width + x);
      const value = Math.max(Math.abs(base[o] - edited[o]), Math.abs(base[o + 1] - edited[o + 1]), Math.abs(base[o + 2] - edited[o + 2]));
      steps[o / 4] = value;
      if (value > 0) found.pixels += 1;
      if (value > found.most) found.most = value;
    }
  }
  return found;
}

/** Top of a scale that holds `most` and seldom jumps: 8, 16, ... 128, 255. */
export const scaleTop = (most) => [8, 16, 32, 64, 128].find((top) => most <= top) ?? 255;

/** The line under the pictures. */
export function summary({ steps, changed, tokens, pixels, most, leftOut, sound = false }) {
  if (steps === 0) return `Nothing edited yet. ${countOf(tokens, "token")} as they were encoded.`;
  const parts = [countOf(steps, "edit"), `${whole(changed)} of ${countOf(tokens, "token")} changed`];
  if (leftOut > 0) parts.push(`${whole(leftOut)} ${leftOut === 1 ? "index" : "indices"} left out`);
  const what = sound ? " of the spectrogram" : "";
  parts.push(pixels > 0 ? `${countOf(pixels, "pixel")}${what} ${pixels === 1 ? "differs" : "differ"}, at most by ${most} of 255` : `no pixel${what} differs`);
  return `${parts.join(" · ")}.`;
}

/** What the reach of one token amounts to. */
export function reachWords({ cell, grid, open, box, own_share, pixels }) {
  const at = placeWords(cell, grid, open);
  const place = at.startsWith("token") ? `T${at.slice(1)}` : `The token at ${at}`;
  if (!box) return `${place} changes no pixel visibly: without it the decode is the same.`;
  const own = `${Math.round(open.width / grid.cols)} × ${Math.round(open.height / grid.rows)} px`;
  const share = own_share === null ? "" : `, ${Math.round(100 * own_share)}% of the change within its own ${own}`;
  return `${place} visibly changes ${countOf(pixels, "pixel")}, within ${box[2]} × ${box[3]} px${share}.`;
}
