// @ts-check
// What reaches z_e of the gradient at z_q, in float64: what explorer/quantizers/gradients.py gives by autograd. Pure.

import { dot, norm, normalize } from "./nearest.js";

/** Straight-through: the gradient at the code, copied (Bengio et al. 2013, arXiv 1308.3432). */
export const straightThrough = (_latent, _code, gradient) => [...gradient];

/** The true gradient of the argmin: zero wherever there is one. */
export const noGradient = (_latent, _code, gradient) => gradient.map(() => 0);

/** Rotation trick (Fifty et al. 2024, arXiv 2410.06424): z_q = (|q|/|e|) R e with R and the scale constant, so the latent
 *  gets (|q|/|e|) R^T g, R = I - 2 r r^T + 2 q^ e^^T, r = (e^ + q^)/|e^ + q^|. A latent of length 0 is not rescaled. */
export function rotationTrick(latent, code, gradient) {
  const [e, q] = [normalize(latent), normalize(code)];
  const r = normalize(e.map((x, i) => x + q[i]));
  const [alongR, alongQ] = [dot(r, gradient), dot(q, gradient)];
  const scale = norm(latent) > 0 ? norm(code) / norm(latent) : 1;
  return gradient.map((g, i) => scale * (g - 2 * alongR * r[i] + 2 * alongQ * e[i]));
}

/** The angle between two vectors in degrees, 0 to 180; null where one of them has no direction. */
export function angleBetween(a, b) {
  const lengths = norm(a) * norm(b);
  if (!(lengths > 1e-12)) return null;
  return (Math.acos(Math.min(1, Math.max(-1, dot(a, b) / lengths))) * 180) / Math.PI;
}
