// @ts-check
// Codes that lie on one another look like one dot: how many there are, as a number beside it.

import { haloText } from "../../draw/text.js";

const MOST_LABELS = 40; // the largest heaps; more numbers would hide the plane

/** Heaps of at least two codes whose places on screen lie within `reach` px of the heap's first code, largest first:
 *  [{x, y, count}]. codes (2K) in the world, view as `placing` gives it. Each code belongs to one heap at most. */
export function heapsOf(codes, { left, top, scale }, reach) {
  const grid = new Map();
  const heaps = [];
  for (let k = 0; k < codes.length; k += 2) {
    const [x, y] = [left + scale * codes[k], top - scale * codes[k + 1]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const [column, row] = [Math.floor(x / reach), Math.floor(y / reach)];
    const heap = near(grid, column, row, x, y, reach);
    if (heap) heap.count += 1;
    else {
      const first = { x, y, count: 1 };
      heaps.push(first);
      const key = `${column} ${row}`;
      if (grid.has(key)) grid.get(key).push(first);
      else grid.set(key, [first]);
    }
  }
  return heaps.filter(({ count }) => count > 1).sort((a, b) => b.count - a.count);
}

function near(grid, column, row, x, y, reach) {
  for (let i = column - 1; i <= column + 1; i++) {
    for (let j = row - 1; j <= row + 1; j++) {
      for (const heap of grid.get(`${i} ${j}`) ?? []) if (Math.hypot(heap.x - x, heap.y - y) <= reach) return heap;
    }
  }
  return null;
}

/** The numbers, at the upper right of their dots. */
export function drawHeaps(ctx, { codes, view, theme, W, H }, r) {
  const shown = heapsOf(codes, view, r).filter(({ x, y }) => x >= 0 && y >= 0 && x <= W && y <= H);
  for (const { x, y, count } of shown.slice(0, MOST_LABELS)) haloText(ctx, theme, String(count), x + r + 2, y - r - 2, "left", theme.ink);
}
