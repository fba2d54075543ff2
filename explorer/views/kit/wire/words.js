// @ts-check
// Words and numbers of the code card. Pure: plain values in, text out.

import { countOf, csv, percent, whole } from "./format.js";

export { placeText } from "./places.js";

/** "14 of 1,024 tokens, 1.4%" */
export function countText({ tokens, num_tokens }) {
  return `${whole(tokens.length)} of ${countOf(num_tokens, "token")}, ${percent(tokens.length, num_tokens)}`;
}

/** "rank 12 of 318 used codes · K = 1,024" */
export function rankText({ tokens, rank, used_codes, codebook_size }) {
  const used = `${whole(used_codes)} used ${used_codes === 1 ? "code" : "codes"}`;
  const size = `K = ${whole(codebook_size)}`;
  if (tokens.length === 0) return `not among the ${used} · ${size}`;
  return rank === null ? `one of ${used} · ${size}` : `rank ${whole(rank)} of ${used} · ${size}`;
}

/** Three significant digits without an exponent for everyday sizes. */
export function significant(number, digits = 3) {
  if (number === null || !Number.isFinite(number)) return "unknown";
  if (number === 0) return "0";
  const magnitude = Math.abs(number);
  if (magnitude >= 1e5 || magnitude < 1e-4)
    return number
      .toExponential(digits - 1)
      .replace("-", "−")
      .replace("e+", "e");
  if (magnitude >= 1000) return whole(number).replace("-", "−");
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(magnitude)));
  return number.toFixed(decimals).replace("-", "−");
}

/**
 * How sure the quantizer was at this token: {share, verdict, detail}, null without both distances.
 * share in [0, 1] is the margin as a part of the distance to the second code: 0 is a tie, 1 lies on its code.
 * It is null where distances may be negative (dot product), since a share then means nothing.
 */
export function margin({ distance, second }) {
  if (distance === null || !second || second.distance === null) return null;
  const gap = second.distance - distance;
  const share = distance >= 0 && second.distance > 0 ? Math.min(1, Math.max(0, gap / second.distance)) : null;
  let verdict = "Ahead of the second code";
  if (share !== null) verdict = VERDICTS.find(([limit]) => share < limit)[1];
  if (gap < 0) verdict = "Not the nearest code"; // a rule or a frozen assignment may choose another than the nearest
  const nearer = share === null || gap <= 0 ? "" : ` (${percent(share, 1)} nearer)`;
  return {
    share,
    verdict,
    code: second.code,
    detail: `${significant(distance)} to this code, ${significant(second.distance)} to code ${second.code}: ` + `margin ${significant(gap)}${nearer}`,
  };
}

/** @type {[number, string][]} */
const VERDICTS = [
  [0.02, "Nearly a tie"],
  [0.1, "A close call"],
  [0.35, "Clear"],
  [Infinity, "Certain"],
];

/** The token `step` places on in `tokens`, going round; the first (or last) where `token` is not among them. */
export function stepToken(tokens, token, step) {
  if (tokens.length === 0) return -1;
  const at = tokens.indexOf(token);
  if (at < 0) return step > 0 ? tokens[0] : tokens[tokens.length - 1];
  return tokens[(at + step + tokens.length) % tokens.length];
}

/** The vector as CSV: axis counted from 0 as in the files, value, and the digit where the code has digits. */
export function vectorCsv({ vector, digits = null, digit_levels = null }) {
  const header = digits ? ["axis", "value", "digit", "levels"] : ["axis", "value"];
  const rows = Array.from(vector, (value, axis) => {
    const number = Number(value.toPrecision(9)); // float32 needs nine digits to come back unchanged
    return digits ? [axis, number, digits[axis], digit_levels[axis]] : [axis, number];
  });
  return csv(header, rows);
}

/** "bits" if every axis has two levels (LFQ, BSQ), "levels" otherwise (FSQ), null for a learned codebook. */
export function digitKind(digit_levels) {
  if (!digit_levels) return null;
  return digit_levels.every((levels) => levels === 2) ? "bits" : "levels";
}
