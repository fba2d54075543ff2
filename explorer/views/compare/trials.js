// @ts-check
// Trials of a blind test of the kind A/B/X: X is one of two, drawn anew each time; how far the answers are from guessing.
// Pure. ABX: Munson and Gardner, "Standardizing Auditory Tests", J. Acoust. Soc. Am. 22 (1950) 675.

import { randomOf } from "./model.js";
import { csv, percent } from "../kit/wire/format.js";

const APART = 0x5bd1e995; // X has numbers of its own: those of the seed itself put the panes in order
const EXACT = 1000; // trials of which 2^n is still a number

/** @typedef {{pair: [string, string], seed: number, x: 0 | 1, answer: 0 | 1, medium: string}} Trial */

/** Which of a pair X is, 0 or 1, in trial `number` (from 0) of a seed.
 *  @returns {0 | 1} */
export function drawX(seed, number) {
  const random = randomOf(seed ^ APART);
  for (let i = 0; i < number; i++) random();
  return random() < 0.5 ? 0 : 1;
}

/** How likely it is to be right so often or more often by guessing: the upper tail of a binomial of 1/2, summed in whole
 *  numbers. */
export function guessChance(right, trials) {
  let [ways, sum] = [1n, 0n]; // of being right n times of `trials`, from all of them down
  for (let n = trials; n >= right; n--) {
    sum += ways;
    ways = (ways * BigInt(n)) / BigInt(trials - n + 1);
  }
  const beyond = Math.max(0, trials - EXACT);
  return Number(sum >> BigInt(beyond)) / 2 ** (trials - beyond);
}

const KEY = "dte-abx";
const MOST_KEPT = 2000; // a megabyte of a browser's five

/** What this browser keeps of earlier trials; nothing where it keeps nothing, or something else. drawn: how often X was
 *  drawn, also for trials that were forgotten: else the same X would come again, in the same order.
 *  @returns {{trials: Trial[], drawn: number}} */
export function readTrials(store = () => globalThis.localStorage) {
  try {
    const { trials, drawn } = JSON.parse(store().getItem(KEY) ?? "{}");
    const found = Array.isArray(trials) ? trials.filter(isTrial) : [];
    return { trials: found, drawn: Number.isInteger(drawn) && drawn >= found.length ? drawn : found.length };
  } catch {
    return { trials: [], drawn: 0 };
  }
}

const isTrial = (one) =>
  Array.isArray(one?.pair) &&
  one.pair.length === 2 &&
  one.pair.every((id) => typeof id === "string") &&
  typeof one.medium === "string" &&
  Number.isInteger(one.seed) &&
  [one.x, one.answer].every((side) => side === 0 || side === 1);

/** @param {Trial[]} trials @param {number} drawn */
export function keepTrials(trials, drawn, store = () => globalThis.localStorage) {
  try {
    store().setItem(KEY, JSON.stringify({ trials: trials.slice(-MOST_KEPT), drawn }));
  } catch {
    // a browser that keeps nothing forgets them with the page
  }
}

/** What a list of trials is once another is made: after those that this browser keeps by now, since another tab may have
 *  added some, or cleared them; after `own` where it keeps nothing. It is kept.
 *  @param {{trials: Trial[], drawn: number}} own @param {Trial} trial @returns {{trials: Trial[], drawn: number}} */
export function addTrial(own, trial, store = () => globalThis.localStorage) {
  const { trials, drawn } = newest(own, store);
  const all = { trials: [...trials, trial], drawn: drawn + 1 };
  keepTrials(all.trials, all.drawn, store);
  return all;
}

/** No trials any more, of this tab or another; X goes on as if they had stayed.
 *  @param {{trials: Trial[], drawn: number}} own @returns {{trials: Trial[], drawn: number}} */
export function clearTrials(own, store = () => globalThis.localStorage) {
  const { drawn } = newest(own, store);
  keepTrials([], drawn, store);
  return { trials: [], drawn };
}

function newest(own, store) {
  try {
    if (store().getItem(KEY) === null) return own;
  } catch {
    return own;
  }
  const kept = readTrials(store);
  return { trials: kept.trials, drawn: Math.max(own.drawn, kept.drawn) };
}

const keyOf = (pair) => [...pair].sort().join("\n");

/** Those of a pair, in whichever order it stood. @param {Trial[]} trials */
export const trialsOf = (trials, pair) => trials.filter((one) => keyOf(one.pair) === keyOf(pair));

/** @param {Trial[]} trials */
export const rightOf = (trials) => trials.filter(({ x, answer }) => x === answer).length;

/** "7 of 10 right; by guessing at least so many come with a chance of 17%." */
export function trialWords(right, trials) {
  if (trials === 0) return "No trial yet.";
  return `${right} of ${trials} right; by guessing at least so many come with a chance of ${percent(guessChance(right, trials), 1)}.`;
}

/** Every pair of what stands on screen, neighbours of the first first; `ids` in the order of the panes, the original ("") as
 *  the last to be paired, since A and B are meant first. */
export function pairsOf(ids) {
  const all = [...ids.filter((id) => id !== ""), ...ids.filter((id) => id === "")];
  return all.flatMap((one, i) => all.slice(i + 1).map((other) => /** @type {[string, string]} */ (other === "" ? [other, one] : [one, other])));
}

/** A line a trial, with the chance of so many right by then. name(id): what it may be called now.
 *  @param {Trial[]} trials @param {(id: string) => string} name */
export function trialsCsv(trials, name) {
  const head = ["trial", "medium", "seed", "first", "second", "x_is", "answer", "right", "right_so_far", "chance_by_guessing"];
  const rows = trials.map(({ pair, seed, x, answer, medium }, i) => {
    const so = rightOf(trials.slice(0, i + 1));
    const sides = ["first", "second"];
    return [i + 1, medium, seed, name(pair[0]), name(pair[1]), sides[x], sides[answer], Number(x === answer), so, guessChance(so, i + 1)];
  });
  return csv(head, rows);
}
