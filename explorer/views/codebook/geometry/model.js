// @ts-check
// Numbers of the geometry panel: bins over one axis for two kinds of things, medians, shares of variance. Pure.

import { significant } from "../../kit/wire/words.js";
import { capital, csv, percent, whole } from "../../kit/wire/format.js";
import { values } from "../map/model.js";

const DECADES = 6; // of a log axis
const SHORT = 0.01; // of the median latent: a code shorter than that is next to nothing
const WIDE = 25; // largest over smallest median above which a linear axis shows one of two clouds as a line

/** The answer to "geometry" -> the same with plain arrays; `codes` are those that code_norms and nearest speak of. */
export function readGeometry(raw) {
  const norms = values(raw.code_norms);
  const codes = values(raw.codes) ?? Uint32Array.from(norms.keys());
  const place = new Map();
  codes.forEach((code, i) => place.set(code, i));
  const cosine = raw.cosine && { ...raw.cosine, values: values(raw.cosine.values), codes: values(raw.cosine.codes) };
  return {
    ...raw,
    codes,
    place,
    codeNorms: norms,
    latentNorms: values(raw.latent_norms),
    nearest: values(raw.nearest),
    nearestCode: values(raw.nearest_code),
    latentDistance: values(raw.latent_distance),
    singular: values(raw.singular_values),
    latentSingular: values(raw.latent_singular_values),
    cosine,
  };
}

export function median(numbers) {
  const sorted = Float64Array.from(numbers ?? [])
    .filter(Number.isFinite)
    .sort();
  const n = sorted.length;
  if (n === 0) return NaN;
  return n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/** One axis for all `lists`: {low, high, log}. Linear ones begin at 0; log ones at the smallest positive value, but no
 *  more than DECADES below the largest: what is smaller stands at the beginning. */
export function commonAxis(lists, log = null) {
  let [least, high] = [Infinity, 0];
  const medians = [];
  for (const list of lists) {
    if (!list || list.length === 0) continue;
    medians.push(median(list));
    for (const x of list) {
      if (!Number.isFinite(x)) continue;
      if (x > 0) least = Math.min(least, x);
      high = Math.max(high, x);
    }
  }
  if (!(high > 0)) return { low: 0, high: 1, log: false };
  const positive = medians.filter((x) => x > 0);
  const wide = positive.length > 1 && Math.max(...positive) > WIDE * Math.min(...positive);
  if (!(log ?? wide)) return { low: 0, high, log: false };
  const low = Math.max(least, high / 10 ** DECADES);
  return { low: low < high ? low : high / 2, high, log: true };
}

/** Share 0..1 along the axis. What is 0 on a log axis stands at its beginning. */
export function along({ low, high, log }, x) {
  if (!log) return (x - low) / (high - low);
  return x <= low ? 0 : Math.log(x / low) / Math.log(high / low);
}

/** Value at share t of the axis. */
export function valueAt({ low, high, log }, t) {
  return log ? low * (high / low) ** t : low + t * (high - low);
}

/** Counts in `n` bins of equal width along the axis; values that are not finite are left out. */
export function binned(numbers, axis, n) {
  const counts = new Uint32Array(n);
  for (const x of numbers ?? []) {
    if (Number.isFinite(x)) counts[binOf(axis, x, n)] += 1;
  }
  return counts;
}

export const binOf = (axis, x, n) => Math.min(n - 1, Math.max(0, Math.floor(along(axis, x) * n)));

/** "3.8 times", "over 1,000 times" */
const times = (ratio) => (ratio > 1000 ? "over 1,000 times" : `${significant(ratio, 2)} times`);

/** "Median norm of 1,024 codes: 3.10; of 4,096 sampled latents: 0.82. Codes are 3.8 times as long as latents." */
export function normWords({ codeNorms, latentNorms, given = "latents" }) {
  const [codes, latents] = [median(codeNorms), median(latentNorms)];
  const first = `Median norm of ${whole(codeNorms.length)} codes: ${significant(codes)}`;
  if (!(latentNorms?.length > 0)) return `${first}. No ${given} were kept with this audit.`;
  const words = [`${first}; of ${whole(latentNorms.length)} sampled ${given}: ${significant(latents)}.`];
  const short = codeNorms.reduce((n, norm) => n + (norm < SHORT * latents ? 1 : 0), 0);
  const ratio = codes / latents;
  if (short > 0) words.push(`${whole(short)} ${short === 1 ? "code is" : "codes are"} shorter than a hundredth of that.`);
  else if (ratio > 0.9 && ratio < 1.1) words.push("They are of one length.");
  else if (ratio >= 1) words.push(`Codes are ${times(ratio)} as long as ${given}.`);
  else if (ratio > 0) words.push(`${capital(given)} are ${times(1 / ratio)} as long as codes.`);
  return words.join(" ");
}

export function distanceWords(geometry) {
  const { nearest, latentDistance, duplicate_threshold: threshold, duplicates_total: pairs, given = "latents" } = geometry;
  const words = [`Median distance of ${whole(nearest.length)} codes to the nearest other one: ${significant(median(nearest))}`];
  if (latentDistance?.length > 0) words.push(`of ${whole(latentDistance.length)} sampled ${given} to their own code: ${significant(median(latentDistance))}`);
  const marked = threshold > 0 ? ` Below ${significant(threshold)} two codes count as near-duplicates: ${whole(pairs)} ${pairs === 1 ? "pair" : "pairs"}.` : "";
  return `${words.join("; ")}.${marked}`;
}

/** Shares of the variance along the axes, largest first, and how many reach 90%. */
export function spectrumOf(singular) {
  const squares = Float64Array.from(singular, (s) => s * s);
  const total = squares.reduce((a, b) => a + b, 0);
  const shares = squares.map((s) => (total > 0 ? s / total : 0));
  let [sum, enough] = [0, 0];
  while (enough < shares.length && sum < 0.9 - 1e-12) sum += shares[enough++];
  return { shares, enough: total > 0 ? enough : 0 };
}

export function spectrumWords({ singular, effective_dimension: effective, participation, latent_effective_dimension: latent, given = "latents" }) {
  const { enough } = spectrumOf(singular);
  const dim = singular.length;
  const more = Number.isFinite(participation) ? `, ${significant(participation)} by participation ratio` : "";
  const beside = Number.isFinite(latent) ? ` The sampled ${given} have ${significant(latent)}.` : "";
  return `Effective dimension ${significant(effective)} of ${dim} (exp of the entropy of the variance shares)${more}. ${enough} of ${dim} axes hold 90% of the variance.${beside}`;
}

/** Bins of both lists as a table: [[from, to, first, second]]. */
export function binRows(first, second, axis) {
  const n = first.length;
  return Array.from(first, (count, i) => [valueAt(axis, i / n), valueAt(axis, (i + 1) / n), count, second[i]]);
}

/** Each code with its norm and its nearest other code, as CSV text. */
export function codeTable({ codes, codeNorms, nearest, nearestCode }, counts) {
  const number = (x) => (Number.isFinite(x) ? x : null);
  return csv(
    ["code", "norm", "nearest_code", "distance_to_nearest", "tokens"],
    Array.from(codes, (code, i) => [code, number(codeNorms[i]), nearestCode[i], number(nearest[i]), counts[code]]),
  );
}

export function latentTable({ latentNorms, latentDistance }) {
  return csv(
    ["latent_norm", "distance_to_its_code"],
    Array.from(latentNorms ?? [], (norm, i) => [norm, latentDistance?.[i] ?? null]),
  );
}

export function spectrumTable({ singular, latentSingular }) {
  const { shares } = spectrumOf(singular);
  return csv(
    ["axis", "singular_value", "share_of_variance", "latents_singular_value"],
    Array.from(singular, (s, i) => [i + 1, s, shares[i], latentSingular?.[i] ?? null]),
  );
}

export const cosineOf = (byte) => byte / 127.5 - 1;

export function cosineTable({ codes, values: bytes }) {
  const n = codes.length;
  return csv(
    ["code", ...codes],
    Array.from(codes, (code, i) => [code, ...Array.from({ length: n }, (_, j) => Number(cosineOf(bytes[i * n + j]).toFixed(3)))]),
  );
}

export function duplicateTable(pairs) {
  return csv(["code_a", "code_b", "distance", "tokens_a", "tokens_b"], pairs);
}

/** "cosine of codes 12 and 40: 0.92" */
export const pairWords = (a, b, cosine) => `Codes ${a} and ${b}: cosine ${significant(cosine)}`;

export const shareWords = (count, total, noun) => `${whole(count)} of ${whole(total)} ${noun} (${percent(count, total)})`;

/** For each code of the matrix the other one most alike: [[code, other, cosine]], the most alike first. */
export function mostAlike({ codes, values: bytes }) {
  const n = codes.length;
  const rows = Array.from(codes, (code, i) => {
    let best = [code, null, -Infinity];
    for (let j = 0; j < n; j++) {
      const cosine = cosineOf(bytes[i * n + j]);
      if (j !== i && cosine > best[2]) best = [code, codes[j], cosine];
    }
    return best;
  });
  return rows.filter(([, other]) => other !== null).sort((a, b) => b[2] - a[2]);
}

export function cosineWords({ codes, values: bytes, words = "" }) {
  const n = codes.length;
  let [sum, size] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      sum += Math.abs(cosineOf(bytes[i * n + j]));
      size += 1;
    }
  }
  const mean = size > 0 ? ` Mean size of the cosine of two codes: ${significant(sum / size, 2)} (0: all at right angles, 1: all on one line).` : "";
  return `${words}${mean} Blue −1, pale 0, orange +1.`.trim();
}
