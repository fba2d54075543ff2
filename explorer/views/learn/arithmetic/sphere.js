// @ts-check
// Binary spherical quantization as explorer/quantizers/lattices/bsq.py does it, in float64: onto the sphere, then signs.

import { dot, squaredDistance } from "./nearest.js";
import { encodeSigns } from "./signs.js";

/** @typedef {import("./vectors.js").Vector} Vector */

const LEAST = 1e-12; // as torch's normalize: a latent of length 0 stays 0

/** z / |z|. @param {Vector} z  @returns {Vector} */
export function projectToSphere(z) {
  const length = Math.max(Math.sqrt(dot(z, z)), LEAST);
  return z.map((value) => value / length);
}

/** u (L) on the sphere, its bits, index and corner z_q (L) at +-1/sqrt(L), and |u - z_q|^2. @param {Vector} z */
export function encodeSphere(z) {
  const u = projectToSphere(z);
  const coded = encodeSigns(u, 1 / Math.sqrt(z.length));
  return { u, ...coded, error: squaredDistance(u, coded.z_q) };
}

/** The largest |u - z_q|^2 that a place of the sphere can have, that of an axis: 2 - 2 / sqrt(L). @param {number} bits */
export const worstError = (bits) => 2 - 2 / Math.sqrt(bits);

/** All corners (2^L, L), in the order of their index. @param {number} bits  @returns {Vector[]} */
export const cornersOf = (bits) =>
  Array.from({ length: 2 ** bits }, (_, index) => Array.from({ length: bits }, (_axis, axis) => ((index >> (bits - 1 - axis)) & 1 ? 1 : -1) / Math.sqrt(bits)));

/** A point of space as it is seen: turned about the upright axis by `turn`, and looked at from above by `tilt` (radians).
 *  x to the right, y up, depth towards the viewer. @param {Vector} point  @param {number} turn  @param {number} tilt */
export function seenFrom([x, y, z], turn, tilt) {
  const [across, behind] = [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)];
  return { x: across, y: z * Math.cos(tilt) + behind * Math.sin(tilt), depth: z * Math.sin(tilt) - behind * Math.cos(tilt) };
}

/** The place of the sphere that is seen at x, y (of the unit disc) on its near side; outside of it, at its rim.
 *  @param {number} x  @param {number} y  @param {number} turn  @param {number} tilt  @returns {Vector} */
export function placeSeenAt(x, y, turn, tilt) {
  const far = Math.max(1, Math.hypot(x, y));
  const [across, up] = [x / far, y / far];
  const depth = Math.sqrt(Math.max(0, 1 - across ** 2 - up ** 2));
  const behind = up * Math.sin(tilt) - depth * Math.cos(tilt);
  const z = up * Math.cos(tilt) + depth * Math.sin(tilt);
  return [across * Math.cos(turn) + behind * Math.sin(turn), behind * Math.cos(turn) - across * Math.sin(turn), z];
}
