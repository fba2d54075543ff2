// @ts-check
// Product quantization and its rotated kind (OPQ) as explorer/quantizers/pq.py and composed/opq.py do it, in float64.

import { moveToMeans } from "./lloyd.js";
import { nearestCode, nearestCodes } from "./nearest.js";
import { times, transpose } from "./vectors.js";

/** @typedef {import("./vectors.js").Vector} Vector  @typedef {Vector[]} Table  (K, d) */

/** z (D) in groups of so many dimensions. @param {Vector} z  @param {number} groups  @returns {Vector[]} */
export function splitGroups(z, groups) {
  const dim = z.length / groups;
  return Array.from({ length: groups }, (_, group) => z.slice(group * dim, (group + 1) * dim));
}

/** The nearest code of each group of the rotated latent: indices (G). rotation (D, D): R, of which z R is split.
 *  @param {Vector} z  @param {Table[]} tables  of each group  @param {Vector[]} [rotation] */
export function encodeProduct(z, tables, rotation) {
  const turned = rotation ? times(z, rotation) : z;
  return splitGroups(turned, tables.length).map((part, group) => nearestCode(part, tables[group]));
}

/** Codes side by side, turned back. @param {number[]} indices  @param {Table[]} tables  @param {Vector[]} [rotation]  @returns {Vector} */
export function decodeProduct(indices, tables, rotation) {
  const joined = indices.flatMap((code, group) => tables[group][code]);
  return rotation ? times(joined, transpose(rotation)) : joined;
}

/** The plane turned by an angle, as the R of z R. @param {number} radians  @returns {Vector[]} (2, 2) */
export const rotationBy = (radians) => [
  [Math.cos(radians), -Math.sin(radians)],
  [Math.sin(radians), Math.cos(radians)],
];

/** By how much a rotation of the plane turns, in radians; of a mirrored one that of its first axis. @param {Vector[]} rotation */
export const angleOf = (rotation) => Math.atan2(rotation[1][0], rotation[0][0]);

/** The orthogonal R (2, 2) that makes |X R - Y| least, from X^T Y: what U V^T of its singular values gives, in the plane.
 *  @param {Vector[]} product  (2, 2)  @returns {Vector[]} */
export function procrustes([[a, b], [c, d]]) {
  const mirrored = a * d - b * c < 0;
  const [x, y] = mirrored ? [a - d, b + c] : [a + d, b - c];
  const length = Math.hypot(x, y) || 1;
  const [cos, sin] = [x / length, y / length];
  return mirrored
    ? [
        [cos, sin],
        [sin, -cos],
      ]
    : [
        [cos, sin],
        [-sin, cos],
      ];
}

/** A turn of OPQ in the plane: codes to the rotated latents (N, 2), then the rotation to the codes.
 *  @param {Vector[]} latents  @param {Table[]} tables  @param {Vector[]} rotation */
export function fitTurn(latents, tables, rotation) {
  const turned = latents.map((z) => times(z, rotation));
  const moved = tables.map((table, group) => {
    const parts = turned.map((z) => splitGroups(z, tables.length)[group]);
    return moveToMeans(parts, table, nearestCodes(parts, table));
  });
  const product = [
    [0, 0],
    [0, 0],
  ];
  latents.forEach((z, number) => {
    const y = decodeProduct(encodeProduct(turned[number], moved), moved);
    for (const row of [0, 1]) for (const column of [0, 1]) product[row][column] += z[row] * y[column];
  });
  return { tables: moved, rotation: procrustes(product) };
}
