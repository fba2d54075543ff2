// @ts-check
// The compare page in numbers: the shuffle and the votes of the blind mode, sorting, axes, error maps, links. Pure.

import { colormap } from "../kit/draw/colormaps.js";

export const FIRST = Object.freeze({
  tokenizers: Object.freeze([]), // ids, in the order in which they were chosen
  media: "", // "sample:coffee", "preset:text", "sample:all", "own"
  side: 256, // longest side of pictures, as the cards were measured; crops are not scaled
  at: 0, // which of a set
  mode: "grid", // or "swipe", "blind"
  show: "picture", // or "signed", "absolute"
  left: "", // of the swipe: "" is the original
  right: null, // null: the first tokenizer
  zoom: "", // "cx,cy,zoom", in shares of the picture
  seed: 1, // of the blind mode's order
  sort: "", // key of a column, "-" before it for falling
  baseline: "", // id that the others are held against, "" for the first
  measure: "psnr_db", // of the rate-distortion plot
  pin: null, // the row of a series, item or node that is chosen
  // not in the address:
  own: null, // {names, title, image} of an upload
  run: null, // {tokenizers, media, names}: what the job compares
  job: null,
  pictures: null, // of one medium
  result: null,
  voted: null,
  named: false, // of the blind mode: names were asked for without a vote
  problem: null, // {field, message}
});
export const IN_ADDRESS = ["tokenizers", "media", "side", "at", "mode", "show", "left", "right", "zoom", "seed", "sort", "baseline", "measure", "pin"];
const SIDES = [256, 512, 1024]; // of SIDES_PX in pages/shared/session.py
const ORIGINAL = "original"; // how a link says "" on the right, where that is not the default
const MODES = {
  mode: ["grid", "swipe", "blind"],
  show: ["picture", "signed", "absolute"],
  measure: [
    "psnr_db",
    "ssim",
    "ms_ssim",
    "gradient_error",
    "si_sdr_db",
    "log_mel_db",
    "snr_db",
    "rmse_percent",
    "largest_percent",
    "explained_percent",
    "sharing_percent",
    "kept_percent",
    "beside_percent",
  ],
};

/** What the chosen tokenizers take, by the first of them: "image" where none is chosen. tokenizers: [{id, modality}]. */
export const modalityOf = (chosen, tokenizers) => tokenizers.find(({ id }) => id === chosen[0])?.modality ?? "image";

/** What media of a modality are called. */
export const NOUNS = Object.freeze({ image: "pictures", audio: "sounds", video: "clips", series: "series", vectors: "tables of items", graph: "graphs" });

/** The state after `changes`: other pictures are looked at from the whole, a new round has no vote. */
export function nextState(state, changes) {
  const next = { ...state, ...changes };
  if (next.media !== state.media || next.side !== state.side) {
    if (!("at" in changes) && next.media !== state.media) next.at = 0;
    if (!("zoom" in changes)) next.zoom = "";
    if (!("pin" in changes) && next.media !== state.media) next.pin = null;
  }
  if (next.seed !== state.seed || next.pictures !== state.pictures) Object.assign(next, { voted: null, named: false });
  return Object.freeze(next);
}

/** The query of a link; keys of others are kept, defaults left out. An upload does not travel. */
export function queryOf(before, state) {
  const query = new URLSearchParams(before);
  for (const name of IN_ADDRESS) {
    const value = name === "tokenizers" ? state.tokenizers.join(",") : name === "right" && state.right === "" ? ORIGINAL : state[name];
    if (value === FIRST[name] || value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  return query.toString();
}

/** What a link says of the view; what makes no sense is left out. */
export function ownState(search) {
  const query = new URLSearchParams(search);
  const found = {};
  for (const [name, valid] of Object.entries(MODES)) if (valid.includes(query.get(name))) found[name] = query.get(name);
  for (const name of ["left", "right", "sort", "baseline"]) if (query.get(name)) found[name] = query.get(name);
  if (found.right === ORIGINAL) found.right = "";
  if (SIDES.includes(Number(query.get("side")))) found.side = Number(query.get("side"));
  for (const name of ["at", "seed", "pin"]) if (/^\d{1,9}$/.test(query.get(name) ?? "")) found[name] = Number(query.get(name));
  if (readZoom(query.get("zoom") ?? "", 1, 1)) found.zoom = query.get("zoom");
  return found;
}

/** "0.5,0.25,4" -> {cx, cy, zoom} in pixels of a w x h picture, null for the whole. */
export function readZoom(text, w, h) {
  const [x, y, zoom] = text.split(",").map(Number);
  const fine = [x, y].every((share) => share >= 0 && share <= 1) && zoom > 1 && zoom <= 1000;
  return fine ? { cx: x * w, cy: y * h, zoom } : null;
}

export function writeZoom(view, w, h) {
  if (!view || view.zoom <= 1.001) return "";
  const short = (value) => String(Number(value.toFixed(4)));
  return [view.cx / w, view.cy / h, view.zoom].map(short).join(",");
}

/** The view that shows a box (top, left, height, width) with as much again around it. `scale`: of the whole view. */
export function viewOfBox([top, left, height, width], W, H, scale) {
  const fits = Math.min(W / (2 * width), H / (2 * height));
  return { cx: left + width / 2, cy: top + height / 2, zoom: Math.max(1, fits / scale) };
}

/** mulberry32: the same numbers in [0, 1) for the same seed. */
export function randomOf(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The same ids in the order of a seed (Fisher and Yates). */
export function shuffle(ids, seed) {
  const order = [...ids];
  const random = randomOf(seed);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** One more vote: {id: {votes, shown}}. */
export function withVote(tally, shown, winner) {
  const next = { ...tally };
  for (const id of shown) {
    const { votes = 0, shown: before = 0 } = next[id] ?? {};
    next[id] = { votes: votes + (id === winner ? 1 : 0), shown: before + 1 };
  }
  return next;
}

/** [[id, votes, shown]], the most often preferred first. */
export function standings(tally) {
  const share = ({ votes, shown }) => votes / shown;
  return Object.entries(tally)
    .filter(([, one]) => one.shown > 0)
    .sort(([a, one], [b, two]) => share(two) - share(one) || two.shown - one.shown || a.localeCompare(b))
    .map(([id, one]) => [id, one.votes, one.shown]);
}

/** "93.5 (91.7 to 99.6)" -> the number and the range behind it, "" of a text without one. Pure. @param {string} text */
export const rangeOf = (text) => {
  const [, value, range] = /^(\S+) (\(\S+ to \S+\))$/.exec(text) ?? [null, text, ""];
  return { value, range };
};

/** What a column is sorted by: a mean, a median, a number, a text, or null where nothing was measured. */
export function sortValue(cell) {
  if (cell === null || cell === undefined) return null;
  if (typeof cell !== "object") return cell;
  return cell.mean ?? cell.median ?? (cell.identical > 0 ? Infinity : cell.opposite > 0 ? -Infinity : null); // JSON has no infinity
}

/** Rows in the order of `sort` ("" leaves them, "-key" is falling); what was not measured is last. */
export function sortedRows(rows, sort) {
  const [key, sign] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
  if (!key || rows.every((row) => !(key in row))) return rows;
  const compare = (a, b) => (typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : a === b ? 0 : a - b);
  const values = new Map(rows.map((row) => [row, sortValue(row[key])]));
  return [...rows].sort((one, two) => {
    const [a, b] = [values.get(one), values.get(two)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * compare(a, b);
  });
}

/** What a click on a column's head asks for: its better end first, then the other, then the order of choosing. */
export function nextSort(sort, key, better) {
  const first = better === "high" ? `-${key}` : key;
  const second = better === "high" ? key : `-${key}`;
  return sort === first ? second : sort === second ? "" : first;
}

/** Errors of a reconstruction as a picture: RGBA pixels of both -> RGBA. Signed: mean of reconstruction less original,
 *  -scale..scale; absolute: mean of |difference|, 0..scale; values in [0, 1]. */
export function errorPixels(original, other, kind, scale) {
  const name = kind === "signed" ? "diverging" : "viridis";
  const colours = Array.from({ length: 256 }, (_, i) => colormap(name, i / 255));
  const out = new Uint8ClampedArray(original.length);
  for (let i = 0; i < original.length; i += 4) {
    const [r, g, b] = [other[i] - original[i], other[i + 1] - original[i + 1], other[i + 2] - original[i + 2]];
    const t = kind === "signed" ? (r + g + b) / (765 * 2 * scale) + 0.5 : (Math.abs(r) + Math.abs(g) + Math.abs(b)) / (765 * scale);
    const colour = colours[Math.round(255 * Math.min(1, Math.max(0, t)))];
    [out[i], out[i + 1], out[i + 2], out[i + 3]] = [colour[0], colour[1], colour[2], 255];
  }
  return out;
}

/** How many panes stand in a row: as many as leave each `least` px wide, in rows as even as they can be. */
export function columnsOf(count, width, least = 200, gap = 12) {
  const most = Math.max(1, Math.min(count, Math.floor((width + gap) / (least + gap))));
  return Math.ceil(count / Math.ceil(count / most));
}

/** What is wrong with the chosen files, "" if nothing is. */
export function fileTrouble(files, limits, sizeWords) {
  const large = files.find((file) => file.size > limits.file_bytes);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (large)
    return `${large.name} has ${sizeWords(large.size)}; ${sizeWords(limits.file_bytes)} is the most for one file here. For more: python -m explorer compare.`;
  if (total > limits.upload_bytes)
    return `These files have ${sizeWords(total)} together; ${sizeWords(limits.upload_bytes)} is the most here. For more: python -m explorer compare.`;
  if (files.length > limits.media) return `These are ${files.length} files; at most ${limits.media} are compared at a time. Choose fewer.`;
  return "";
}
