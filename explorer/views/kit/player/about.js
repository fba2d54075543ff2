// @ts-check
// What the numbers of a run are of, in words: of a run of the lab. A player of other runs gives its panels others (env.about).

import { countOf, whole } from "../wire/format.js";

/**
 * @typedef {object} About
 * @property {string} counts  how the tokens a step of a code are meant, short
 * @property {string} perplexity  over what a perplexity is taken
 * @property {string} ceiling  of what there are as many as the ceiling counts, beside K
 * @property {(frame: any) => string} latents  which latents a plane shows
 * @property {(curves: any) => string} rows  which moments the curves have
 * @property {string} movement  what else is to be said of the measures of movement, or nothing
 * @property {string} none  what is said where nothing is kept yet
 * @property {(frame: any) => string} silent  what makes a code dead
 * @property {(steps: number) => string} since  for how long a code was not chosen; "" where that is not known
 */

/** The number of the code in a row of a frame, which may hold a sample of the codes only; and the row of a code, -1 for none. */
export const numberOf = (frame, row) => frame?.kept?.numbers.array[row] ?? row;
export const rowOfCode = (frame, code) => (frame?.kept ? frame.kept.numbers.array.indexOf(code) : code);

/** @type {About} */
export const LAB = {
  counts: "EMA",
  perplexity: "over one batch",
  ceiling: "latents of a batch",
  latents: (frame) => `${countOf(frame.z.shape[0], "latent")} of fixed inputs, encoded anew at step ${whole(frame.step)}.`,
  rows: ({ stride }) => `measured on one batch ${stride > 1 ? `every ${countOf(stride, "step")}` : "every step"}`,
  movement: " These are looked at every 8 steps and stand in between.",
  none: "Play, or take a step",
  silent: (frame) => `not chosen for ${countOf(frame.window, "step")}`,
  since: (steps) => (steps > 0 ? countOf(steps, "step") : ""),
};
