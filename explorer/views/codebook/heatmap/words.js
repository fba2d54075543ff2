// @ts-check
// What the heatmap says in words and as a table. Pure.

import { amount, countOf, csv, percent, whole } from "../../kit/wire/format.js";
import { DEAD, groupsOf, OVERUSED, STATES, stateWord, UNSEEN } from "../states.js";

export const ORDERS = [
  { id: "usage", label: "By usage", title: "The most used code first, row by row" },
  { id: "number", label: "By number", title: "Code 0 first, row by row" },
  { id: "map", label: "By map", title: "Codes whose vectors lie close stand close together" },
];

const ORDER_WORDS = {
  usage: "the most used code first, row by row",
  number: "code 0 first, row by row",
  map: "codes whose vectors are alike stand together, along a curve that folds the line into the square",
};

/** "Code 17: 412 of 102,400 tokens (0.4%), rank 12 of 467 used codes, near-duplicate" */
export function codeWords(level, code, rank) {
  const count = level.counts[code];
  const { tokens } = level;
  const state = stateWord(level, level.state[code]);
  const place = count > 0 ? `, rank ${whole(rank[code] + 1)} of ${countOf(level.used, "used code")}` : "";
  return `Code ${code}: ${whole(count)} of ${countOf(tokens, "token")} (${percent(count, tokens)})${place}, ${state}`;
}

/** What the picture shows, with its denominators. */
export function heatmapCaption(level, order) {
  const { tokens, codebook_size: K, ceiling } = level;
  const cells = `Each cell is one code of ${whole(K)}, ${ORDER_WORDS[order] ?? ORDER_WORDS.usage}.`;
  const counted = `Colour: log of its count over ${countOf(tokens, "token")} (${amount(tokens / K)} a code if all were used alike; ceiling min(K, N) = ${whole(ceiling)}).`;
  const states = level.state_words ?? `Over-used: from ${countOf(level.over_used_from, "token")}.`;
  return `${cells} ${counted} ${states}`;
}

/** Entries of the legend: only groups that occur, and "dead" or "not seen yet" even at 0, whichever can be said. */
export function legendOf(level, found) {
  const K = level.codebook_size;
  const silent = level.dead === null || level.dead === undefined || found[UNSEEN] > 0 ? UNSEEN : DEAD;
  return groupsOf(level, found)
    .filter(({ state, count }) => count > 0 || state === silent || state === OVERUSED)
    .map((group) => ({ ...group, share: percent(group.count, K) }));
}

/** Rows for the screen: the first `most` codes in the order of the picture, of the lassoed ones where some are:
 *  [[place from 1, code, count, share, state]]. */
export function shownCodes(level, order, lasso, most) {
  const rows = [];
  for (let place = 0; place < order.length && rows.length < most; place++) {
    const code = order[place];
    if (lasso?.size > 0 && !lasso.has(code)) continue;
    const count = level.counts[code];
    rows.push([whole(place + 1), code, whole(count), percent(count, level.tokens), stateWord(level, level.state[code])]);
  }
  return rows;
}

/** Every code in the order of the picture: place, row and column from 1, code, count, share, state. */
export function heatmapTable(level, order, cells) {
  const header = ["place", "row", "column", "code", "count", "tokens_counted", "share", "state"];
  const rows = Array.from(order, (code, place) => {
    const cell = cells.cellOf[code];
    const count = level.counts[code];
    const at = [Math.floor(cell / cells.cols) + 1, (cell % cells.cols) + 1];
    return [place + 1, ...at, code, count, level.tokens, level.tokens > 0 ? count / level.tokens : "", STATES[level.state[code]].id];
  });
  return csv(header, rows);
}
