// @ts-check
// The state of a teaching card as it stands in an address: numbers, words, switches, and lists of numbers or of points.

const DIGITS = 3; // behind the point: finer than a pixel of any screen
const MOST = 64; // entries of a list that an address may bring
const FAR = 1e4; // beyond it a number of an address is none: sums of squares must stay finite, and handles within reach of a reset

/** @typedef {number | string | boolean | number[] | number[][]} Value */

const short = (x) => String(Number(x.toFixed(DIGITS)));

/** 0.25 -> "0.25", true -> "1", [[1, 2], [3, 4]] -> "1,2;3,4", [1, 2] -> "1;2". Pure. @param {Value} value */
export function encode(value) {
  if (Array.isArray(value)) return value.map((one) => (Array.isArray(one) ? one.map(short).join(",") : short(one))).join(";");
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "number" ? short(value) : value;
}

const numberOf = (text) => {
  const found = text.trim() === "" ? Number.NaN : Number(text);
  return Math.abs(found) <= FAR ? found : Number.NaN;
};

/** A value of the same kind as `like`, or undefined where the text is none. A list may have another length. Pure.
 *  @param {string} text @param {Value} like @returns {Value | undefined} */
export function decode(text, like) {
  if (Array.isArray(like)) {
    const entries = text.split(";");
    const width = Array.isArray(like[0]) ? like[0].length : 0;
    const rows = entries.map((one) => (width ? one.split(",") : [one]).map(numberOf));
    if (entries.length > MOST || !rows.every((row) => row.length === (width || 1) && row.every(Number.isFinite))) return undefined;
    return width ? rows : rows.flat();
  }
  if (typeof like === "boolean") return ["0", "1"].includes(text) ? text === "1" : undefined;
  if (typeof like === "string") return text;
  const found = numberOf(text);
  return Number.isFinite(found) ? found : undefined;
}

/** `first`, with what the address says of it; what it says of nothing else, or wrongly, is passed over. Pure. */
export function readState(first, search) {
  const query = new URLSearchParams(search);
  const said = Object.entries(first).map(([name, like]) => [name, query.has(name) ? (decode(query.get(name), like) ?? like) : like]);
  return Object.fromEntries(said);
}

/** The query that brings this state back: only what differs from `first`; what else was in the address stays. Pure. */
export function writeState(first, state, search) {
  const query = new URLSearchParams(search);
  for (const [name, like] of Object.entries(first)) {
    query.delete(name);
    if (encode(state[name]) !== encode(like)) query.set(name, encode(state[name]));
  }
  return query.toString();
}

/** x within low..high; what is no number is low. Pure. */
export const clamp = (x, low, high) => (x > low ? Math.min(x, high) : low);

/** The value if it is one of those that are offered, else the first of them. Pure. */
export const among = (value, offered) => (offered.includes(value) ? value : offered[0]);
