// @ts-check
// What the page of a code says and where it goes next. Pure: plain values in, text or numbers out.

import { significant } from "../../kit/wire/words.js";
import { countOf, csv, percent, whole } from "../../kit/wire/format.js";
import { putLevel } from "../../kit/wire/level.js";

/** The used code `by` places (1 or -1) from `code` by number, going round; among `within` (a Set) if given; null if
 *  there is no other. counts: of all codes. */
export function usedStep(counts, code, by, within = null) {
  const K = counts.length;
  const start = code ?? (by > 0 ? -1 : K);
  for (let i = 1; i <= K; i++) {
    const at = (((start + by * i) % K) + K) % K;
    if (at !== code && counts[at] > 0 && (within === null || within.has(at))) return at;
  }
  return null;
}

/** A used code by chance, not `avoid` where another is there; null if none is used. */
export function randomUsed(counts, avoid = null, within = null, random = Math.random) {
  const codes = [];
  for (let code = 0; code < counts.length; code++) {
    if (counts[code] > 0 && code !== avoid && (within === null || within.has(code))) codes.push(code);
  }
  if (codes.length > 0) return codes[Math.min(codes.length - 1, Math.floor(random() * codes.length))];
  return avoid !== null && counts[avoid] > 0 ? avoid : null;
}

/** The code of the highest count; null if none is used. */
export function mostUsed(counts) {
  let best = 0;
  for (let code = 1; code < counts.length; code++) if (counts[code] > counts[best]) best = code;
  return counts[best] > 0 ? best : null;
}

/** What was typed into the search -> {code} or {error}, in words for the place of the mistake. */
export function parseCode(text, K) {
  const digits = text
    .trim()
    .replace(/^code\s+/i, "")
    .replaceAll(",", "");
  if (digits === "") return { error: `Type a number from 0 to ${whole(K - 1)}.` };
  if (!/^\d{1,12}$/.test(digits)) return { error: `“${text.trim().slice(0, 20)}” is no whole number from 0 to ${whole(K - 1)}.` };
  const code = Number(digits);
  return code < K ? { code } : { error: `There is no code ${whole(code)}: K = ${whole(K)}, numbered from 0 to ${whole(K - 1)}.` };
}

/** "240 of 102,400 tokens, 0.2%" */
export const countWords = ({ count, tokens }) => `${whole(count)} of ${countOf(tokens, "token")}, ${percent(count, tokens)}`;

/** "rank 12 of 467 used codes · K = 1,024" */
export function rankWords({ rank, used, codebook_size: K }) {
  const codes = `${whole(used)} used ${used === 1 ? "code" : "codes"}`;
  return `${rank === null ? `not among the ${codes}` : `rank ${whole(rank)} of ${codes}`} · K = ${whole(K)}`;
}

/** Rows of the table of places: [[row, column, share of its tokens, share of all tokens]]; rows and columns from 1. */
export function placesRows({ positions, positions_base: base }) {
  const columns = positions.shape?.[1] ?? 8;
  return Array.from(positions, (share, i) => [Math.floor(i / columns) + 1, (i % columns) + 1, percent(share, 1), percent(base[i], 1)]);
}

/** The same shares as numbers, as CSV. */
export function placesCsv({ positions, positions_base: base }) {
  const columns = positions.shape?.[1] ?? 8;
  const rows = Array.from(positions, (share, i) => [Math.floor(i / columns) + 1, (i % columns) + 1, share, base[i]]);
  return csv(["row", "column", "share_of_its_tokens", "share_of_all_tokens"], rows);
}

/** How usage of a level grew: {steps, usage, tokens}, one a kept step. */
export const historyCsv = ({ steps, usage, tokens }) =>
  csv(
    ["step", "codes_used_share", "tokens"],
    steps.map((step, i) => [step, usage[i], tokens[i]]),
  );

export function historyWords({ steps, usage, tokens }) {
  const last = steps.length - 1;
  return `Used codes of this codebook while it was trained: ${percent(usage[0], 1)} at step ${whole(steps[0])}, ${percent(usage[last], 1)} at step ${whole(steps[last])}, over ${countOf(tokens[last], "token")} each time. Checkpoints do not keep counts of single codes over time.`;
}

/** "Code 7 stands left of 30 of the 240 tokens of code 512, 3.1 times as often as if codes fell independently" */
export function besideWords([code, count, lift], side, { code: self, count: total }) {
  const times = lift === null || count < 3 ? "" : `, ${significant(lift, 2)} times as often as if codes fell independently`;
  return `Code ${code} stands ${SIDE_WORDS[side]} ${whole(count)} of the ${countOf(total, "token")} of code ${self}${times}`;
}

/** "×3.1": times as often as by chance; one or two pairs say nothing about that, and are named instead. */
export function liftWords([, count, lift]) {
  if (count < 3) return count === 1 ? "once" : "twice";
  return lift === null ? "" : `×${significant(lift, 2)}`;
}

export const SIDE_WORDS = { left: "left of", right: "right of", above: "above", below: "below" };
export const SIDE_SIGNS = { left: "←", right: "→", above: "↑", below: "↓" };
export const KINDS = { closest: "to the code", random: "drawn by chance", farthest: "from the code" };

/** "astronaut, row 3, column 4, distance 0.21"; "vowels, 0.520 to 0.533 s, distance 0.21" */
export function exemplarWords({ medium, token, place, distance, where: said }) {
  const where = said || (place ? `row ${place[0] + 1}, column ${place[1] + 1}` : `token ${whole(token)}`);
  return `${medium}, ${where}, distance ${significant(distance)}`;
}

/** The link to the same token on the inspect page; null for media that it does not know. */
export function inspectLink(base, { tokenizer, audit, level, code }, { medium, token }) {
  if (tokenizer === null || audit?.startsWith("own-")) return null;
  const url = new URL(".", base);
  const query = new URLSearchParams({ picture: medium, tokenizer, side: audit === "first" ? "256" : "1024" });
  putLevel(query, level);
  query.set("code", String(code));
  query.set("token", String(token));
  url.search = query.toString();
  return url.href;
}

/** What the map of places is of, by the modality of the tokenizer. */
export const placesTitle = (modality) => ({ audio: "Where in the sound", video: "Where in the frame" })[modality] ?? "Where in the picture";

/** All numbers of the page as CSV: what, which, value, of. */
export function codeCsv(answer) {
  const rows = [
    ["count", "", answer.count, answer.tokens],
    ["share", "", answer.share, ""],
    ["rank", "", answer.rank, answer.used],
    ["state", answer.state_words, answer.state, ""],
    ["mean squared distance to its latents", "", answer.error, ""],
    ["norm", "", answer.norm, ""],
  ];
  if (answer.training) rows.push(["count in training", "", answer.training.count, answer.training.total]);
  for (const [near, distance, count] of answer.nearest) rows.push(["nearest code", near, distance, ""], ["tokens of nearest code", near, count, answer.tokens]);
  for (const other of answer.duplicates) rows.push(["near-duplicate", other, "", ""]);
  for (const [side, list] of Object.entries(answer.neighbours ?? {})) {
    for (const [code, count, lift] of list) rows.push([side, code, count, answer.count], [`${side}, times chance`, code, lift, ""]);
  }
  Array.from(answer.positions ?? []).forEach((share, i) => rows.push(["share of its tokens in eighth (row-major)", i, share, ""]));
  for (const kind of Object.keys(KINDS)) {
    const listed = answer.references?.[kind] ?? answer.exemplars[kind] ?? [];
    for (const one of listed) rows.push([`exemplar, ${kind}`, `${one.medium}, token ${one.token}`, one.distance, ""]);
  }
  return csv(["what", "which", "value", "of"], rows);
}
