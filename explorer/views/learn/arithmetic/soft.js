// @ts-check
// Soft assignment in float64: what explorer/quantizers/learned/soft.py and gumbel.py do while training. Pure.

import { distances, dot } from "./nearest.js";

/** Weights of a row of logits that sum to 1. */
export function softmax(logits) {
  const most = Math.max(...logits);
  const weights = logits.map((x) => Math.exp(x - most));
  const sum = weights.reduce((all, x) => all + x, 0);
  return weights.map((x) => x / sum);
}

/** softmax(-|z - e_k|^2 / tau): (K,) (Agustsson et al. 2017, arXiv 1704.00648). */
export const softWeights = (latent, codes, tau) => softmax(distances(latent, codes).map((d) => -d / tau));

/** sum_k w_k e_k: a place within the convex hull of the codes. */
export const mixtureOf = (weights, codes) => codes[0].map((_, i) => weights.reduce((sum, w, k) => sum + w * codes[k][i], 0));

/** tau after `step` of `steps` steps, in even ratios from `start` to `end`, where it stays. */
export const annealedTau = (start, end, steps, step) => start * (end / start) ** Math.min(1, step / steps);

/** exp of the entropy of weights: how many codes share the latent. */
export const codesShared = (weights) => Math.exp(-weights.reduce((sum, w) => sum + (w > 0 ? w * Math.log(w) : 0), 0));

/** softmax((-sharpness |z - e_k|^2 + noise_k) / tau): (K,) (Jang et al. 2017, arXiv 1611.01144, eq. 2). */
export function gumbelWeights(latent, codes, noise, tau, sharpness) {
  return softmax(distances(latent, codes).map((d, k) => (noise[k] - sharpness * d) / tau));
}

/** z_q of a draw while training: the codes, mixed. */
export const gumbelMixture = (latent, codes, noise, tau, sharpness) => mixtureOf(gumbelWeights(latent, codes, noise, tau, sharpness), codes);

/** What the latent gets of the gradient g at z_q = sum_k w_k e_k, the noise held: (2 sharpness / tau) Cov_w(e) g, Cov_w
 *  being the covariance of the codes under the weights. */
export function gumbelGradient(latent, codes, noise, tau, sharpness, gradient) {
  const weights = gumbelWeights(latent, codes, noise, tau, sharpness);
  return mixtureGradient(weights, codes, gradient, (2 * sharpness) / tau);
}

/** The same of the soft assignment: (2 / tau) Cov_w(e) g. */
export const softGradient = (latent, codes, tau, gradient) => mixtureGradient(softWeights(latent, codes, tau), codes, gradient, 2 / tau);

function mixtureGradient(weights, codes, gradient, factor) {
  const middle = mixtureOf(weights, codes);
  const pulls = codes.map(
    (code, k) =>
      factor *
      weights[k] *
      dot(
        code.map((x, i) => x - middle[i]),
        gradient,
      ),
  ); // (K,)
  return mixtureOf(pulls, codes);
}
