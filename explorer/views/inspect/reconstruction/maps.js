// @ts-check
// Maps and token geometry of the reconstruction view: pure functions, no DOM.

import { significant } from "../../kit/wire/words.js";
import { colormap } from "../../kit/draw/colormaps.js";
import { unpack } from "../../kit/wire/encoding.js";

/** What each tab shows. `colours` is null for the pictures themselves. `per` is what one value belongs to. */
export const MODES = [
  { id: "swipe", label: "Before / after", colours: null, per: "token" },
  {
    id: "error",
    label: "Error",
    colours: "viridis",
    per: "pixel",
    name: "absolute error",
    unit: "8-bit steps",
    about: "Mean of |reconstruction − original| over R, G and B, in steps of 0 to 255.",
  },
  {
    id: "signed",
    label: "Brightness",
    colours: "diverging",
    per: "pixel",
    name: "luminance difference",
    unit: "8-bit steps",
    about: "Luminance of the reconstruction less that of the original: blue is darker, orange brighter.",
  },
  {
    id: "quantization",
    label: "Quantization",
    colours: "viridis",
    per: "token",
    name: "|z_e − z_q|²",
    unit: "squared distance",
    about: "How far each {given} was moved to reach its code; for a cosine codebook, with both normalised.",
  },
  {
    id: "margin",
    label: "Margin",
    colours: "cividis",
    per: "token",
    name: "margin",
    unit: "distance",
    about: "How far each {given} is from getting another code. Dark tokens are uncertain: nearly a tie.",
  },
];

// What the maps of a sound say instead: each mel band of its spectrogram, in dB.
const OF_SOUND = {
  error: {
    label: "Difference",
    name: "level difference",
    unit: "dB",
    about: "|reconstruction − original| of each mel band, both floored 80 dB below the loudest point.",
  },
  signed: {
    label: "Louder / softer",
    name: "level difference",
    unit: "dB",
    about: "Level of the reconstruction less that of the original in each mel band: blue is softer, orange louder.",
  },
};

// What the maps of a series say instead: each column over time, where 100% is half of the range that it was scaled by.
const OF_SERIES = {
  error: {
    label: "Difference",
    name: "difference",
    unit: "% of half the range",
    about: "|reconstruction − original| of each column over time, in percent of half the range that it was scaled by.",
  },
  signed: {
    label: "Above / below",
    name: "difference",
    unit: "% of half the range",
    about: "Reconstruction less original of each column over time: blue is below, orange above.",
  },
};
const OF_ITEMS = { error: { label: "Error of colours" }, signed: { label: "Signed error of colours" } };
const WORDS = { time: OF_SOUND, series: OF_SERIES, items: OF_ITEMS };

const COVERED = 0.995; // share of values inside the colour scale: one outlier must not darken all the rest

/** The end of a colour scale: where COVERED of the values lie below, or the largest itself if that is near. */
function scaleEnd(quantile, max) {
  return quantile > 0 && quantile < 0.8 * max ? quantile : max;
}

/** A map of one byte a pixel: {shape, low, high, max, mean, at(index)}; value = (byte - offset) * scale. */
export function pixelMap({ data, scale, offset, limit, mean }) {
  const { array, shape } = unpack(data);
  const counts = new Uint32Array(256);
  for (const byte of array) counts[Math.abs(byte - offset)] += 1;
  let step = 0;
  for (let below = counts[0]; below < COVERED * array.length; below += counts[step]) step += 1;
  const high = scaleEnd(step * scale, limit);
  return { shape, low: offset > 0 ? -high : 0, high, max: limit, mean, at: (index) => (array[index] - offset) * scale };
}

/** A map of one float a token, from 0. Values that are not finite count neither for the scale nor for the mean. */
export function tokenMap(packed) {
  const { array, shape } = unpack(packed);
  const finite = array.filter(Number.isFinite).sort();
  const max = finite.length > 0 ? Math.max(0, finite[finite.length - 1]) : 0;
  const high = scaleEnd(finite[Math.ceil(COVERED * finite.length) - 1] ?? 0, max);
  const mean = finite.reduce((sum, value) => sum + value, 0) / Math.max(1, finite.length);
  return { shape, low: 0, high, max, mean, at: (index) => array[index] };
}

const tokenLevels = (value, mode) => ({ quantization: value.quantization_error, margin: value.margin })[mode] ?? [];

/** Whether the map of a tab has to be asked for still: those of each pixel come when one of them is opened. Pure. */
export const isAsked = (mode, value) => MODES.some(({ id, per }) => id === mode && per === "pixel") && !value[mode];

/** The map of a tab at a level, or null where the payload has none. */
export function mapOf(value, mode, level) {
  if (mode === "error" || mode === "signed") return pixelMap(value[mode]);
  const levels = tokenLevels(value, mode);
  return levels.length > 0 ? tokenMap(levels[Math.min(level, levels.length - 1)]) : null;
}

/** The tabs that this payload can fill: maps of tokens need tokens with a place, all others a reconstruction.
 *  level: the one on screen, whose quantizer was given latents or, behind the first of a sum, residuals. */
export function modesOf(value, level = 0) {
  const words = WORDS[value.place?.kind] ?? {};
  const decoded = value.reconstruction !== null;
  const given = value.given?.[Math.min(level, value.given.length - 1)] ?? "latent";
  const said = MODES.map((mode) => ({ ...mode, ...words[mode.id] })).map((mode) => ({ ...mode, about: mode.about?.replace("{given}", given) }));
  return said.filter(({ id, colours, per }) => (colours === null || per === "pixel" ? decoded : tokenLevels(value, id).length > 0));
}

/** Where `number` lies between low and high, in [0, 1]; 0 in an empty range. */
export function share(number, { low, high }) {
  if (high === low) return 0;
  return Math.min(1, Math.max(0, (number - low) / (high - low)));
}

/** RGBA bytes of a map; values that are not finite stay transparent. */
export function tint(map, colours) {
  const table = Array.from({ length: 256 }, (_, step) => colormap(colours, step / 255));
  const count = map.shape[0] * map.shape[1];
  const rgba = new Uint8ClampedArray(4 * count);
  const flat = map.high === map.low; // a map of zeros takes the colour of zero
  const zero = colours === "diverging" ? 128 : 0;
  for (let index = 0; index < count; index++) {
    const value = map.at(index);
    if (!Number.isFinite(value)) continue;
    rgba.set(table[flat ? zero : Math.round(255 * share(value, map))], 4 * index);
    rgba[4 * index + 3] = 255;
  }
  return rgba;
}

/** First pixel of part `index` of `count` equal parts of `extent`: as TokenLayout.region shares them out. */
export const edge = (index, count, extent) => Math.floor((index * extent) / count);

/** The token under pixel (x, y), or null outside. shape is (rows, columns). */
export function tokenAt(x, y, [rows, columns], width, height) {
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const part = (at, count, extent) => Math.floor(((Math.floor(at) + 1) * count - 1) / extent);
  return part(y, rows, height) * columns + part(x, columns, width);
}

/** The pixels of a token: {x, y, width, height}. */
export function regionOf(token, [rows, columns], width, height) {
  const row = Math.floor(token / columns);
  const column = token % columns;
  const x = edge(column, columns, width);
  const y = edge(row, rows, height);
  return { x, y, width: edge(column + 1, columns, width) - x, height: edge(row + 1, rows, height) - y };
}

/** The outline of all tokens with a code: segments [x0, y0, x1, y1] in pixels, without edges between two of them. */
export function outline(indices, [rows, columns], code, width, height) {
  const segments = [];
  const has = (row, column) => row >= 0 && column >= 0 && row < rows && column < columns && indices[row * columns + column] === code;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!has(row, column)) continue;
      const [left, right] = [edge(column, columns, width), edge(column + 1, columns, width)];
      const [top, bottom] = [edge(row, rows, height), edge(row + 1, rows, height)];
      if (!has(row - 1, column)) segments.push([left, top, right, top]);
      if (!has(row + 1, column)) segments.push([left, bottom, right, bottom]);
      if (!has(row, column - 1)) segments.push([left, top, left, bottom]);
      if (!has(row, column + 1)) segments.push([right, top, right, bottom]);
    }
  }
  return segments;
}

/** "absolute error 12.3 of 255"; the signed map says which way. */
export function valueText(mode, number) {
  if (!Number.isFinite(number)) return `${mode.name} unknown`;
  if (mode.unit.startsWith("%")) return `${mode.name} ${significant(number)} ${mode.unit}`;
  if (mode.unit === "dB") return `${mode.name} ${significant(number)} dB`;
  if (mode.id === "error") return `absolute error ${significant(number)} of 255`;
  if (mode.id !== "signed") return `${mode.name} ${significant(number)}`;
  const way = number > 0 ? "brighter" : "darker";
  return Math.abs(number) < 0.5 ? "equally bright" : `${significant(Math.abs(number))} of 255 ${way}`;
}
