// @ts-check
// Numbers and words of the growth panel: the curve of codes used, two halves of the data, medium by medium. Pure.

import { significant } from "../../kit/wire/words.js";
import { usageOrder } from "../states.js";
import { amount, countOf, csv, percent, whole } from "../../kit/wire/format.js";

const MOST_DOTS = 4000; // of the halves, as explorer/figures/enough.py draws

/** Perplexities and counts: whole where whole and from 1,000 on, else four digits. */
export const number = (value) => (Number.isInteger(value) || Math.abs(value) >= 1000 ? whole(value) : significant(value, 4));

export function median(values) {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** "After 102,400 tokens: 930 of 1,024 codes used (91%)." */
export function growthWords({ tokens, used, codebook_size: K }) {
  return `After ${countOf(tokens, "token")}: ${whole(used)} of ${countOf(K, "code")} used (${percent(used, K)}).`;
}

/** The curve for the screen, numbers as words. */
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

/** What the chart of the two halves shows, in words; "" where the audit did not keep them. */
export function halvesWords({ counts, halves }) {
  if (!halves?.first) return "";
  const { outside, outside_chance: chance } = halves;
  const seen = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const every = Math.max(1, Math.ceil(seen / MOST_DOTS));
  const sample = every > 1 ? ` One code in ${whole(every)} is drawn.` : "";
  const expected = chance < 10 ? significant(chance, 2) : whole(chance);
  return (
    `One dot a code. Grey: two standard deviations about an equal share of its tokens. ${whole(outside)} of ${countOf(seen, "code")} (${percent(outside, seen)}) lie outside; ` +
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
  return `Each dot is one of ${countOf(values.length, "medium", "media")} by itself: ${half}, of at most ${amount(most)}. All together: ${all}, of at most ${whole(level.ceiling)}.`;
}

export function batchesCsv({ batches }) {
  return csv(
    ["tokens", "codes_used", "perplexity"],
    Array.from(batches.tokens, (tokens, i) => [tokens, batches.used[i], batches.perplexity[i]]),
  );
}
