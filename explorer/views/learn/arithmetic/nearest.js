// @ts-check
// Nearest code, in float64: what explorer/quantizers/nearest.py does. Vectors are lists of numbers. Pure.

export const squaredDistance = (a, b) => a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0);
export const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
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
  const away = distances(z, codes, metric);
  return away.reduce((best, one, k) => (one < away[best] ? k : best), 0);
}

/** The same for each of the latents: (N,). */
export const nearestCodes = (latents, codes, metric = "euclidean") => latents.map((z) => nearestCode(z, codes, metric));

/** Mean squared distance of the latents to their codes, over all their numbers: the quantization error of the lab. */
export function meanSquaredError(latents, codes, indices) {
  const sum = latents.reduce((all, z, i) => all + squaredDistance(z, codes[indices[i]]), 0);
  return sum / (latents.length * latents[0].length);
}
