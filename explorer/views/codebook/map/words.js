// @ts-check
// Words and tables of the map. Pure: plain values in, text out.

import { significant } from "../../kit/wire/words.js";
import { amount, capital, countOf, csv, givens, percent, whole } from "../../kit/wire/format.js";
import { stateWord } from "../states.js";

/** "code 12 · 40 of 409,600 tokens": the label beside a code. */
export const codeLabel = (code, { counts, tokens }) => `${code} · ${amount(counts[code])} of ${amount(tokens)} ${tokens === 1 ? "token" : "tokens"}`;

/** The line under the map: what is known of one code. map may be null. */
export function codeWords(code, level, map) {
  const count = level.counts[code];
  const words = [`Code ${code}`, stateWord(level, level.state[code]), `${whole(count)} of ${countOf(level.tokens, "token")} (${percent(count, level.tokens)})`];
  const i = map ? map.point[code] : -1;
  if (i >= 0 && Number.isFinite(map.norm?.[i])) words.push(`norm ${significant(map.norm[i])}`);
  if (i >= 0 && Number.isFinite(map.error?.[i])) words.push(`error ${significant(map.error[i])} (mean squared)`);
  if (map && i < 0 && map.kind !== "sphere") words.push("not drawn on this map");
  return words.join(" · ");
}

/** The rows of honesty: [[what, words]]. */
export function honesty(map, level, latentsShown) {
  const { raw } = map;
  const rows = [];
  const { trustworthiness: trust } = raw;
  if (map.kind !== "sphere") rows.push(["Drawn", `${whole(map.codes.length)} of ${countOf(level.codebook_size, "code")}`]);
  if (trust !== null && trust !== undefined)
    rows.push(["Trustworthiness", `${significant(trust)} of 1: how far neighbours on the map are neighbours in the codebook`]);
  if (map.density && latentsShown) {
    const shown = map.latentCount - map.density.outside;
    const outside = map.density.outside > 0 ? `; ${whole(map.density.outside)} lie farther out` : "";
    rows.push([capital(givens(level)), `${whole(shown)} of ${whole(map.latentCount)} sampled, out of ${countOf(level.tokens, "token")}; log scale${outside}`]);
  }
  return rows;
}

/** Every drawn code with its place and measures, as CSV text. */
export function mapTable(map, level) {
  const header = ["code", `${map.kind}_x`, `${map.kind}_y`, "tokens", "share", "state", "norm", "mean_squared_error"];
  const number = (x) => (Number.isFinite(x) ? x : null);
  const rows = Array.from(map.codes, (code, i) => [
    code,
    map.placed[2 * i],
    map.placed[2 * i + 1],
    level.counts[code],
    level.counts[code] / Math.max(level.tokens, 1),
    stateWord(level, level.state[code]),
    number(map.norm?.[i]),
    number(map.error?.[i]),
  ]);
  return csv(header, rows);
}

/** The corners of three bits with their tokens, as CSV text. */
export function cornerTable(sums, chosen, total) {
  const header = [...chosen.map((bit) => `bit_${bit + 1}`), "tokens", "share"];
  const rows = Array.from(sums, (sum, corner) => [corner >> 2, (corner >> 1) & 1, corner & 1, sum, sum / Math.max(total, 1)]);
  return csv(header, rows);
}

/** The selected codes, the most used first, as CSV text. */
export function selectionTable({ rows }, level) {
  return csv(
    ["code", "tokens", "share", "state"],
    rows.map(({ code, count }) => [code, count, count / Math.max(level.tokens, 1), stateWord(level, level.state[code])]),
  );
}

/** "12 of 1,024 codes selected: 10 used, 3,400 of 409,600 tokens (0.8%)" */
export function selectionWords({ rows, tokens, used }, level) {
  const codes = `${whole(rows.length)} of ${countOf(level.codebook_size, "code")} selected`;
  return `${codes}: ${whole(used)} used, ${whole(tokens)} of ${countOf(level.tokens, "token")} (${percent(tokens, level.tokens)})`;
}
