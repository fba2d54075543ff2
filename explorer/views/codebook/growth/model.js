// @ts-check
// Numbers and words of the growth panel: the curve of codes used, two halves of the data, medium by medium. Pure.

import { significant } from "../../kit/wire/words.js";
import { usageOrder } from "../states.js";
import { amount, csv, percent, whole } from "../../kit/wire/format.js";

const MOST_DOTS = 4000;
const SIGMAS = 2;

/** Perplexities and counts: whole where whole and from 1,000 on, else four digits. */
export const number = (value) => (Number.isInteger(value) || Math.abs(value) >= 1000 ? whole(value) : significant(value, 4));

export function median(values) {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Ends of the axes of the growth curve: the codes there are, unless they are far above what is used. */
export function growthRange({ growth, codebook_size: K, tokens }, log) {
  const last = Math.max(tokens, 1);
  const end = growth.fit ? Math.max(last, growth.fit.tokens[growth.fit.tokens.length - 1]) : last;
  const used = Math.max(1, ...growth.used, ...(growth.fit ? growth.fit.used : []));
  const top = K <= 2.5 * used ? K * 1.12 : used * 1.15;
  return { x: log ? [Math.max(1, growth.tokens[0] ?? 1), Math.max(end, 2)] : [0, end], y: [0, top], ceilingShown: K <= 2.5 * used };
}

/** Whether nearly all that happened did so in the first tenth of the tokens: a linear axis would show a corner. */
export function isEarly({ tokens, used }) {
  const last = tokens.length - 1;
  if (last < 1) return false;
  return used[nearest(tokens, tokens[last] / 10)] >= 0.9 * used[last];
}

/** Row of rising `tokens` nearest to a number of tokens; -1 without rows. */
export function nearest(tokens, wanted) {
  let best = -1;
  for (let i = 0; i < tokens.length; i++) if (best < 0 || Math.abs(tokens[i] - wanted) < Math.abs(tokens[best] - wanted)) best = i;
  return best;
}

/** "After 51,200 of 102,400 tokens: 930 of 1,024 codes used (91%)"; past the end: "Estimate: ...". */
export function growthWords({ growth, tokens, codebook_size: K }, wanted) {
  const { fit } = growth;
  if (fit && wanted > tokens) {
    const row = nearest(fit.tokens, wanted);
    return `Estimate, not counted: after ${whole(fit.tokens[row])} tokens about ${whole(fit.used[row])} of ${whole(K)} codes.`;
  }
  const row = nearest(growth.tokens, wanted);
  if (row < 0) return "";
  return `After ${whole(growth.tokens[row])} of ${whole(tokens)} tokens: ${whole(growth.used[row])} of ${whole(K)} codes used (${percent(growth.used[row], K)}).`;
}

/** The same for the screen, numbers as words. */
export function growthRows({ growth, codebook_size: K }) {
  const row = (part, how) => (tokens, i) => [whole(tokens), whole(part.used[i]), percent(part.used[i], K), how];
  return [...Array.from(growth.tokens, row(growth, "counted")), ...(growth.fit ? Array.from(growth.fit.tokens, row(growth.fit, "estimated")) : [])];
}

/** Codes by falling count with the counts of both halves, at most `most`: [[code, count, first, second]]. */
export function halvesRows({ counts, halves }, most) {
  return Array.from(usageOrder(counts).subarray(0, most), (code) => [
    code,
    whole(counts[code]),
    whole(halves.first[code]),
    whole(counts[code] - halves.first[code]),
  ]);
}

/** One row a medium: [[number from 1, tokens, used, perplexity]]. */
export function batchesRows({ batches }, most) {
  return Array.from(batches.tokens.slice(0, most), (tokens, i) => [whole(i + 1), whole(tokens), whole(batches.used[i]), number(batches.perplexity[i])]);
}

/** Growth as rows: counted first, then estimated, each said. */
export function growthCsv({ growth, codebook_size: K }) {
  const rows = Array.from(growth.tokens, (tokens, i) => [tokens, growth.used[i], K, "counted"]);
  if (growth.fit) rows.push(...Array.from(growth.fit.tokens, (tokens, i) => [tokens, growth.fit.used[i], K, "estimated"]));
  return csv(["tokens", "codes_used", "codes_K", "how"], rows);
}

/** Counts of the two halves: {codes, a, b (drawn codes), total: [tokens of a, of b], seen (codes in either), every, outside, outside_chance}.
 *  null where the audit did not keep them. Every `every`-th code by number, so that no more than MOST_DOTS are drawn. */
export function halvesOf({ counts, halves }) {
  if (!halves?.first) return null;
  const total = [0, 0];
  const seen = [];
  for (let code = 0; code < counts.length; code++) {
    total[0] += halves.first[code];
    total[1] += counts[code] - halves.first[code];
    if (counts[code] > 0) seen.push(code);
  }
  const every = Math.max(1, Math.ceil(seen.length / MOST_DOTS));
  const codes = seen.filter((_, i) => i % every === 0);
  const { outside, outside_chance } = halves;
  return {
    codes,
    a: codes.map((code) => halves.first[code]),
    b: codes.map((code) => counts[code] - halves.first[code]),
    total,
    seen: seen.length,
    every,
    outside,
    outside_chance,
  };
}

/** What chance alone gives a code with `count` tokens in all, if each fell into the second half with the share p:
 *  [low, high] of the second half, SIGMAS standard deviations of the binomial about its mean. */
export function chanceBand(count, p) {
  const [mean, spread] = [count * p, SIGMAS * Math.sqrt(count * p * (1 - p))];
  return [Math.max(0, mean - spread), Math.min(count, mean + spread)];
}

export function halvesWords(halves) {
  const { outside, outside_chance: chance, seen } = halves;
  const sample = halves.every > 1 ? ` One code in ${whole(halves.every)} is drawn.` : "";
  const expected = chance < 10 ? significant(chance, 2) : whole(chance);
  return (
    `One dot a code. Grey: two standard deviations about an equal share of its tokens. ${whole(outside)} of ${whole(seen)} codes (${percent(outside, seen)}) lie outside; ` +
    `if the same tokens were dealt to the halves at random, about ${expected} (${percent(chance, seen)}) would. Tokens of one picture are alike, so more is usual.${sample}`
  );
}

export function halvesCsv({ counts, halves }) {
  return csv(
    ["code", "count_even_media", "count_odd_media"],
    Array.from(counts, (count, code) => [code, halves.first[code], count - halves.first[code]]),
  );
}

export const BATCH_MEASURES = [
  { id: "perplexity", label: "Perplexity", title: "Perplexity of one medium alone, and of all together" },
  { id: "used", label: "Used codes", title: "Codes used in one medium alone, and in all together" },
];

/** "Each dot is one of 100 media by itself: half of them reach a perplexity of 240 to 310, of at most 1,024. All: 640 ..." */
export function batchWords(level, measure) {
  const { batches } = level;
  const values = Float64Array.from(batches[measure]).sort();
  if (values.length === 0) return "No medium was kept by itself.";
  const at = (share) => number(values[Math.round(share * (values.length - 1))]);
  const most = Math.min(level.codebook_size, median(batches.tokens));
  const [reach, all] = measure === "used" ? ["use", `${number(level.used)} codes`] : ["reach a perplexity of", number(level.perplexity)];
  const half = values.length > 3 ? `half of them ${reach} ${at(0.25)} to ${at(0.75)}` : `they ${reach} ${at(0)} to ${at(1)}`;
  return `Each dot is one of ${whole(values.length)} media by itself: ${half}, of at most ${amount(most)}. All together: ${all}, of at most ${whole(level.ceiling)}.`;
}

export function batchesCsv({ batches }) {
  return csv(
    ["tokens", "codes_used", "perplexity"],
    Array.from(batches.tokens, (tokens, i) => [tokens, batches.used[i], batches.perplexity[i]]),
  );
}

/** Sideways places in -0.5..0.5 for dots that would cover each other, always the same for the same row. */
export const jitter = (i) => (((i + 1) * 0.6180339887498949) % 1) - 0.5;
