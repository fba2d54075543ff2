// @ts-check
// Lloyd's algorithm (1982, better known as k-means) step by step, in float64, and the start of k-means++: what
// explorer/quantizers/initialization.py does. Pure.

import { nearestCodes, squaredDistance } from "./nearest.js";

/** How many points each of K codes has: (K,). */
export function countsOf(indices, K) {
  const counts = new Array(K).fill(0);
  for (const k of indices) counts[k] += 1;
  return counts;
}

/** Every code in the middle of its points; one that has none stays. */
export function moveToMeans(points, codes, indices) {
  const counts = countsOf(indices, codes.length);
  const sums = codes.map((code) => code.map(() => 0));
  points.forEach((point, i) => point.forEach((x, d) => (sums[indices[i]][d] += x)));
  return codes.map((code, k) => (counts[k] > 0 ? sums[k].map((sum) => sum / counts[k]) : [...code]));
}

/** Both halves of a step, again and again until no point changes its code: {codes, indices, steps}. */
export function settle(points, start, most = 1000) {
  let codes = start;
  let indices = nearestCodes(points, codes);
  for (let steps = 1; steps <= most; steps++) {
    codes = moveToMeans(points, codes, indices);
    const next = nearestCodes(points, codes);
    if (next.every((k, i) => k === indices[i])) return { codes, indices, steps };
    indices = next;
  }
  return { codes, indices, steps: most };
}

/** The start of k-means++ (Arthur and Vassilvitskii 2007): K of the points. first: number of the first one. draws: for each
 *  further code some numbers in [0, 1), of which each draws a point with a chance proportional to its squared distance to
 *  the nearest one drawn before; the one is taken that leaves the least. */
export function spreadPoints(points, first, draws) {
  const chosen = [first];
  let away = points.map((point) => squaredDistance(point, points[first]));
  for (const tries of draws) {
    const edges = [];
    for (const one of away) edges.push((edges.at(-1) ?? 0) + one);
    const candidates = tries.map((u) => Math.min(points.length - 1, firstAbove(edges, u * edges.at(-1))));
    const left = candidates.map((row) => points.map((point, i) => Math.min(away[i], squaredDistance(point, points[row]))));
    const sums = left.map((row) => row.reduce((sum, x) => sum + x, 0));
    const best = sums.reduce((least, sum, i) => (sum < sums[least] ? i : least), 0);
    chosen.push(candidates[best]);
    away = left[best];
  }
  return chosen.map((row) => points[row]);
}

const firstAbove = (edges, value) => {
  const at = edges.findIndex((edge) => edge > value);
  return at < 0 ? edges.length : at;
};
