// @ts-check
// Finite scalar quantization as explorer/quantizers/lattices/fsq.py does it, in float64, and indices as mixed-radix numbers.

/** @typedef {import("./vectors.js").Vector} Vector */

const EDGE = 1e-3; // as in fsq.py: the bound reaches a little past the outermost level
const REACH = 0.4995;

/** What one step of each axis adds to the index: the first axis counts fastest, or slowest.
 *  @param {number[]} levels  values of each axis  @param {boolean} [firstSlowest]  @returns {number[]} */
export function radixOf(levels, firstSlowest = false) {
  const ordered = firstSlowest ? [...levels].reverse() : levels;
  const steps = ordered.map((_, axis) => ordered.slice(0, axis).reduce((product, count) => product * count, 1));
  return firstSlowest ? steps.reverse() : steps;
}

/** @param {number[]} digits  @param {number[]} radix */
export const indexOf = (digits, radix) => digits.reduce((sum, digit, axis) => sum + digit * radix[axis], 0);

/** @param {number} index  @param {number[]} levels  @param {number[]} radix */
export const digitsOf = (index, levels, radix) => levels.map((count, axis) => Math.floor(index / radix[axis]) % count);

/** How many codes a lattice has. @param {number[]} levels */
export const sizeOf = (levels) => levels.reduce((product, count) => product * count, 1);

/** What bounds an axis of L values: h tanh(z + s) - o. @param {number} count */
function boundOf(count) {
  const half = (count - 1) / 2 + Math.min(((count - 1) * EDGE) / 2, REACH);
  const offset = count % 2 ? 0 : 0.5;
  return { half, offset, shift: count > 2 ? Math.atanh(offset / half) : 0 };
}

/** z of one axis, bounded; rounding it gives exactly L values. @param {number} z  @param {number} count */
export function boundAxis(z, count) {
  const { half, offset, shift } = boundOf(count);
  return Math.tanh(z + shift) * half - offset;
}

/** The latent at which the bound of an axis of L values is `bounded`. @param {number} bounded  @param {number} count */
export function unboundAxis(bounded, count) {
  const { half, offset, shift } = boundOf(count);
  return Math.atanh((bounded + offset) / half) - shift;
}

/** The digit of a bounded value, 0 to L - 1; half-way the lower. @param {number} bounded  @param {number} count */
export function digitOf(bounded, count) {
  const middle = Math.floor(count / 2);
  return Math.min(count - 1, Math.max(0, Math.ceil(bounded - 0.5) + middle));
}

/** The value of a digit, from -1 on. @param {number} digit  @param {number} count */
export const levelValue = (digit, count) => (digit - Math.floor(count / 2)) / Math.floor(count / 2);

/** All of one latent: bounded (D) in steps of the lattice, z_e and z_q (D) between -1 and 1, digits (D), index.
 *  @param {Vector} z  @param {number[]} levels */
export function encodeLattice(z, levels) {
  const bounded = z.map((value, axis) => boundAxis(value, levels[axis]));
  const digits = bounded.map((value, axis) => digitOf(value, levels[axis]));
  const z_e = bounded.map((value, axis) => value / Math.floor(levels[axis] / 2));
  const z_q = digits.map((digit, axis) => levelValue(digit, levels[axis]));
  return { bounded, digits, z_e, z_q, index: indexOf(digits, radixOf(levels)) };
}
