// @ts-check
// The plane of a teaching card: where its units lie on the screen, and which handle is meant.

/**
 * @typedef {object} Plane
 * @property {number} scale  pixels a unit
 * @property {(x: number, y: number) => [number, number]} at  units to pixels, y upwards
 * @property {(px: number, py: number) => [number, number]} world  pixels to units
 * @property {[number, number, number, number]} box  of all that is seen: x0, y0, x1, y1
 */

/** The square {x, y, half} fitted into W x H with `pad` pixels of air. Pure.
 *  @param {{x: number, y: number, half: number}} window @param {number} W @param {number} H @returns {Plane} */
export function planeOf({ x, y, half }, W, H, pad = 18) {
  const scale = Math.max(Math.min(W, H) - 2 * pad, 1) / (2 * half);
  const [left, top] = [W / 2 - scale * x, H / 2 + scale * y];
  return {
    scale,
    at: (a, b) => [left + scale * a, top - scale * b],
    world: (px, py) => [(px - left) / scale, (top - py) / scale],
    box: [-left / scale, (top - H) / scale, (W - left) / scale, top / scale],
  };
}

/** The handle nearest to a place on the screen within `reach` pixels, or null; of equals the later, which lies on top. Pure. */
export function handleAt(handles, plane, px, py, reach) {
  let best = { handle: null, away: reach };
  for (const handle of handles) {
    const [x, y] = plane.at(handle.x, handle.y);
    const away = Math.hypot(x - px, y - py);
    if (away <= best.away) best = { handle, away };
  }
  return best.handle;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Where an arrow key moves a handle: a fiftieth of the window's half, five times as far with Shift; null for other keys. Pure. */
export function keyMove(key, shift, half) {
  const step = STEPS[key];
  return step ? step.map((one) => one * half * (shift ? 0.1 : 0.02)) : null;
}

/** A place kept within the square of the window. Pure. */
export function within({ x, y, half }, a, b) {
  const keep = (value, middle) => Math.min(Math.max(value, middle - half), middle + half);
  return [keep(a, x), keep(b, y)];
}
