// @ts-check
// The cells of the heatmap, codes x time, as pixels: which rows and columns fall on a pixel and what it shows. Pure.

import { packColour, rgbOf } from "../../draw/ticks.js";

export const LIVE = 0;
export const DEAD = 1;
export const UNSEEN = 2;

const COLUMNS = new WeakMap(); // heat as stored -> heat as drawn

/** The heatmap as stored, {stride, steps, counts: {array, shape}, state: {array, shape}}, by columns:
 *  {stride, steps, counts: [Float32Array(K)], states: [Uint8Array(K)]}, views of the same numbers; null without columns. */
export function columnsOf(heat) {
  if (!heat || heat.steps.length === 0) return null;
  if (!COLUMNS.has(heat)) {
    const { stride, steps, counts, state } = heat;
    const K = counts.shape[1];
    const part = ({ array }) => steps.map((_, i) => array.subarray(i * K, (i + 1) * K));
    COLUMNS.set(heat, { stride, steps, counts: part(counts), states: part(state) });
  }
  return COLUMNS.get(heat);
}

/** Time axis of the columns: column i lasts from steps[i] to steps[i + 1], the last one for one stride. */
export function timeAxis({ steps, stride }) {
  const low = steps[0];
  return { low, high: steps[steps.length - 1] + Math.max(stride, 1) };
}

/** The column that holds `step` (binary search), clamped to the columns there are. */
export function columnAt(steps, step) {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle] <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Spans of `pixels` that show the same items: [{from, to, first, end}], where `itemAt(pixel edge)` rises. */
export function spans(pixels, count, itemAt) {
  const found = [];
  for (let from = 0; from < pixels; ) {
    const first = Math.min(itemAt(from), count - 1);
    let to = from + 1;
    while (to < pixels && itemAt(to) === first) to += 1;
    const end = Math.max(first + 1, Math.min(itemAt(to), count)); // several items on one pixel: all of them count
    found.push({ from, to, first, end: to - from > 1 ? first + 1 : end });
    from = to;
  }
  return found;
}

/** Mean count of the cells of a block; -DEAD or -UNSEEN where more than half of the cells are dead or unseen.
 *  One number, since it is asked for a hundred thousand blocks a drawing. */
export function blockOf(heat, order, columns, rows) {
  let sum = 0;
  let dead = 0;
  let unseen = 0;
  for (let c = columns.first; c < columns.end; c++) {
    const counts = heat.counts[c];
    const states = heat.states[c];
    for (let r = rows.first; r < rows.end; r++) {
      const code = order[r];
      sum += counts[code];
      if (states[code] === DEAD) dead += 1;
      else if (states[code] === UNSEEN) unseen += 1;
    }
  }
  const cells = (columns.end - columns.first) * (rows.end - rows.first);
  if (2 * (dead + unseen) > cells) return dead > unseen ? -DEAD : -UNSEEN;
  return sum / cells;
}

/** Pixel (x, y) of a state without colour: hatched for dead, dotted for unseen; `unit` is the pixel size of the pattern. */
export function pattern(state, x, y, unit) {
  const period = 6 * unit;
  if (state === DEAD) return (x + y) % period < 1.5 * unit;
  return x % period < 2 * unit && y % period < 2 * unit;
}

/** RGBA of the plot as a Uint32Array (width * height). `inks`: {viridis (Uint32Array), ground, ink} packed colours. */
export function paintCells({ heat, order, width, height, scale, inks, unit }) {
  const out = new Uint32Array(width * height);
  const K = order.length;
  const { low, high } = timeAxis(heat);
  const columns = spans(width, heat.steps.length, (x) => columnAt(heat.steps, low + (x / width) * (high - low)));
  const rows = spans(height, K, (y) => Math.floor((y * K) / height));
  const top = inks.viridis.length - 1;
  const bare = []; // spans of this row without a colour, and their state
  for (const row of rows) {
    const start = row.from * width;
    bare.length = 0;
    for (const column of columns) {
      const value = blockOf(heat, order, column, row);
      if (value < 0) bare.push(column, -value);
      const colour = value < 0 ? inks.ground : inks.viridis[Math.round(top * scale.share(value))];
      for (let x = column.from; x < column.to; x++) out[start + x] = colour;
    }
    for (let y = row.from + 1; y < row.to; y++) out.copyWithin(y * width, start, start + width);
    for (let y = row.from; y < row.to; y++) {
      for (let i = 0; i < bare.length; i += 2) {
        for (let x = bare[i].from; x < bare[i].to; x++) if (pattern(bare[i + 1], x, y, unit)) out[y * width + x] = inks.ink;
      }
    }
  }
  return out;
}

/** Ground and ink of the patterns from the theme: neutral, so neither can be taken for a colour of the map. */
export function patternInks(theme) {
  return { ground: packColour(rgbOf(theme.surface)), ink: packColour(rgbOf(theme.muted)) };
}

/** The largest count of all columns. */
export function largestCount(heat) {
  let largest = 0;
  for (const counts of heat.counts) for (const count of counts) if (count > largest) largest = count;
  return largest;
}

/** Share and number of states in a column: {live, dead, unseen}. */
export function tally(states) {
  const found = [0, 0, 0];
  for (const state of states) found[state] += 1;
  return { live: found[LIVE], dead: found[DEAD], unseen: found[UNSEEN] };
}
