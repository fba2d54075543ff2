// @ts-check
// Three chosen bits on a sphere: eight corners, and how keys turn them. Pure.

/** The eye {x, y, z} after a turn by `yaw` around the upright axis and `pitch` towards it (radians), as far away as before;
 *  it never comes to stand above or below. */
export function turnBy({ x, y, z }, yaw, pitch) {
  const far = Math.hypot(x, y, z);
  const around = Math.atan2(y, x) + yaw;
  const most = 1.45;
  const up = Math.min(most, Math.max(-most, Math.asin(z / far) + pitch));
  return { x: far * Math.cos(up) * Math.cos(around), y: far * Math.cos(up) * Math.sin(around), z: far * Math.sin(up) };
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

/** Three different bits after one is changed: the slot that had the wished bit takes the old one. */
export function chooseBit(chosen, slot, bit) {
  const next = chosen.slice();
  const other = chosen.indexOf(bit);
  if (other >= 0 && other !== slot) next[other] = chosen[slot];
  next[slot] = bit;
  return next;
}
