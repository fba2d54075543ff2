// @ts-check
// Nearest code, in float64: what explorer/quantizers/nearest.py does. Vectors are lists of numbers. Pure.

/** Loops rather than `reduce`: both are asked some hundred thousand times a drag. */
export function squaredDistance(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const norm = (a) => Math.sqrt(dot(a, a));

/** Of length 1; a vector of length 0 stays. */
export function normalize(a) {
  const length = norm(a);
  return length > 0 ? a.map((x) => x / length) : a;
}

/** How far each code is from z, by "euclidean" (squared distance) or "cosine" (1 - cosine): (K,). */
export function distances(z, codes, metric = "euclidean") {
  if (metric === "euclidean") return codes.map((code) => squaredDistance(z, code));
  const direction = normalize(z);
  return codes.map((code) => 1 - dot(direction, normalize(code)));
}

/** The number of the nearest code; of equals the lower number. */
export function nearestCode(z, codes, metric = "euclidean") {
  if (metric !== "euclidean") return leastOf(distances(z, codes, metric));
  let [best, least] = [0, Infinity];
  for (let k = 0; k < codes.length; k++) {
    const away = squaredDistance(z, codes[k]);
    if (away < least) [best, least] = [k, away];
  }
  return best;
}

const leastOf = (values) => values.reduce((best, one, k) => (one < values[best] ? k : best), 0);

/** The same for each of the latents: (N,). */
export const nearestCodes = (latents, codes, metric = "euclidean") => latents.map((z) => nearestCode(z, codes, metric));

/** Mean squared distance of the latents to their codes, over all their numbers: the quantization error of the lab. */
export function meanSquaredError(latents, codes, indices) {
  const sum = latents.reduce((all, z, i) => all + squaredDistance(z, codes[indices[i]]), 0);
  return sum / (latents.length * latents[0].length);
}
