// @ts-check
// Clouds of latents in the plane for teaching cards: drawn from a seed, so that all visitors see the same one; and codes
// that fit them.

import { normal, uniformFrom } from "./chance.js";
import { moveToMeans } from "./lloyd.js";
import { nearestCode, nearestCodes, squaredDistance } from "./nearest.js";
import { subtract } from "./vectors.js";

/** @typedef {import("./vectors.js").Vector} Vector */

const TURNS = 25; // of Lloyd's algorithm; then hardly anything moves

/** Normal numbers of mean 0 and deviation 1. @param {number} seed @returns {() => number} */
export function seededNormal(seed) {
  const uniform = uniformFrom(seed);
  return () => normal(() => 1 - uniform()); // above 0, as its logarithm is taken
}

/** A point turned about the origin, against the clock. @param {Vector} point @param {number} radians @returns {Vector} */
export function turnPoint([x, y], radians) {
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  return [x * cos - y * sin, x * sin + y * cos];
}

/** Points around some centres in turn. @param {Vector[]} centres @param {number} count @param {number} spread @param {number} seed */
export function blobs(centres, count, spread, seed) {
  const drawn = seededNormal(seed);
  return Array.from({ length: count }, (_, number) => centres[number % centres.length].map((x) => x + spread * drawn()));
}

/** Codes of Lloyd's algorithm (K, d), from points that lie far from each other: the first one, then always the farthest.
 *  @param {Vector[]} points @param {number} size @returns {Vector[]} */
export function fitCodes(points, size) {
  const codes = [points[0]];
  while (codes.length < size) {
    const away = points.map((point) => squaredDistance(point, codes[nearestCode(point, codes)]));
    codes.push(points[away.indexOf(Math.max(...away))]);
  }
  let fitted = codes;
  for (let turn = 0; turn < TURNS; turn++) fitted = moveToMeans(points, fitted, nearestCodes(points, fitted));
  return fitted;
}

/** Codes of numbers (K), in order: Lloyd's algorithm from their quantiles. @param {number[]} values @param {number} size @returns {number[]} */
export function fitValues(values, size) {
  const sorted = [...values].sort((a, b) => a - b);
  const quantile = (_, k) => sorted[Math.min(sorted.length - 1, Math.floor(((k + 0.5) / size) * sorted.length))];
  let codes = Array.from({ length: size }, quantile);
  for (let turn = 0; turn < TURNS; turn++) codes = moveValues(sorted, codes);
  return codes;
}

/** Mean squared distance of numbers to the nearest of some codes. @param {number[]} values @param {number[]} codes */
export function errorOfValues(values, codes) {
  let sum = 0;
  for (const value of values) {
    let least = Infinity;
    for (const code of codes) least = Math.min(least, (value - code) ** 2);
    sum += least;
  }
  return sum / values.length;
}

/** A step of Lloyd's algorithm of sorted numbers: each code to the mean of those between the middles to its neighbours. */
function moveValues(sorted, codes) {
  let from = 0;
  return codes.map((code, k) => {
    const border = k + 1 < codes.length ? (code + codes[k + 1]) / 2 : Infinity;
    let [sum, count] = [0, 0];
    for (; from < sorted.length && sorted[from] <= border; from++, count++) sum += sorted[from];
    return count > 0 ? sum / count : code;
  });
}

/** A codebook a level, each fitted to what those before it left: (Q, K, d). @param {Vector[]} points @param {number} size @param {number} levels */
export function fitResidualCodes(points, size, levels) {
  const tables = [];
  let rest = points;
  for (let level = 0; level < levels; level++) {
    const table = fitCodes(rest, size);
    tables.push(table);
    rest = rest.map((point) => subtract(point, table[nearestCode(point, table)]));
  }
  return tables;
}
