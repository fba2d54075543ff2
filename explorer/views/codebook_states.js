// The five states of a code over an audit, as codebook_payload.py numbers them, and the words and marks of each. Pure.

export const LIVE = 0;
export const DEAD = 1;
export const UNSEEN = 2;
export const DUPLICATE = 3;
export const OVERUSED = 4;

/** id: for styles. word: on screen. Marks are told apart by shape; colour only repeats it. */
export const STATES = [
  { id: "live", word: "in use", title: "Codes in use, with nothing else to say about them" },
  { id: "dead", word: "dead", title: "Codes below the threshold although at least K tokens were counted" },
  { id: "unseen", word: "not yet seen", title: "Codes with no token yet, while fewer than K tokens were counted: too few to call them dead" },
  { id: "duplicate", word: "near-duplicate", title: "Codes in use that lie next to another code, closer than what is quantized lies to its codes" },
  { id: "overused", word: "over-used", title: "Codes with far more tokens than an even share" },
];

/** How many codes are in each state: [live, dead, unseen, duplicate, overused]. */
export function tally(state) {
  const found = new Array(STATES.length).fill(0);
  for (let code = 0; code < state.length; code++) found[state[code]] += 1;
  return found;
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
