// @ts-check
// Where each code stands in the heatmap: a grid of cells, filled in one of three orders. Pure.

const CELL_PX = 40; // cells of a small codebook need not be larger
const HILBERT_FROM = 256; // codes; below that a curve has no room to keep neighbours together

/** Columns and rows for K codes: a power of two, near square, so that in order of number each row begins with a round code;
 *  wider where that would make huge cells of few codes. width: of the stage in CSS pixels. */
export function gridShape(K, width = 512) {
  let cols = 2 ** Math.ceil(Math.log2(Math.max(Math.sqrt(K), 1)));
  while (cols < K && width / cols > CELL_PX) cols *= 2;
  cols = Math.min(cols, Math.max(K, 1));
  return { cols, rows: Math.ceil(K / cols) };
}

/** Column and row of the d-th cell of a Hilbert curve over side x side cells (side a power of two). */
export function hilbert(side, d) {
  let [x, y, rest] = [0, 0, d];
  for (let s = 1; s < side; s *= 2) {
    const right = 1 & (rest >> 1);
    const up = 1 & (rest ^ right);
    if (up === 0) {
      if (right === 1) [x, y] = [s - 1 - x, s - 1 - y];
      [x, y] = [y, x];
    }
    x += s * right;
    y += s * up;
    rest = Math.floor(rest / 4);
  }
  return [x, y];
}

/** Cell (row-major) of the place-th code of an order. "map": neighbours of the order stay neighbours in the picture. */
function placer(kind, K, { cols, rows }) {
  if (kind !== "map") return (place) => place;
  const side = 2 ** Math.ceil(Math.log2(Math.max(Math.sqrt(K), 1)));
  if (K >= HILBERT_FROM && side === cols && K > (side * side) / 2) return (place) => pointCell(hilbert(side, place), cols);
  return (place) => {
    const row = Math.floor(place / cols); // back and forth, so that the end of a row is beside the start of the next
    return row * cols + (row % 2 === 0 || row === rows - 1 ? place % cols : cols - 1 - (place % cols));
  };
}

/** @param {number[]} point  @param {number} cols */
const pointCell = ([x, y], cols) => y * cols + x;

/**
 * The cells for an order (place -> code): {cols, rows, codeAt (Int32Array, cols * rows, -1 where there is none), cellOf
 * (Uint32Array, K)}. A curve may need more rows than a plain filling.
 */
export function layCells(order, kind, shape) {
  const K = order.length;
  const at = placer(kind, K, shape);
  const cellOf = new Uint32Array(K);
  let last = 0;
  for (let place = 0; place < K; place++) {
    const cell = at(place);
    cellOf[order[place]] = cell;
    if (cell > last) last = cell;
  }
  const rows = Math.floor(last / shape.cols) + 1;
  const codeAt = new Int32Array(shape.cols * rows).fill(-1);
  for (let code = 0; code < K; code++) codeAt[cellOf[code]] = code;
  return { cols: shape.cols, rows, codeAt, cellOf };
}

/** The cell after an arrow key, Home, End, PageUp or PageDown; by: cells at a time. null for another key. */
export function moveCell(cell, key, { cols, rows, codeAt }, by = 1) {
  const steps = { ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [-by, 0], ArrowDown: [by, 0], PageUp: [-10 * by, 0], PageDown: [10 * by, 0] };
  const row = Math.floor(cell / cols);
  let next = null;
  if (key === "Home") next = row * cols;
  else if (key === "End") next = row * cols + cols - 1;
  else if (steps[key]) {
    const clamp = (value, count) => Math.min(Math.max(value, 0), count - 1);
    next = clamp(row + steps[key][0], rows) * cols + clamp((cell % cols) + steps[key][1], cols);
  }
  if (next === null) return null;
  return codeAt[next] >= 0 ? next : cell; // empty cells at the end are not stepped on
}

/** Log scale of counts from the smallest to the largest that occurs: share(count) in 0..1; 0 has no place on it. */
export function countScale(counts) {
  let [low, high] = [Infinity, 0];
  for (const count of counts) {
    if (count > high) high = count;
    if (count > 0 && count < low) low = count;
  }
  if (high === 0) return { low: 1, high: 1, share: () => 0 };
  const range = Math.log(high / low);
  return { low, high, share: (count) => (range > 0 ? Math.min(1, Math.max(0, Math.log(Math.max(count, low) / low) / range)) : 1) };
}
