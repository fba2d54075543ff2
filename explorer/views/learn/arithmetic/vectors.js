// @ts-check
// Vectors of a few dimensions as plain arrays.

import { dot, squaredDistance } from "./nearest.js";

/** @typedef {number[]} Vector  (D) */

/** @param {Vector} a  @param {Vector} b  @returns {Vector} */
export const add = (a, b) => a.map((value, axis) => value + b[axis]);

/** @param {Vector} a  @param {Vector} b  @returns {Vector} */
export const subtract = (a, b) => a.map((value, axis) => value - b[axis]);

/** A row times a matrix: z (D), rows (D, d) -> (d). @param {Vector} z  @param {Vector[]} rows  @returns {Vector} */
export const times = (z, rows) => rows[0].map((_, column) => z.reduce((sum, value, axis) => sum + value * rows[axis][column], 0));

/** A matrix times a column: rows (d, D), z (D) -> (d). @param {Vector[]} rows  @param {Vector} z  @returns {Vector} */
export const apply = (rows, z) => rows.map((row) => dot(row, z));

/** Rows and columns swapped. @param {Vector[]} rows  @returns {Vector[]} */
export const transpose = (rows) => rows[0].map((_, column) => rows.map((row) => row[column]));

/** Mean squared distance of points to others, per axis: the quantization error of the lab. @param {Vector[]} points @param {Vector[]} others */
export const meanDistance = (points, others) =>
  points.reduce((sum, point, n) => sum + squaredDistance(point, others[n]), 0) / (points.length * points[0].length);
