// @ts-check
// The arithmetic of the page of a language model: tokens in a link, where a place lies, and how a choice changes the text.
// Pure.

import { whole } from "../kit/wire/format.js";

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";
// How many codes may be drawn, by the place of the slider; 0: all.
export const KEPT = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 0];

/** Digits of a token in a link, in base 36, as pages/language/link.py has it. */
function tokenDigits(K) {
  let digits = 1;
  while (DIGITS.length ** digits < K) digits += 1;
  return digits;
}

/** Tokens as a link writes them. @param {ArrayLike<number>} tokens  @param {number} K */
export const textOfTokens = (tokens, K) => Array.from(tokens, (token) => token.toString(36).padStart(tokenDigits(K), "0")).join("");

/** The tokens of a link. @param {string} text  @param {number} K */
export function tokensOfText(text, K) {
  const digits = tokenDigits(K);
  return Array.from({ length: Math.floor(text.length / digits) }, (_, i) => parseInt(text.slice(i * digits, (i + 1) * digits), 36));
}

/** The text that is read: that which was written, or in the other views the whole real picture. -> {given (rows), written} */
export function textRead({ view, given, written }, { rows }) {
  return view === "written" ? { given, written } : { given: rows, written: [] };
}

/** How many tokens it has. */
export const lengthOf = ({ given, written }, { columns }) => given * columns + written.length;

/** The place that is looked at: `at`, or the end of the text. */
export const placeOf = (state, facts) => state.at ?? lengthOf(textRead(state, facts), facts);

/** What changes when `code` is written at the place that is looked at: what came after it goes, and rows before it stay as
 *  given. real: tokens of the picture. */
export function writeAt(state, facts, real, code) {
  const { columns } = facts;
  const text = textRead(state, facts);
  const place = placeOf(state, facts);
  const first = text.given * columns;
  if (place >= first) return { ...text, written: [...text.written.slice(0, place - first), code], view: "written", at: null };
  const given = Math.floor(place / columns);
  return { given, written: [...real.slice(given * columns, place), code], view: "written", at: null };
}

/** "row 9, column 1": where a place lies, counted from 1. */
export const placeWords = (place, { columns }) => `row ${Math.floor(place / columns) + 1}, column ${(place % columns) + 1}`;

/** A share as people read it, with two digits where it is small. */
export function shareText(p) {
  if (p === 0) return "0%";
  const value = 100 * p;
  if (value < 0.01) return "<0.01%";
  return `${value < 1 ? value.toFixed(2) : value < 9.95 ? value.toFixed(1) : Math.round(value)}%`;
}

export const bitsText = (bits) => bits.toFixed(bits < 9.95 ? 2 : 1);

/** "as if 71 codes were equally likely": what an entropy in bits stands for. */
export function choiceWords(bits) {
  const codes = 2 ** bits;
  if (codes < 1.005) return "only one code is possible";
  return `as if ${codes < 9.95 ? codes.toFixed(1) : whole(codes)} codes were equally likely`;
}

/** The place of a slider for so many codes: the nearest that keeps as many. */
export function keptPlace(topK) {
  const all = KEPT.length - 1;
  if (topK === 0) return all;
  const found = KEPT.findIndex((kept) => kept >= topK);
  return found < 0 ? all : found;
}

/** Which codes a row is about: "in the picture", "written". */
export function marksOf(code, { real, taken }) {
  return [...(real.code === code ? ["in the picture"] : []), ...(taken?.code === code ? ["written"] : [])];
}
