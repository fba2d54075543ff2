// @ts-check
// Lookup-free quantization as explorer/quantizers/lattices/signs.py and lattice.py do it, in float64: a sign for each axis.

import { indexOf, radixOf } from "./lattice.js";

/** @typedef {import("./vectors.js").Vector} Vector */

const LEAST = 1e-12; // as in sign_entropies: the logarithm of a share that is 0

/** bits (D) of a latent, 1 above 0; the first axis is the most significant bit of the index. The sign of 0 is -1.
 *  @param {Vector} z  @param {number} [scale]  of the codes  */
export function encodeSigns(z, scale = 1) {
  const bits = z.map((value) => (value > 0 ? 1 : 0));
  const radix = radixOf(
    z.map(() => 2),
    true,
  );
  return { bits, index: indexOf(bits, radix), z_q: bits.map((bit) => (bit ? scale : -scale)) };
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** P(bit = 1) of each axis: sigmoid(4 t u scale). @param {Vector} u  @param {number} scale  @param {number} inverseTemperature */
export const softBits = (u, scale, inverseTemperature) => u.map((value) => sigmoid(4 * inverseTemperature * scale * value));

/** The shares of all 2^D codes of soft bits p (D), written into `joint`: the first axis is the most significant bit. */
function spreadOver(p, joint) {
  joint[0] = 1;
  for (let d = 0, size = 1; d < p.length; d++, size *= 2) {
    for (let code = size - 1; code >= 0; code--) {
      joint[2 * code + 1] = joint[code] * p[d];
      joint[2 * code] = joint[code] * (1 - p[d]);
    }
  }
}

/** Mean entropy of the soft codes of latents (N, D), and entropy of their mean code over all 2^D, both in nats.
 *  @param {Vector[]} latents  @param {number} scale  @param {number} inverseTemperature */
export function signEntropies(latents, scale, inverseTemperature) {
  const many = latents.length;
  let sure = 0;
  const mean = new Float64Array(2 ** latents[0].length);
  const joint = new Float64Array(mean.length);
  for (const u of latents) {
    const p = softBits(u, scale, inverseTemperature);
    sure += u.reduce((sum, value, axis) => {
      const logit = 4 * inverseTemperature * scale * value;
      return sum + p[axis] * softplus(-logit) + (1 - p[axis]) * softplus(logit);
    }, 0);
    spreadOver(p, joint);
    for (let code = 0; code < mean.length; code++) mean[code] += joint[code] / many;
  }
  const diverse = mean.reduce((sum, share) => sum - share * Math.log(share + LEAST), 0);
  return { sure: sure / many, diverse };
}

/** Tokens of each of `size` codes, and exp of the entropy of their shares: how many are in use, in effect.
 *  @param {number[]} indices  @param {number} size */
export function countCodes(indices, size) {
  const counts = Array.from({ length: size }, () => 0);
  for (const index of indices) counts[index] += 1;
  const shares = counts.map((count) => count / Math.max(1, indices.length)).filter((share) => share > 0);
  const entropy = shares.reduce((sum, share) => sum - share * Math.log(share), 0);
  return { counts, entropy, perplexity: indices.length > 0 ? Math.exp(entropy) : 0 };
}
