// @ts-check
// Axes of the lab's panels: round ticks, short numbers, and the scale that turns a usage count into a colour. Pure.

import { significant } from "../wire/words.js";
import { colormap } from "./colormaps.js";
import { whole } from "../wire/format.js";

const DECADES = 3; // of the usage scale: a code used a thousand times less than the busiest has the lowest colour

/** The round step (1, 2 or 5 times a power of ten) that is no shorter than `rough`. */
export function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * (1 - 1e-9));
}

/** Round ticks within [low, high], about `wanted` of them. */
export function niceTicks(low, high, wanted = 4) {
  if (!(high > low)) return [low];
  const step = roundStep((high - low) / Math.max(wanted, 1));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Ticks of whole steps: as niceTicks, but never between two steps. */
export const stepTicks = (low, high, wanted = 4) => niceTicks(low, high, wanted).filter(Number.isInteger);

/** Powers of ten within [low, high], thinned to at most `most`; with 2 and 5 between them where fewer than two fit. */
export function logTicks(low, high, most = 4) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / most));
  const ticks = [];
  for (let power = first; power <= last; power += every) ticks.push(Number((10 ** power).toPrecision(3)));
  if (ticks.length >= 2) return ticks;
  const fine = [];
  for (let power = first - 1; power <= last; power++) {
    for (const m of [1, 2, 5]) fine.push(Number((m * 10 ** power).toPrecision(3)));
  }
  const between = fine.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  return between.length > 0 ? between : niceTicks(low, high, 2);
}

/** A number for a tick: 12,000 as 12k, 1200 as 1,200, 0.00002 as 2e-5, else as it is. */
export function compact(n) {
  const size = Math.abs(n);
  const scaled = (unit, name) => `${Number((n / unit).toPrecision(3))}${name}`;
  const rounded = Number(n.toPrecision(3));
  let text = size >= 1e3 ? whole(rounded) : String(rounded);
  if (size >= 1e6) text = scaled(1e6, "M");
  else if (size >= 1e4) text = scaled(1e3, "k");
  else if (size > 0 && size < 1e-3) text = n.toExponential(0);
  return text.replace(/-/g, "−");
}

/** Colour scale of usage, logarithmic over DECADES below the largest count (tokens a step). */
export function usageScale(largest) {
  const high = largest > 0 ? largest : 1;
  const low = high / 10 ** DECADES;
  const range = Math.log(10) * DECADES;
  const share = (count) => (count > low ? Math.min(1, Math.log(count / low) / range) : 0);
  return { low, high, share };
}

/** `size` colours of viridis, each packed for a little-endian Uint32Array over RGBA bytes. */
export function packedViridis(size = 256) {
  return Uint32Array.from({ length: size }, (_, i) => packColour(colormap("viridis", i / (size - 1))));
}

/** @param {number[]} rgb */
export const packColour = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** Tokens a step in words: "under 0.001", "3.21", "1,204". A count that fades for ever is not worth its digits. */
export function tokens(count) {
  if (count > 0 && count < 1e-3) return "under 0.001";
  return count >= 1000 ? whole(count) : significant(count);
}

/** "#14171e" or "rgb(20, 23, 30)" -> [20, 23, 30]. */
export function rgbOf(colour) {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour.trim());
  if (hex) return [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16));
  const numbers = colour.match(/[\d.]+/g) ?? [];
  return numbers.length >= 3 ? numbers.slice(0, 3).map(Number) : [128, 128, 128];
}

/** Perplexity of counts: exp of the entropy of their shares; 0 where all are 0. */
export function perplexityOf(counts) {
  let total = 0;
  for (const count of counts) total += count;
  if (!(total > 0)) return 0;
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / total) * Math.log(count / total);
  return Math.exp(entropy);
}

/** Codes by falling count (ties by number), or by number. */
export function codeOrder(counts, byUsage) {
  const order = Uint32Array.from(counts.keys());
  return byUsage ? order.sort((a, b) => counts[b] - counts[a] || a - b) : order;
}
