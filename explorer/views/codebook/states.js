// @ts-check
// The five states of a code over an audit, as codebook/payload.py numbers them, and the words and marks of each. Pure.

export const LIVE = 0;
export const DEAD = 1;
export const UNSEEN = 2;
export const DUPLICATE = 3;
export const OVERUSED = 4;

/** id: for styles. word: on screen. Marks are told apart by shape; colour only repeats it. */
export const STATES = [
  { id: "live", word: "in use" },
  { id: "dead", word: "dead" },
  { id: "unseen", word: "not seen yet" },
  { id: "duplicate", word: "near-duplicate" },
  { id: "overused", word: "over-used" },
];

/** The word of a state over a level. How many codes stay without a token is known at least, which of them they are is not. */
export function stateWord({ dead, unseen }, state) {
  if (state === DEAD && unseen > 0) return "likely dead";
  return state === UNSEEN && dead > 0 ? "dead or not seen yet" : STATES[state].word;
}

/** How many codes are in each state: [live, dead, unseen, duplicate, overused]. */
export function tally(state) {
  const found = new Array(STATES.length).fill(0);
  for (let code = 0; code < state.length; code++) found[state[code]] += 1;
  return found;
}

/** The states of a level that need a definition, as ids of the help. */
export function termsOf({ state }) {
  const found = tally(state);
  return [null, "dead", "unseen", "near-duplicate", "over-used"].filter((id, number) => id && found[number] > 0);
}

/** The codes in one state, rising. */
export function codesIn(state, wanted) {
  const found = [];
  for (let code = 0; code < state.length; code++) if (state[code] === wanted) found.push(code);
  return found;
}

/** Codes by falling count, ties by number. */
export function usageOrder(counts) {
  // One number a code that sorts by itself: typed arrays sort without calling back, which matters at 262,144 codes.
  const K = counts.length;
  let largest = 0;
  for (let code = 0; code < K; code++) if (counts[code] > largest) largest = counts[code];
  if ((largest + 1) * K > Number.MAX_SAFE_INTEGER) return Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const keys = Float64Array.from(counts, (count, code) => (largest - count) * K + code).sort();
  return Uint32Array.from(keys, (key) => key % K);
}

/** Rank of each code from 0, by falling count. */
export function rankOf(order) {
  const rank = new Uint32Array(order.length);
  for (let place = 0; place < order.length; place++) rank[order[place]] = place;
  return rank;
}
