// @ts-check
// The payload of inspect/view.py, unpacked once: counts, ranks, which tokens carry a code, maps. Pure.

import { codePalette, signedPalette } from "../kit/draw/colormaps.js";
import { unpack } from "../kit/wire/encoding.js";
import { edges, normalise, spatialHash } from "../kit/draw/geometry.js";
import { voronoiCells } from "../kit/draw/voronoi.js";

/** Assignments per code: Uint32Array(K). */
export function countCodes(indices, K) {
  const counts = new Uint32Array(K);
  for (const code of indices) counts[code] += 1;
  return counts;
}

const LEAST_TOKENS = 1; // as in `joints/measures/usage.py`: a code with fewer is not in use, also by averages of training

/**
 * Codes by falling count (ties by number), the place of each in that order (`rank`, from 0), its `standing` for people
 * (from 1; codes used alike share one), how many are used (LEAST_TOKENS or more), total, largest, perplexity.
 */
export function rankCodes(counts) {
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const rank = new Uint32Array(counts.length);
  const standing = new Uint32Array(counts.length);
  order.forEach((code, r) => {
    rank[code] = r;
    standing[code] = r > 0 && counts[order[r - 1]] === counts[code] ? standing[order[r - 1]] : r + 1;
  });
  let used = 0;
  let total = 0;
  for (const count of counts) {
    total += count;
    if (count >= LEAST_TOKENS) used += 1;
  }
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / total) * Math.log(count / total);
  return { counts, order, rank, standing, used, total, largest: counts.length ? counts[order[0]] : 0, perplexity: Math.exp(entropy) };
}

/** Tokens grouped by code: `of(code)` is a subarray of positions, in reading order. */
function tokensByCode(indices, counts) {
  const start = new Uint32Array(counts.length + 1);
  for (let code = 0; code < counts.length; code++) start[code + 1] = start[code] + counts[code];
  const tokens = new Uint32Array(indices.length);
  const fill = start.slice();
  indices.forEach((code, token) => (tokens[fill[code]++] = token));
  return (code) => (code === null || code >= counts.length ? tokens.subarray(0, 0) : tokens.subarray(start[code], start[code + 1]));
}

function readMap(map, K) {
  const { array } = unpack(map.xy);
  const codes = map.codes ? unpack(map.codes).array : Uint32Array.from({ length: array.length / 2 }, (_, i) => i);
  const box = map.box && [map.box[0], map.box[2], map.box[1], map.box[3]]; // x0, y0, x1, y1
  const { w, h, from } = normalise(box ?? array);
  const xy = transform(array, from);
  const point = new Int32Array(K).fill(-1);
  codes.forEach((code, i) => (point[code] = i));
  const cells = box && voronoiCells(array, box);
  const polygons = cells && { codes, start: cells.start, xy: transform(cells.xy.subarray(0, 2 * cells.used), from) };
  const raster = map.raster && readRaster(map.raster, from);
  const { kind, title, caption, level } = map;
  return { kind, title, caption, level, codes, raw: array, xy, w, h, point, hash: spatialHash(xy), polygons, raster };
}

function transform(xy, from) {
  const out = new Float32Array(xy.length);
  for (let i = 0; i < xy.length; i += 2) out.set(from(xy[i], xy[i + 1]), i);
  return out;
}

function readRaster(raster, from) {
  const { array, shape } = unpack(raster.codes);
  const [x0, x1, y0, y1] = raster.extent;
  const [left, top] = from(x0, y1);
  const [right, bottom] = from(x1, y0);
  return { codes: array, rows: shape[0], cols: shape[1], left, top, right, bottom };
}

const CELL = 16; // side of a token that has no place, in units of its own grid

/** The plane in which a level's tokens are drawn: the picture's own, or one of square cells where they have no place. */
export const planeOf = (level, picture, placed) =>
  placed ? { width: picture.width, height: picture.height } : { width: CELL * level.cols, height: CELL * level.rows };

function readLevel(level, index, { picture, placed, place }, maps) {
  const indices = unpack(level.indices).array;
  const here = rankCodes(countCodes(indices, level.K));
  const own = maps.filter((map) => map.level === index);
  const first = own[0]; // colours come from the first map, so that switching maps does not recolour the grid
  const plane = planeOf(level, picture, placed);
  return {
    ...level,
    plane,
    indices,
    here,
    training: level.training ? { ...rankCodes(unpack(level.training.tokens).array), words: level.training.words, averaged: level.training.averaged } : null,
    tokensOf: tokensByCode(indices, here.counts),
    maps: own,
    palette:
      level.D === 1 && level.metric === "implicit" && place?.kind !== "graph"
        ? signedPalette(level.K)
        : codePalette(level.K, first ? first.codes : [], first ? first.xy : []),
    xEdges: edges(level.cols, plane.width),
    yEdges: edges(level.rows, plane.height),
  };
}

/** Whether a level has a UMAP that nobody has laid out yet. */
export const waitsForUmap = (level) => level.umap && level.maps.length > 0 && !level.maps.some((map) => map.kind === "umap");

/** The model with other maps of its levels, or the same ones, and another line of progress. */
function withMaps(model, raw) {
  const maps = raw.maps?.map((map) => readMap(map, model.levels[map.level].K)) ?? model.maps;
  const levels = model.levels.map((level, i) => ({ ...level, maps: maps.filter((map) => map.level === i) }));
  return { ...model, maps, levels, progress: raw.progress };
}

/** JSON text -> model, or null for "" (nothing yet). before: the model shown, which a value without a picture changes;
 *  one of another result changes nothing.
 *  @param {string} text  @param {any} [before] */
export function readPayload(text, before = null) {
  if (!text) return null;
  const raw = JSON.parse(text);
  if (!raw.picture) return before?.key === raw.key ? withMaps(before, raw) : before;
  const maps = raw.maps.map((map) => readMap(map, raw.levels[map.level].K));
  return { ...raw, maps, levels: raw.levels.map((level, i) => readLevel(level, i, raw, maps)) };
}

/** Share of codes that a picture of N tokens can use at most: min(K, N). */
export const ceiling = (K, N) => Math.min(K, N);
