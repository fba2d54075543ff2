// @ts-check
// Selecting codes on the map: points in a drawn loop or a box, and what the selected codes have in common. Pure.

/** Whether (x, y) is inside the closed polygon [[x, y], ...]; even-odd rule, so that a crossing loop has holes. */
export function inside(polygon, x, y) {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i];
    const [bx, by] = polygon[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}

/** Codes whose points (2n) lie in the polygon -> Set. */
export function codesInside(polygon, codes, xy) {
  const found = new Set();
  if (polygon.length < 3) return found;
  const xs = polygon.map((p) => p[0]);
  const ys = polygon.map((p) => p[1]);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let i = 0; i < codes.length; i++) {
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    if (x >= x0 && x <= x1 && y >= y0 && y <= y1 && inside(polygon, x, y)) found.add(codes[i]);
  }
  return found;
}

/** The square of half side `half` around (x, y), as a polygon. */
export const boxAround = (x, y, half) => [
  [x - half, y - half],
  [x + half, y - half],
  [x + half, y + half],
  [x - half, y + half],
];

/** Drop corners of a loop that are nearer than `gap` to the one kept before: a trembling hand makes thousands. */
export function thinOut(loop, gap) {
  const kept = [];
  for (const [x, y] of loop) {
    const last = kept[kept.length - 1];
    if (!last || Math.hypot(x - last[0], y - last[1]) >= gap) kept.push([x, y]);
  }
  return kept;
}

/** The selected codes, the most used first, with their counts: {rows: [{code, count}], tokens, used}. */
export function summary(selected, counts) {
  const rows = Array.from(selected, (code) => ({ code, count: counts[code] })).sort((a, b) => b.count - a.count || a.code - b.code);
  let [tokens, used] = [0, 0];
  for (const { count } of rows) {
    tokens += count;
    if (count > 0) used += 1;
  }
  return { rows, tokens, used };
}

/** Codes that have a cell of the raster with its middle in the polygon -> Set. */
export function codesInRaster(polygon, { codes, rows, cols, left, top, right, bottom }) {
  const found = new Set();
  if (polygon.length < 3) return found;
  for (let r = 0; r < rows; r++) {
    const y = top + ((r + 0.5) / rows) * (bottom - top);
    for (let c = 0; c < cols; c++) if (inside(polygon, left + ((c + 0.5) / cols) * (right - left), y)) found.add(codes[r * cols + c]);
  }
  return found;
}
