// @ts-check
// Residual quantization as explorer/quantizers/rvq.py does it, in float64: level by level, or with a beam.

import { nearestCode, squaredDistance } from "./nearest.js";
import { add, subtract } from "./vectors.js";

/** @typedef {import("./vectors.js").Vector} Vector  @typedef {Vector[]} Table  (K, D) */

/** Level by level, each the code nearest to what is left: indices (Q), residuals (Q + 1, D), the first being z itself.
 *  @param {Vector} z  @param {Table[]} tables  of each level */
export function encodeGreedily(z, tables) {
  /** @type {number[]} */
  const indices = [];
  const residuals = [z];
  for (const table of tables) {
    const rest = residuals[residuals.length - 1];
    const code = nearestCode(rest, table);
    indices.push(code);
    residuals.push(subtract(rest, table[code]));
  }
  return { indices, residuals };
}

/** The sum of the first codes of a latent. @param {number[]} indices  @param {Table[]} tables  @returns {Vector} */
export function sumCodes(indices, tables, levels = indices.length) {
  const zero = tables[0][0].map(() => 0);
  return indices.slice(0, levels).reduce((sum, code, level) => add(sum, tables[level][code]), zero);
}

/** |z - sum|^2 of these codes. @param {Vector} z  @param {number[]} indices  @param {Table[]} tables */
export const errorOf = (z, indices, tables) => squaredDistance(z, sumCodes(indices, tables));

/** Indices (Q): the `beam` best partial sums are kept at each level; the best of the last, or what greedy search finds if
 *  that is better. @param {Vector} z  @param {Table[]} tables  @param {number} beam */
export function searchBeams(z, tables, beam) {
  let alive = [{ indices: /** @type {number[]} */ ([]), residual: z, error: 0 }];
  for (const table of tables) {
    const next = alive.flatMap(({ indices, residual }) =>
      table.map((code, number) => ({ indices: [...indices, number], residual: subtract(residual, code), error: squaredDistance(residual, code) })),
    );
    alive = next.sort((a, b) => a.error - b.error).slice(0, beam); // a stable sort: of equals the first
  }
  const greedy = encodeGreedily(z, tables).indices;
  return alive[0].error <= errorOf(z, greedy, tables) ? alive[0].indices : greedy;
}
