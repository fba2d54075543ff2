// @ts-check
// Which curves share a plot, their ranges, and the points to draw. Pure: curves are rows of [step, value, ...].

import { LAB } from "../about.js";
import { significant } from "../../wire/words.js";
import { countOf, whole } from "../../wire/format.js";

/** Line styles: dash and colour together, so that neither has to be told apart alone. `ink` names a theme colour. */
const STYLES = [
  { dash: [], ink: "accent", width: 1.8 },
  { dash: [7, 3], ink: "ink", width: 1.5 },
  { dash: [2, 3], ink: "accent", width: 1.8 },
  { dash: [9, 3, 2, 3], ink: "ink", width: 1.5 },
  { dash: [], ink: "muted", width: 1.5 },
  { dash: [4, 2], ink: "muted", width: 1.5 },
  { dash: [1, 2], ink: "ink", width: 1.5 },
  { dash: [12, 4], ink: "accent", width: 1.5 },
];

const ROWS = new WeakMap(); // curves as stored -> their rows

/** The rows of curves as stored ({rows: {array, shape}}): [Float32Array([step, value, ...])], views of the same numbers. */
export function rowsOf(curves) {
  if (!curves) return [];
  if (!ROWS.has(curves)) {
    const { array, shape } = curves.rows;
    ROWS.set(
      curves,
      Array.from({ length: shape[0] }, (_, i) => array.subarray(i * shape[1], (i + 1) * shape[1])),
    );
  }
  return ROWS.get(curves);
}

/** Which plots are shown together; what is lost to wrong tokens has an axis of its own (`wrong_tokens.js`). */
export const GROUPS = [
  { id: "learning", label: "Learning", title: "Losses, usage, errors and gradients over the steps" },
  { id: "movement", label: "Movement", title: "Drift of the encoder, lag of the codes and effective dimensions over the steps" },
  { id: "wrong", label: "Wrong tokens", title: "What the decode loses when some tokens are wrong" },
];

const NOT_DRAWN = ["reseeds"]; // so far: told in words beside another run; ticks say when

const PLOTS = [
  { id: "losses", title: "Loss terms, weighted", fits: (_name, kind) => kind === "loss", scaled: true },
  { id: "perplexity", title: "Perplexity", fits: (name) => /perplexity|^active/.test(name), zero: true },
  { id: "dead", title: "Dead share", fits: (name) => /dead|unseen/.test(name), whole: true },
  { id: "gradients", title: "Gradient norms", fits: (name) => /grad/.test(name), scaled: true },
  { id: "error", title: "Quantization error", fits: (name) => /quantization_error/.test(name), scaled: true },
  { id: "speed", title: "Code speed", fits: (name) => /speed/.test(name), scaled: true },
  { id: "missed", title: "Missed by the output", fits: (name) => name === "missed", scaled: true },
  { id: "drift", title: "Encoder drift", fits: (name) => name === "drift", scaled: true, group: "movement" },
  { id: "lag", title: "Lag of the codes in use", fits: (name) => /^lag_/.test(name), scaled: true, group: "movement" },
  { id: "dimension", title: "Effective dimension", fits: (name) => /_dimension/.test(name), zero: true, group: "movement" },
  { id: "norms", title: "Norms", fits: (name) => /_norm$|^norm_/.test(name), zero: true },
  { id: "moved", title: "Moved between checkpoints", fits: (name) => /^moved_/.test(name), scaled: true },
  { id: "jumped", title: "Jumped", fits: (name) => /^jumped_/.test(name), zero: true },
  { id: "spread", title: "Spread of the codes", fits: (name) => /^spread_/.test(name), zero: true },
  { id: "reseeded", title: "Reseeded", fits: (name) => /^reseeded_/.test(name), zero: true },
  { id: "tokens", title: "Tokens counted", fits: (name) => /^tokens_/.test(name), zero: true },
];

/** Plots of the curves: [{id, group, title, scaled, lines: [{column, name, label, unit, style}]}], only those with lines.
 *  scaled: log or linear is the visitor's choice. zero: the axis starts at 0. whole: it goes from 0 to 1. */
export function plotsOf({ names, labels, units, kinds }) {
  const plots = new Map();
  names.forEach((name, i) => {
    if (NOT_DRAWN.includes(name)) return;
    const known = PLOTS.find((plot) => plot.fits(name, kinds[i]));
    const { id, title, scaled, zero, whole: all, group = "learning" } = known ?? { id: name, title: labels[i] };
    if (!plots.has(id)) plots.set(id, { id, group, title, scaled: Boolean(scaled), zero: Boolean(zero), whole: Boolean(all), lines: [] });
    const { lines } = plots.get(id);
    lines.push({ column: i + 1, name, label: labels[i], unit: units[i] ?? "", style: STYLES[lines.length % STYLES.length] });
  });
  const place = (id) => (PLOTS.findIndex((plot) => plot.id === id) + PLOTS.length + 1) % (PLOTS.length + 1); // unknown ones last
  return [...plots.values()].sort((a, b) => place(a.id) - place(b.id));
}

/** The unit that all lines of a plot share, or "". */
export function unitOf(plot) {
  const units = new Set(plot.lines.map((line) => line.unit));
  return units.size === 1 ? plot.lines[0].unit : "";
}

// Squares of differences of float32 numbers (24 bits) are noise below this share of the largest: no axis needs to reach there.
export const LEAST = 2 ** -48;

/** Range {low, high, log, dropped, under} of a plot's axis. `extra`: values that must fit in. dropped: values a log axis
 *  cannot show; under: whether some lie so far below the largest that they are drawn on its lower edge. */
export function rangeOf(plot, rows, log, extra = []) {
  if (plot.whole) return { low: 0, high: 1, log: false, dropped: 0 };
  let [low, high, dropped] = [Infinity, -Infinity, 0];
  const take = (value) => {
    if (!Number.isFinite(value)) return;
    if (log && value <= 0) {
      dropped += 1;
      return;
    }
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const row of rows) for (const { column } of plot.lines) take(row[column]);
  extra.forEach(take);
  if (low > high) return { low: log ? 0.1 : 0, high: 1, log, dropped };
  if (log) {
    const under = low < LEAST * high;
    low = Math.max(low, LEAST * high);
    const wide = high / low < 2 ? 2 : 1.15; // a nearly constant value still gets an axis
    return { low: low / wide, high: high * wide, log, dropped, under };
  }
  if (plot.zero) low = Math.min(low, 0);
  const room = high > low ? 0.06 * (high - low) : Math.max(Math.abs(high) * 0.5, 0.5);
  return { low: low < 0 || (!plot.zero && low - room > 0) ? low - room : 0, high: high + room, log, dropped };
}

/** Height share 0 (low) .. 1 (high), NaN for what the axis cannot show. */
export function heightOf({ low, high, log }, value) {
  if (log) return value > 0 ? Math.max(0, Math.log(value / low) / Math.log(high / low)) : NaN;
  return (value - low) / (high - low);
}

/** Index of the row nearest to `step`, -1 without rows. Rows rise in step. */
export function nearestRow(rows, step) {
  if (rows.length === 0) return -1;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] < step) low = middle + 1;
    else high = middle;
  }
  return low > 0 && step - rows[low - 1][0] <= rows[low][0] - step ? low - 1 : low;
}

/**
 * Points (x, y, x, y ...) of a line, at most about four a pixel: the first, lowest, highest and last value on it, so that
 * a thinned line keeps its spikes. NaN parts the line. `x(step)`, `y(value)` give pixels.
 */
export function linePoints(rows, column, x, y) {
  const points = [];
  let bucket = null;
  const put = (row) => points.push(x(row[0]), y(row[column]));
  const flush = () => {
    if (!bucket) return;
    const kept = [...new Set([bucket.first, bucket.low, bucket.high, bucket.last])];
    kept.sort((a, b) => a - b).forEach((i) => put(rows[i]));
    bucket = null;
  };
  rows.forEach((row, i) => {
    if (!Number.isFinite(y(row[column]))) {
      flush();
      points.push(NaN, NaN);
      return;
    }
    const pixel = Math.round(x(row[0]));
    if (bucket && bucket.pixel !== pixel) flush();
    if (!bucket) bucket = { pixel, first: i, low: i, high: i, last: i };
    if (row[column] < rows[bucket.low][column]) bucket.low = i;
    if (row[column] > rows[bucket.high][column]) bucket.high = i;
    bucket.last = i;
  });
  flush();
  return points;
}

/** A line across a plot that its curve is held to: {value, words}, or null. view: of one side. Pure. */
export function referenceOf(plot, view, about = LAB) {
  const { frame, ceiling } = view ?? {};
  if (plot.id === "perplexity" && frame) return { value: frame.ceiling, words: `ceiling min(K, ${about.ceiling}) = ${whole(frame.ceiling)}` };
  if (plot.id !== "missed" || typeof ceiling?.missed !== "number") return null;
  return { value: ceiling.missed, words: `no quantizer, ${countOf(ceiling.step, "step")}: ${significant(100 * ceiling.missed)}%` };
}

/** What the button of the ceiling says: asked for, being trained, or reached; null where there is none to have. Pure. */
export function ceilingWords({ ceiling, settings }) {
  if (!settings || settings.model === "none") return null;
  if (!ceiling) return "Ceiling";
  return ceiling.step < ceiling.target ? `Ceiling: step ${whole(ceiling.step)} of ${whole(ceiling.target)}` : `Ceiling of step ${whole(ceiling.step)}`;
}

/** Push labels apart to `gap` pixels within [top, bottom]; `ys` in any order, same order out. */
export function spread(ys, gap, top, bottom) {
  const order = ys.map((_, i) => i).sort((a, b) => ys[a] - ys[b]);
  const placed = ys.slice();
  let floor = top;
  for (const i of order) floor = (placed[i] = Math.max(placed[i], floor)) + gap;
  let roof = bottom;
  for (const i of order.reverse()) roof = (placed[i] = Math.min(placed[i], roof)) - gap;
  return placed;
}

const SHARE_UNIT = /^share|^$/;

/** "9.31 codes", "0.31 (mean length of z_e)", "27.1%" of a share, "not measured". named: with the unit, where the plot does not name it. */
export function valueWords(line, value, named = true) {
  if (!Number.isFinite(value)) return "not measured";
  if (/^dead|^unseen/.test(line.name) && SHARE_UNIT.test(line.unit)) return `${significant(100 * value)}%`;
  if (!line.unit || !named) return significant(value);
  return line.unit.includes(" ") ? `${significant(value)} (${line.unit})` : `${significant(value)} ${line.unit}`;
}

/** What all plots say at a row, for the accessible name and the readout. */
export function rowWords(plot, row) {
  return `step ${whole(row[0])}: ${plot.lines.map((line) => `${line.label} ${valueWords(line, row[line.column])}`).join(", ")}`;
}
