// @ts-check
// The five states of a code over an audit, as codebook/payload.py numbers them, and the words and marks of each. Pure.

export const LIVE = 0;
export const DEAD = 1;
export const UNSEEN = 2;
export const DUPLICATE = 3;
export const OVERUSED = 4;

/** id: for styles. word: of one code. part: of all such codes, where they are some of those in use. Marks are told apart by shape;
 *  colour only repeats it. */
export const STATES = [
  { id: "live", word: "in use" },
  { id: "dead", word: "dead" },
  { id: "unseen", word: "not seen yet" },
  { id: "duplicate", word: "in use, near-duplicate", part: "of them near-duplicate" },
  { id: "overused", word: "in use, over-used", part: "of them over-used" },
];

/** The word of a state over a level. How many codes stay without a token is known at least, which of them they are is not. by_training: the state
 *  of each code was judged by the training's own counts, too. */
export function stateWord({ dead, unseen, by_training: byTraining }, state) {
  if (byTraining && unseen > 0 && state === DEAD) return "likely dead, in training too";
  if (byTraining && unseen > 0 && state === UNSEEN) return "no token here, used in training";
  if (state === DEAD && unseen > 0) return "likely dead";
  return state === UNSEEN && dead > 0 ? "dead or not seen yet" : STATES[state].word;
}

/** How many codes are in each state: [live, dead, unseen, duplicate, overused]. */
export function tally(state) {
  const found = new Array(STATES.length).fill(0);
  for (let code = 0; code < state.length; code++) found[state[code]] += 1;
  return found;
}

/** What a legend counts: the codes in use, over-used ones and near-duplicates among them, which follow as their parts; then the
 *  rest. found: of `tally`. -> [{id, state, word, count}]. */
export function groupsOf(level, found) {
  const inUse = found[LIVE] + found[DUPLICATE] + found[OVERUSED];
  return [LIVE, DUPLICATE, OVERUSED, DEAD, UNSEEN].map((state) => {
    const { id, part } = STATES[state];
    return { id, state, word: part ?? stateWord(level, state), count: state === LIVE ? inUse : found[state] };
  });
}

/** Whether a code in `state` is one of the group that the legend calls by `group`. */
export const isOf = (state, group) => state === group || (group === LIVE && state !== DEAD && state !== UNSEEN);

/** The groups of a level that need a definition, as ids of the help. */
export function termsOf(level) {
  const found = groupsOf(level, tally(level.state));
  const terms = ["used", "near-duplicate", "over-used", "dead", "unseen"];
  return terms.filter((_, number) => found[number].count > 0);
}

/** The codes of one group of the legend, rising. */
export function codesIn(state, group) {
  const found = [];
  for (let code = 0; code < state.length; code++) if (isOf(state[code], group)) found.push(code);
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
