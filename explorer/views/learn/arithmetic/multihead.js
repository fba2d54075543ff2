// @ts-check
// Multi-head vector quantization as explorer/quantizers/multihead.py does it, in float64: each head sees a projected view.

import { nearestCode } from "./nearest.js";
import { add, apply } from "./vectors.js";

/** @typedef {import("./vectors.js").Vector} Vector  @typedef {Vector[]} Table  (K, d) */

/** What each head sees of z: W_m z. @param {Vector} z  @param {Vector[][]} views  (d, D) of each head  @returns {Vector[]} */
export const viewsOf = (z, views) => views.map((rows) => apply(rows, z));

/** The nearest code of each head: indices (M). @param {Vector} z  @param {Vector[][]} views  @param {Table[]} tables */
export const encodeHeads = (z, views, tables) => viewsOf(z, views).map((seen, head) => nearestCode(seen, tables[head]));

/** z_q = W_o g(codes), g side by side or their sum. output: (D, M d), or (D, d) for the sum.
 *  @param {number[]} indices  @param {Table[]} tables  @param {Vector[]} output  @param {"concatenate" | "sum"} compose */
export function combineHeads(indices, tables, output, compose) {
  const codes = indices.map((code, head) => tables[head][code]);
  return apply(output, compose === "sum" ? codes.reduce(add) : codes.flat());
}
