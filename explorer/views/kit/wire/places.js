// @ts-check
// Where a token lies, in words. Pure. `place` comes from places.py: what the tokens of this medium stand for.

const WHOLE = new Intl.NumberFormat("en-US");
const row = (token, grid) => Math.floor(token / grid[1]);

/** Seconds without needless digits: "0.42", "12.3". */
export const seconds = (value) => value.toFixed(value < 10 ? 2 : 1);

/** [start, end) in seconds of token `token` of `count`. */
export function stretch(token, count, duration) {
  return [(token * duration) / count, ((token + 1) * duration) / count];
}

/** {step, row, col} of a token in a mosaic of `tiles` = [rows, columns] frames; grid: tokens of the whole mosaic. */
export function tile(token, grid, tiles) {
  const [rows, cols] = [grid[0] / tiles[0], grid[1] / tiles[1]];
  const [y, x] = [row(token, grid), token % grid[1]];
  return { step: Math.floor(y / rows) * tiles[1] + Math.floor(x / cols), row: y % rows, col: x % cols };
}

/** The token at {step, row, col} of such a mosaic: what `tile` takes apart. */
export function untile({ step, row: y, col: x }, grid, tiles) {
  const [rows, cols] = [grid[0] / tiles[0], grid[1] / tiles[1]];
  return (Math.floor(step / tiles[1]) * rows + y) * grid[1] + (step % tiles[1]) * cols + x;
}

/** Where a token of a series lies: its column and [first, end) rows; of a chunk all its frequencies share them, of which it
 *  is number `frequency` (from 0), null without chunks. grid: tokens of all columns. */
export function rowsOf(token, grid, { rows, chunk = 1 }) {
  const step = token % grid[1];
  const first = step - (step % chunk);
  const at = (tokens) => Math.floor((tokens * rows) / grid[1]);
  return { column: row(token, grid), from: at(first), to: at(first + chunk), frequency: chunk > 1 ? step % chunk : null };
}

/** "shoulder, 0.20–0.40 s", "shoulder, rows 11–20", and of a chunk "frequency 3 (1.5 Hz)". */
function seriesText(token, grid, place) {
  const { column, from, to, frequency } = rowsOf(token, grid, place);
  const rate = place.seconds ? place.rows / place.seconds : null;
  const when = rate ? `${(from / rate).toFixed(2)}–${(to / rate).toFixed(2)} s` : `rows ${WHOLE.format(from + 1)}–${WHOLE.format(to)}`;
  const hertz = rate && frequency !== null ? ` (${Number(((frequency * rate) / (2 * (to - from))).toPrecision(3))} Hz)` : "";
  return `${place.columns[column]}, ${when}${frequency === null ? "" : `, frequency ${frequency}${hertz}`}`;
}

/** "row 3, column 4", "0.42–0.44 s", "frames 2–5, row 3, column 4", "node 4" or "token 812" where tokens have no place. */
export function placeText(token, grid, place = null) {
  if (place?.kind === "graph") return `node ${WHOLE.format(token + 1)}`;
  if (!grid || place?.kind === "set") return `token ${WHOLE.format(token + (place?.kind === "set" ? 1 : 0))}`;
  if (place?.kind === "time") {
    const [from, to] = stretch(token, grid[1], place.seconds);
    const digits = to - from < 0.02 ? 3 : 2;
    return `${from.toFixed(digits)}–${to.toFixed(digits)} s`;
  }
  if (place?.kind === "clip") {
    const at = tile(token, grid, place.tiles);
    const [first, end] = place.frames[at.step];
    const frames = end - first > 1 ? `frames ${first + 1}–${end}` : `frame ${first + 1}`;
    return `${frames}, row ${at.row + 1}, column ${at.col + 1}`;
  }
  if (place?.kind === "items") return place.names[token] ?? `item ${WHOLE.format(token + 1)}`;
  if (place?.kind === "series") return seriesText(token, grid, place);
  return `row ${row(token, grid) + 1}, column ${(token % grid[1]) + 1}`;
}
