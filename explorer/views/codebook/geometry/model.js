// @ts-check
// Numbers of the geometry panel: medians, shares of variance, the most alike codes, in words and as tables. Pure.

import { significant } from "../../kit/wire/words.js";
import { capital, countOf, csv, whole } from "../../kit/wire/format.js";
import { values } from "../map/model.js";

const SHORT = 0.01; // of the median latent: a code shorter than that is next to nothing

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

/** "3.8 times", "over 1,000 times" */
const times = (ratio) => (ratio > 1000 ? "over 1,000 times" : `${significant(ratio, 2)} times`);

/** "Median norm of 1,024 codes: 3.10; of 4,096 sampled latents: 0.82. Codes are 3.8 times as long as latents." */
export function normWords({ codeNorms, latentNorms, given = "latents" }) {
  const [codes, latents] = [median(codeNorms), median(latentNorms)];
  const first = `Median norm of ${countOf(codeNorms.length, "code")}: ${significant(codes)}`;
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
  const words = [`Median distance of ${countOf(nearest.length, "code")} to the nearest other one: ${significant(median(nearest))}`];
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

export function spectrumWords({ singular, effective_dimension: effective, latent_effective_dimension: latent, given = "latents" }) {
  const { enough } = spectrumOf(singular);
  const dim = singular.length;
  const beside = Number.isFinite(latent) ? ` The sampled ${given} have ${significant(latent)}.` : "";
  return `Effective dimension ${significant(effective)} of ${dim} (participation ratio of variances). ${enough} of ${dim} axes hold 90% of the variance.${beside}`;
}

const byValue = (values, sign) => Array.from(values.keys()).sort((a, b) => sign * (values[a] - values[b]) || a - b);

/** Codes by falling norm, for the screen: [[code, norm, tokens]]. */
export function normRows({ codes, codeNorms }, counts) {
  return byValue(codeNorms, -1).map((i) => [codes[i], significant(codeNorms[i]), whole(counts[codes[i]])]);
}

/** Codes by rising distance to their nearest other: [[code, other, distance, tokens]]; an only code has none. */
export function distanceRows({ codes, nearest, nearestCode }, counts) {
  return byValue(nearest, 1)
    .filter((i) => Number.isFinite(nearest[i]))
    .map((i) => [codes[i], String(nearestCode[i]), significant(nearest[i]), whole(counts[codes[i]])]);
}

export function spectrumRows({ singular }) {
  const { shares } = spectrumOf(singular);
  return Array.from(singular, (s, i) => [String(i + 1), significant(s), `${(100 * shares[i]).toFixed(1)}%`]);
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

export const mostAlikeRows = (cosine) => mostAlike(cosine).map(([code, other, value]) => [code, String(other), significant(value)]);

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
