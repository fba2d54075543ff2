// @ts-check
// The answer to "map", unpacked once: where each code is drawn, its cell or region, what the latents are like. Pure.

import { colormap } from "../../kit/draw/colormaps.js";
import { unpack } from "../../kit/wire/encoding.js";
import { nearestPoint, normalise, spatialHash } from "../../kit/draw/geometry.js";
import { rasterCode } from "../../kit/draw/geometry.js";
import { voronoiCells } from "../../kit/draw/voronoi.js";

export const SHADES = 32;
const BINS = 112; // of the density of latents, along the longer side
const MARGIN = 0.2; // of the longer side, around the codes: the cloud fades out instead of being cut off
const EDGE = 1e-9;

const KINDS = {
  pca: ["PCA", "The plane of largest variance of the code vectors"],
  umap: ["UMAP", "Neighbourhoods of the code vectors, laid out on a plane"],
  tsne: ["t-SNE", "Neighbourhoods of the code vectors, laid out on a plane"],
  plane: ["Slice", "The true nearest-code regions on one plane through the latent space"],
  lattice: ["Lattice", "Every code at its place on the lattice"],
  bits: ["Bit planes", "Every code at the place that its bits give, in Gray order"],
  sphere: ["Sphere", "Three chosen bits: the eight corners they make, on a sphere that can be turned"],
};
const OWN = { fsq: ["lattice"], lfq: ["bits"], bsq: ["sphere", "bits"] }; // what a codebook has instead of a table

/** The maps that a codebook has, the most telling first: [{id, label, title}]. */
export function kindsFor({ quantizer, metric, dim }) {
  const own = metric === "implicit" ? (OWN[quantizer] ?? ["lattice"]) : [];
  const ids = [...own, "pca", "umap", "tsne", ...(dim >= 2 ? ["plane"] : [])];
  return ids.map((id) => ({ id, label: id === "plane" && dim === 2 ? "Cells" : KINDS[id][0], title: KINDS[id][1] }));
}

/** A packed array, an unpacked one or a plain list -> the values; null stays null. */
export function values(packed) {
  if (packed === null || packed === undefined) return null;
  if (packed.dtype) return unpack(packed).array;
  return packed.array ?? packed;
}

/** The central share of `xy` (2n) along both axes: [x0, y0, x1, y1], or null for none. Outliers are left out. */
export function robustBox(xy, outside = 0.005) {
  const n = xy ? xy.length / 2 : 0;
  if (n === 0) return null;
  const side = (offset) => {
    const sorted = Float64Array.from({ length: n }, (_, i) => xy[2 * i + offset]).sort();
    const at = (share) => sorted[Math.round(share * (n - 1))];
    return [at(outside), at(1 - outside)];
  };
  const [[x0, x1], [y0, y1]] = [side(0), side(1)];
  return [x0, y0, x1, y1];
}

const isGrid = (kind) => kind === "lattice" || kind === "bits";

/** [x0, y0, x1, y1] of the map: the slice, the cells, the grid with half a cell around it, else codes and most latents. */
function boxOf(raw, xy, latents) {
  if (raw.regions) return raw.regions.box ?? raw.regions.cells;
  const box = robustBox(xy, 0);
  if (isGrid(raw.kind)) return [box[0] - 0.5, box[1] - 0.5, box[2] + 0.5, box[3] + 0.5];
  const cloud = robustBox(latents) ?? box;
  return [0, 1, 2, 3].map((i) => (i < 2 ? Math.min : Math.max)(box[i], cloud[i]));
}

function moveBy(xy, from) {
  const out = new Float32Array(xy.length);
  for (let i = 0; i < xy.length; i += 2) out.set(from(xy[i], xy[i + 1]), i);
  return out;
}

/** Exact cells of the codes inside box = [x0, y0, x1, y1], in content units: [{code, xy}]; none for a code that has none. */
function cellsOf(placed, codes, box, from) {
  const { start, xy } = voronoiCells(placed, box);
  const cells = Array.from(codes, (code, i) => ({ code, xy: moveBy(xy.subarray(2 * start[i], 2 * start[i + 1]), from) }));
  return cells.filter(({ xy: corners }) => corners.length > 0);
}

function readRegions(regions, placed, codes, from) {
  if (!regions) return {};
  if (regions.cells) return { polygons: cellsOf(placed, codes, regions.cells, from) };
  const [x0, y0, x1, y1] = regions.box;
  const [left, top] = from(x0, y1);
  const [right, bottom] = from(x1, y0);
  return { raster: { codes: values(regions.codes), rows: regions.side, cols: regions.side, left, top, right, bottom } };
}

/** The answer of the server -> what is drawn, in content units (longer side 1, y downwards). K: codebook_size. */
export function readMap(raw, K) {
  const codes = values(raw.codes);
  const point = new Int32Array(K).fill(-1);
  codes.forEach((code, i) => (point[code] = i));
  const own = { kind: raw.kind, raw, codes, point, K, norm: values(raw.norm), error: values(raw.error), notes: raw.notes ?? [] };
  if (raw.kind === "sphere") return { ...own, sums: values(raw.corner_counts), latents3: values(raw.latents), w: 1, h: 1 };
  const placed = values(raw.xy);
  const latents = values(raw.latents);
  const { w, h, from } = normalise(Float64Array.from(boxOf(raw, placed, latents)));
  const at = moveBy(placed, from);
  return {
    ...own,
    placed,
    xy: at,
    w,
    h,
    hash: spatialHash(at),
    cell: isGrid(raw.kind) ? from(1, 0)[0] - from(0, 0)[0] : null, // side of a cell, in content units
    density: latents ? density(moveBy(latents, from), w, h) : null,
    latentCount: latents ? latents.length / 2 : 0,
    ...readRegions(raw.regions, placed, codes, from),
  };
}

/** Latents (2n, content units) counted in square bins over w x h and a margin around it.
 *  -> {left, top, side, cols, rows, counts, largest, outside}. */
export function density(xy, w, h) {
  const side = Math.max(w, h) / BINS;
  const spare = Math.round(MARGIN * BINS);
  const [left, top] = [-spare * side, -spare * side];
  const cols = 2 * spare + Math.max(1, Math.ceil(w / side - EDGE));
  const rows = 2 * spare + Math.max(1, Math.ceil(h / side - EDGE));
  const counts = new Uint32Array(cols * rows);
  let [largest, outside] = [0, 0];
  for (let i = 0; i < xy.length; i += 2) {
    const column = Math.floor((xy[i] - left) / side);
    const row = Math.floor((xy[i + 1] - top) / side);
    if (!(column >= 0 && row >= 0 && column < cols && row < rows)) outside += 1;
    else largest = Math.max(largest, (counts[row * cols + column] += 1));
  }
  return { left, top, side, cols, rows, counts, largest, outside };
}

/** The counts softened over neighbouring bins, twice: a cloud, not a grid of squares. Float32Array (rows * cols). */
export function soften({ counts, cols, rows }) {
  let now = Float32Array.from(counts);
  const along = (from, step, line, length, every) => {
    const out = new Float32Array(from.length);
    for (let i = 0; i < line; i++) {
      for (let j = 0; j < length; j++) {
        const at = i * every + j * step;
        out[at] = (from[j > 0 ? at - step : at] + 2 * from[at] + from[j + 1 < length ? at + step : at]) / 4;
      }
    }
    return out;
  };
  for (let pass = 0; pass < 2; pass++) now = along(along(now, 1, rows, cols, cols), cols, cols, rows, 1);
  return now;
}

/** Index of the code at content position (x, y): of its cell, region or point within `reach`; -1 for none. */
function hitMap(map, x, y, reach) {
  if (map.raster) return map.point[rasterCode(map.raster, x, y)] ?? -1;
  return nearestPoint(map.hash, x, y, map.polygons ? Infinity : map.cell ? 0.75 * map.cell : reach);
}

/** The code of a region that is not among the drawn ones can still be named: code or -1. */
export function hitCode(map, x, y, reach) {
  if (map.raster) return rasterCode(map.raster, x, y);
  const i = hitMap(map, x, y, reach);
  return i < 0 ? -1 : map.codes[i];
}

function extent(numbers) {
  let [low, high] = [Infinity, -Infinity];
  for (const x of numbers) {
    if (!Number.isFinite(x)) continue;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  return high >= low ? [low, high] : [0, 0];
}

/** What a measure of the drawn codes is: value(i), its range, its scale 0..1 and its words. `counts` is over all K.
 *  Usage has a log scale, others where they reach over more than WIDE times the least. */
export function measure(name, map, counts) {
  const of = { usage: (i) => counts[map.codes[i]], norm: (i) => map.norm?.[i] ?? NaN, error: (i) => map.error?.[i] ?? NaN };
  const value = of[name];
  const usage = name === "usage";
  let [low, high] = extent(Array.from(map.codes, (_, i) => value(i)));
  if (usage) [low, high] = [1, Math.max(high, 1)];
  const log = usage || (low > 0 && high > WIDE * low);
  const share = (x) => {
    if (!Number.isFinite(x) || (log && x <= 0)) return NaN;
    if (!(high > low)) return usage ? 1 : 0.5;
    return log ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low);
  };
  const { title, unit, colours } = WORDS[name];
  return { name, value, low, high, log, share, title, bare: unit, unit: log ? `${unit}, log scale` : unit, colours };
}

const WIDE = 25;
const WORDS = {
  usage: { title: "usage", unit: "tokens", colours: "viridis" },
  norm: { title: "norm", unit: "length of the code vector", colours: "cividis" },
  error: { title: "quantization error", unit: "mean squared distance of its latents", colours: "cividis" },
};

const RAMPS = new Map();
export function ramp(name) {
  if (!RAMPS.has(name))
    RAMPS.set(
      name,
      Array.from({ length: SHADES }, (_, i) => `rgb(${colormap(name, i / (SHADES - 1)).join(",")})`),
    );
  return RAMPS.get(name);
}

/** Shade of each drawn code, 0..SHADES - 1; 255 where it has no value and is drawn hollow. */
export function shades(map, scale) {
  return Uint8Array.from(map.codes, (_, i) => {
    const share = scale.share(scale.value(i));
    return Number.isNaN(share) ? 255 : Math.round(share * (SHADES - 1));
  });
}

/** Radius of each drawn code in px at zoom 1: its area grows with the measure, from 0; null draws all alike. In large
 *  maps they are smaller. */
export function radii(map, scale) {
  const n = map.codes.length;
  const [least, most] = n > 4000 ? [1.2, 6] : n > 1500 ? [1.7, 8] : [2.2, 9.5];
  if (!scale) return new Float32Array(n).fill(n > 4000 ? 2 : 3.2);
  return Float32Array.from(map.codes, (_, i) => {
    const x = scale.value(i);
    return x > 0 && scale.high > 0 ? least + (most - least) * Math.sqrt(Math.min(1, x / scale.high)) : least;
  });
}

/** Order of drawing: unused codes first, then the large before the small, so that small ones stay on top. */
export function drawOrder(map, counts, radius) {
  const used = (i) => (counts[map.codes[i]] > 0 ? 1 : 0);
  return Uint32Array.from(map.codes.keys()).sort((a, b) => used(a) - used(b) || radius[b] - radius[a] || a - b);
}

/** The drawn code that lies nearest in the direction of an arrow key, seen from point i; i where there is none. */
export function neighbourTowards(map, i, key) {
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const [dx, dy] = ways[key];
  let best = { i, cost: Infinity };
  for (let j = 0; j < map.codes.length; j++) {
    const [x, y] = [map.xy[2 * j] - map.xy[2 * i], map.xy[2 * j + 1] - map.xy[2 * i + 1]];
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy) + Math.abs(y * dx);
    if (along <= 1e-9 || across > along) continue;
    const cost = along + 2 * across;
    if (cost < best.cost) best = { i: j, cost };
  }
  return best.i;
}

/** Edges between cells of a raster that hold different codes: [[x0, y0, x1, y1]] in cells, each as long as it goes. */
export function borders(codes, rows, cols) {
  const found = [];
  const scan = (lines, length, differs, put) => {
    for (let line = 1; line < lines; line++) {
      let from = -1;
      for (let at = 0; at <= length; at++) {
        const meets = at < length && differs(line, at);
        if (meets && from < 0) from = at;
        if (!meets && from >= 0) {
          put(line, from, at);
          from = -1;
        }
      }
    }
  };
  scan(
    cols,
    rows,
    (x, y) => codes[y * cols + x] !== codes[y * cols + x - 1],
    (x, from, to) => found.push([x, from, x, to]),
  );
  scan(
    rows,
    cols,
    (y, x) => codes[y * cols + x] !== codes[(y - 1) * cols + x],
    (y, from, to) => found.push([from, y, to, y]),
  );
  return found;
}
