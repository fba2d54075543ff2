// @ts-check
// The joint search of a sum of codes as explorer/quantizers/composed/search.py does it, in float64: a beam, iterated
// conditional modes (ICM) and local search; and all sums tried, which is the truth where they are few.

import { errorOf, searchBeams } from "./residual.js";
import { dot } from "./nearest.js";

/** @typedef {import("./vectors.js").Vector} Vector  @typedef {Vector[]} Table  (K, D) */

const STRIDE = 7919; // as in search.py: a prime, so that shifts are spread over the codes
const SWEEPS = 12; // of ICM over all levels, at most
const MOST_SUMS = 100_000; // that are all tried

/** Which codes each round of local search shifts, and by how much: (rounds, Q), 0 for not at all.
 *  @param {number} rounds  @param {number} levels  @param {number} size */
export function perturbations(rounds, levels, size) {
  return Array.from({ length: rounds }, (_, number) => {
    const shifted = new Set(Array.from({ length: Math.max(1, Math.floor(levels / 2)) }, (_j, j) => (number + j) % levels));
    return Array.from({ length: levels }, (_q, q) => (shifted.has(q) ? 1 + ((STRIDE * (number * levels + q + 1)) % Math.max(1, size - 1)) : 0));
  });
}

/** |z - c|^2 - |z|^2 as terms of each code and of each pair. @param {Vector} z  @param {Table[]} tables */
function energies(z, tables) {
  const own = tables.map((table) => table.map((code) => dot(code, code) - 2 * dot(z, code))); // (Q, K)
  const pair = (q, one, r, other) => 2 * dot(tables[q][one], tables[r][other]);
  const beside = (q, indices) => own[q].map((cost, code) => indices.reduce((sum, other, r) => (r === q ? sum : sum + pair(q, code, r, other)), cost));
  const of = (indices) =>
    indices.reduce((sum, code, q) => {
      const pairs = indices.slice(0, q).reduce((all, other, r) => all + pair(q, code, r, other), 0);
      return sum + own[q][code] + pairs;
    }, 0);
  return { beside, of };
}

const lowest = (costs) => costs.indexOf(Math.min(...costs));

/** ICM: level by level the best code beside the others, until none changes: (Q) -> (Q).
 *  @param {Vector} z  @param {Table[]} tables  @param {number[]} indices */
export function settle(z, tables, indices) {
  const { beside } = energies(z, tables);
  let now = [...indices];
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = now;
    for (let q = 0; q < tables.length; q++) now = now.map((code, level) => (level === q ? lowest(beside(q, now)) : code));
    if (now.every((code, level) => code === before[level])) break;
  }
  return now;
}

/** A beam, ICM, and `rounds` of local search: indices (Q). @param {Vector} z  @param {Table[]} tables */
export function searchJointly(z, tables, beam = 1, rounds = 1) {
  const size = tables[0].length;
  const { of } = energies(z, tables);
  let indices = settle(z, tables, searchBeams(z, tables, beam));
  for (const shifts of perturbations(rounds, tables.length, size)) {
    const moved = indices.map((code, q) => (code + shifts[q]) % size);
    const other = settle(z, tables, moved);
    if (of(other) < of(indices)) indices = other;
  }
  return indices;
}

/** The best of all K^Q sums, of equals the first in the order of their digits. Throws RangeError where they are too many.
 *  @param {Vector} z  @param {Table[]} tables */
export function searchAll(z, tables) {
  const count = tables.reduce((product, table) => product * table.length, 1);
  if (count > MOST_SUMS) throw new RangeError(`${count} sums are too many to try, at most ${MOST_SUMS}`);
  let [best, least] = [/** @type {number[]} */ ([]), Infinity];
  const visit = (indices) => {
    if (indices.length < tables.length) {
      tables[indices.length].forEach((_, code) => visit([...indices, code]));
      return;
    }
    const error = errorOf(z, indices, tables);
    if (error < least) [best, least] = [indices, error];
  };
  visit([]);
  return best;
}
