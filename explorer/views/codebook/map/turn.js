// @ts-check
// Three chosen bits on a sphere: eight corners, and the great circles on which a bit changes. Rotations are row-major
// 3 x 3 matrices; screen x to the right, y downwards, depth towards the eye. Pure.

const multiply = (a, b) => Array.from({ length: 9 }, (_, i) => [0, 1, 2].reduce((sum, k) => sum + a[3 * Math.floor(i / 3) + k] * b[3 * k + (i % 3)], 0));

/** Turn by `yaw` around the screen's upright axis and `pitch` around its level one (radians), after what was before. */
export function turned(matrix, yaw, pitch) {
  const [c, s, C, S] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const around = [c, 0, s, 0, 1, 0, -s, 0, c];
  const over = [1, 0, 0, 0, C, -S, 0, S, C];
  return multiply(multiply(over, around), matrix);
}

/** A view in which no two corners of the cube cover each other. */
export const START = turned(turned([1, 0, 0, 0, 1, 0, 0, 0, 1], -0.5, 0), 0, 0.38);

/** (x, y, z) -> [right, down, towards the eye], each in -1..1 on the unit sphere. */
export function seen(matrix, x, y, z) {
  const row = (r) => matrix[3 * r] * x + matrix[3 * r + 1] * y + matrix[3 * r + 2] * z;
  return [row(0), -row(1), row(2)];
}

/** Points (3n) on the unit sphere where bit `axis` changes its sign: a great circle of `n` steps, closed. */
export function greatCircle(axis, n = 96) {
  const out = new Float32Array(3 * (n + 1));
  const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
  for (let i = 0; i <= n; i++) {
    out[3 * i + u] = Math.cos((2 * Math.PI * i) / n);
    out[3 * i + v] = Math.sin((2 * Math.PI * i) / n);
  }
  return out;
}

/** Latents (3n) moved out to the unit sphere; those without a direction are left out. */
export function ontoSphere(xyz) {
  const out = [];
  for (let i = 0; i + 2 < xyz.length; i += 3) {
    const length = Math.hypot(xyz[i], xyz[i + 1], xyz[i + 2]);
    if (length > 0 && Number.isFinite(length)) out.push(xyz[i] / length, xyz[i + 1] / length, xyz[i + 2] / length);
  }
  return Float32Array.from(out);
}

/** Value of bit `bit` (from 0, the first is the most significant) of a code of `bits` bits. */
export const bitOf = (code, bit, bits) => Math.floor(code / 2 ** (bits - 1 - bit)) % 2;

/** The corner (0..7, first chosen bit most significant) that a code belongs to. */
export const cornerOf = (code, chosen, bits) => chosen.reduce((corner, bit) => 2 * corner + bitOf(code, bit, bits), 0);

/** All codes of a corner -> Set. */
export function codesOfCorner(corner, chosen, bits) {
  const found = new Set();
  for (let code = 0; code < 2 ** bits; code++) if (cornerOf(code, chosen, bits) === corner) found.add(code);
  return found;
}

/** "101": the bits of a corner, in the order chosen. */
export const cornerName = (corner) => corner.toString(2).padStart(3, "0");

/** The unit vector of a corner: bit 1 is the positive side. */
export const cornerVector = (corner) => [4, 2, 1].map((weight) => (corner & weight ? 1 : -1) / Math.sqrt(3));

/** Three different bits after one is changed: the slot that had the wished bit takes the old one. */
export function chooseBit(chosen, slot, bit) {
  const next = chosen.slice();
  const other = chosen.indexOf(bit);
  if (other >= 0 && other !== slot) next[other] = chosen[slot];
  next[slot] = bit;
  return next;
}
