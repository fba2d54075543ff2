// @ts-check
// A figure of plotly as it comes from Python: its arrays, what its points stand for, and how keys go through them. Pure.

const TYPES = { i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };

/** Typed array of {dtype, bdata, shape: "rows, columns"}; of two dimensions an array of rows. */
function unpackArray({ dtype, bdata, shape }) {
  const Type = TYPES[dtype];
  if (!Type) throw new Error(`cannot unpack the type ${dtype} of a figure`);
  const bytes = Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0));
  const flat = new Type(bytes.buffer);
  const [rows, columns] = shape === undefined ? [] : String(shape).split(",").map(Number);
  if (columns === undefined) return flat;
  return Array.from({ length: rows }, (_, row) => flat.subarray(row * columns, (row + 1) * columns));
}

/** The same figure with plain or typed arrays in the place of packed ones. */
export function decodeFigure(value) {
  if (Array.isArray(value)) return value.every((one) => typeof one !== "object" || one === null) ? value : value.map(decodeFigure);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if ("bdata" in value) return unpackArray(value);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decodeFigure(part)]));
}

const pickable = (trace) => trace.customdata !== undefined && trace.meta?.pick !== false;

/** What one point stands for, as a list: the one code of a dot, the codes of a bin, the two of a cell (that of its row
 *  first), a row and a column. */
export function pickedValues({ data, layout }, curve, point) {
  const trace = data[curve];
  if (layout.meta?.pick === "pair") return [Number(trace.y[point[0]]), Number(trace.x[point[1]])];
  if (!pickable(trace)) return [];
  const value = Array.isArray(point) ? trace.customdata[point[0]]?.[point[1]] : trace.customdata[point];
  if (value === undefined || value === null) return [];
  return typeof value === "object" ? Array.from(value) : [value];
}

/** Code -> {curve, point} of the first point that stands for it; empty for figures of other things. */
export function placesOfCodes(figure) {
  const { data, layout } = figure;
  const places = new Map();
  if (layout.meta?.pick === "pair") Array.from(data[0].x, (code, i) => places.set(Number(code), { curve: 0, point: [i, i] }));
  if (!["code", "codes"].includes(layout.meta?.pick)) return places;
  data.forEach((trace, curve) => {
    if (!pickable(trace)) return;
    if (trace.type === "heatmap") return placesOfCells(trace, curve, places);
    for (let point = 0; point < trace.customdata.length; point++)
      for (const code of pickedValues(figure, curve, point)) if (!places.has(code)) places.set(code, { curve, point });
    return undefined;
  });
  return places;
}

/** The first cell of each code that holds something. */
function placesOfCells({ z, customdata }, curve, places) {
  z.forEach((row, i) =>
    Array.from(row).forEach((value, j) => {
      const code = customdata[i][j];
      if (value !== null && !places.has(code)) places.set(code, { curve, point: [i, j] });
    }),
  );
}

/** The points that keys go through: [[{curve, point}]], one row a trace, from left to right. A bin without codes is
 *  passed over. Of a heatmap its rows, from
 *  the top. */
export function walkOf({ data, layout }) {
  const down = layout.yaxis?.autorange === "reversed";
  const seen = data.map((trace, curve) => ({ trace, curve })).filter(({ trace }) => trace.visible !== false && trace.hoverinfo !== "skip");
  const chosen = seen.some(({ trace }) => pickable(trace)) ? seen.filter(({ trace }) => pickable(trace)) : seen;
  return chosen.flatMap(({ trace, curve }) => {
    if (trace.type === "heatmap") {
      const rows = trace.z.map((row, i) => Array.from(row, (_, j) => ({ curve, point: [i, j] })));
      return down ? rows : rows.reverse();
    }
    const x = trace.x ?? trace.y ?? [];
    const order = Array.from({ length: x.length }, (_, i) => i).filter((i) => x[i] !== null && !Number.isNaN(x[i]) && trace.customdata?.[i]?.length !== 0);
    return [order.sort((a, b) => x[a] - x[b]).map((point) => ({ curve, point }))];
  });
}

/** Where a key leads from a place [row, column], null for none, in rows of those lengths; undefined for keys that lead nowhere. */
export function stepWalk(place, key, lengths) {
  const ways = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [0, -10], PageDown: [0, 10] };
  const last = (row) => lengths[row] - 1;
  const within = (value, most) => Math.min(most, Math.max(0, value));
  if (lengths.length === 0) return undefined;
  const [row, column] = place ?? [0, null];
  if (key === "Home") return [row, 0];
  if (key === "End") return [row, last(row)];
  if (!(key in ways)) return undefined;
  const [down, along] = ways[key];
  const to = within(row + down, lengths.length - 1);
  if (column === null) return [to, along < 0 ? last(to) : 0];
  return [to, within(column + along, last(to))];
}

/** All that is drawn, one row a point: {head, rows}; for charts that have no file of their own. */
export function figureRows({ data }) {
  const rows = data
    .filter((trace) => trace.hoverinfo !== "skip")
    .flatMap((trace) => {
      const name = trace.name ?? "";
      if (trace.type === "heatmap") return trace.z.flatMap((row, i) => Array.from(row, (z, j) => [name, trace.x?.[j] ?? j, trace.y?.[i] ?? i, z]));
      const x = trace.x ?? [];
      return Array.from(x, (value, i) => [name, value, trace.y?.[i] ?? null, trace.z?.[i] ?? null]);
    });
  return { head: ["series", "x", "y", "z"], rows };
}
