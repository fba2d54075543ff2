// @ts-check
// Card: residual quantization. Arrows that add up: the code nearest to the latent, then the code nearest to what is left.

import { blobs, fitResidualCodes } from "../arithmetic/clouds.js";
import { squaredDistance } from "../arithmetic/nearest.js";
import { encodeGreedily, searchBeams, sumCodes } from "../arithmetic/residual.js";
import { add, meanDistance } from "../arithmetic/vectors.js";
import { COLOURS, drawArrow, drawAxes, drawBars, drawCode, drawLine, drawName, drawPoint } from "./marks.js";
import { drawDots, drawLens, LENS_SHARE, shorten } from "./shapes.js";
import { among, clamp } from "./state.js";

const MOST_LEVELS = 4;
const SIZES = ["2", "4", "8", "16"]; // codes a level: 1 to 4 bits
const BEAM = 4; // partial sums kept by the wider search
const SHOWN_SUMS = 4096; // as dots; more would be a grey field
const RING = Array.from({ length: 6 }, (_, i) => [1.05 * Math.cos((i * Math.PI) / 3 + 0.3), 0.85 * Math.sin((i * Math.PI) / 3 + 0.3)]);
const CLOUD = blobs(RING, 300, 0.22, 7);
const SUPERSCRIPTS = ["\u00b9", "\u00b2", "\u00b3", "\u2074"];
export const levelColour = (level) => COLOURS[[0, 1, 2, 5][level]];

const known = new Map(); // what takes long and hangs on the codebooks alone

function once(key, make) {
  if (!known.has(key)) known.set(key, make());
  return known.get(key);
}

const codebooks = (size) => once(`codes ${size}`, () => fitResidualCodes(CLOUD, size, MOST_LEVELS));
const encode = (z, tables, search) => (search === "beam" ? searchBeams(z, tables, BEAM) : encodeGreedily(z, tables).indices);

/** The mean squared distance per axis of the cloud to its sums. */
const errorOfCloud = (tables, search) =>
  meanDistance(
    CLOUD,
    CLOUD.map((z) => sumCodes(encode(z, tables, search), tables)),
  );

/** All sums of one code a level: (K^Q, 2). */
function allSums(tables) {
  return tables.reduce((sums, table) => sums.flatMap((sum) => table.map((code) => add(sum, code))), [[0, 0]]);
}

function fit(state) {
  return {
    ...state,
    size: among(String(state.size), SIZES),
    levels: Math.round(clamp(state.levels, 1, MOST_LEVELS)),
    search: among(state.search, ["greedy", "beam"]),
    at: state.at.length === 2 ? state.at : [0, 0],
  };
}

function find({ at, levels, search, sums, ...state }) {
  const size = Number(state.size);
  const tables = codebooks(size).slice(0, levels);
  const indices = encode(at, tables, search);
  const tips = Array.from({ length: levels + 1 }, (_, q) => sumCodes(indices, tables, q));
  const left = tips.map((tip) => Math.sqrt(squaredDistance(at, tip)));
  const error = once(`error ${size} ${levels} ${search}`, () => errorOfCloud(tables, search));
  const [count, bits] = [size ** levels, levels * Math.log2(size)];
  const words =
    `The token is ${indices.length > 1 ? `the ${levels} numbers` : "the number"} ${indices.join(", ")}. After ${levels} of ${MOST_LEVELS} levels ` +
    `${left[levels].toFixed(3)} of the latent's length ${left[0].toFixed(2)} is left over. ${levels * size} stored codes make ${count.toLocaleString("en")} ` +
    `sums, ${bits} bits a token; over the cloud the quantization error is ${error.toFixed(4)}.`;
  const facts = {
    tokens: indices.join(" "),
    left: left[levels].toFixed(4),
    error: error.toFixed(4),
    levels,
    bits,
    stored: levels * size,
    sums: count,
    search,
  };
  const dots = sums && count <= SHOWN_SUMS ? once(`sums ${size} ${levels}`, () => allSums(tables)) : [];
  return { words, facts, tables, indices, tips, left, dots };
}

/** Codes of a level where they would lead to from the tip of those before it. */
function drawChoices(ctx, { plane, theme }, table, tip, level, chosen) {
  table.forEach((code, number) => {
    const [x, y] = plane.at(...add(tip, code));
    const r = level === 0 ? 10 : 5;
    if (level === 0) drawCode(ctx, theme, x, y, { code: number, colour: levelColour(0), r });
    else drawPoint(ctx, theme, x, y, { colour: number === chosen ? levelColour(level) : theme.surface, r });
  });
}

/** The arrows, and what can be chosen at the last level. */
function drawPath(ctx, scene, named = true) {
  const { state, found, plane } = scene;
  const { tips, tables, indices } = found;
  for (let q = 0; q < state.levels; q++) {
    if (q === 0 || q === state.levels - 1) drawChoices(ctx, scene, tables[q], tips[q], q, indices[q]); // more would be a heap
    drawArrow(ctx, plane.at(...tips[q]), shorten(plane.at(...tips[q]), plane.at(...tips[q + 1]), q === 0 ? 11 : 5), levelColour(q), { width: 4 - 0.5 * q });
  }
  const [end, latent] = [plane.at(...tips[state.levels]), plane.at(...state.at)];
  drawLine(ctx, end, latent, scene.theme.ink, { width: 1.5, dash: [4, 4] });
  drawPoint(ctx, scene.theme, ...latent, { lit: scene.lit === "latent", r: 7 });
  if (!named) return;
  for (let q = 0; q < state.levels; q++) nameArrow(ctx, scene, q);
  drawName(ctx, scene, "latent", latent[0] + 13, latent[1] - 12);
}

/** e and the number of the level beside the middle of its arrow, if it is long enough for a name. */
function nameArrow(ctx, scene, q) {
  const [[x0, y0], [x1, y1]] = [scene.plane.at(...scene.found.tips[q]), scene.plane.at(...scene.found.tips[q + 1])];
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 44) return;
  const [nx, ny] = [(y1 - y0) / length, (x0 - x1) / length];
  drawName(ctx, scene, `e${SUPERSCRIPTS[q]}`, (x0 + x1) / 2 + 15 * nx, (y0 + y1) / 2 + 15 * ny, { colour: levelColour(q), align: "center", size: 15 });
}

function draw(ctx, scene) {
  const { state, found, plane, theme } = scene;
  drawAxes(ctx, scene);
  drawDots(ctx, plane, CLOUD, theme.bar, { r: 1.6, alpha: 0.55 });
  drawDots(ctx, plane, found.dots, theme.accent, { r: 1.3, alpha: 0.6 });
  drawPath(ctx, scene);
  drawName(ctx, scene, "0", ...plane.at(-0.06, -0.07), { colour: theme.muted, bold: false });
  const times = lensPower(scene);
  if (times > 1) drawLens(ctx, scene, state.at, times, (inner) => drawLensContent(ctx, inner));
}

/** How much larger the lens shows the last arrow, so that it fits; 1 where it is long enough without. */
function lensPower({ state, found, plane, W, H }) {
  const last = found.left[state.levels - 1] * plane.scale;
  const room = 0.42 * LENS_SHARE * Math.min(W, H);
  return state.levels < 2 ? 1 : ([24, 12, 6, 3].find((times) => last * times <= room) ?? 1);
}

/** What the lens shows: the same without names. */
function drawLensContent(ctx, scene) {
  drawDots(ctx, scene.plane, scene.found.dots, scene.theme.accent, { r: 2, alpha: 0.6 });
  drawPath(ctx, scene, false);
}

function drawLeft(ctx, scene) {
  const { left } = scene.found;
  const rows = left.map((value, q) => ({
    text: q === 0 ? "the latent" : `after e${SUPERSCRIPTS[q - 1]}`,
    value,
    said: value.toFixed(3),
    colour: q === 0 ? scene.theme.bar : levelColour(q - 1),
  }));
  drawBars(ctx, scene, rows, { most: Math.max(left[0], 0.01), left: 78 });
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1.7 },
  first: { size: "8", levels: 2, search: "greedy", sums: false, at: [1.02, 0.66] },
  fit,
  find,
  handles: ({ at: [x, y] }) => [{ id: "latent", name: "the latent", x, y }],
  move: (state, _id, x, y) => ({ ...state, at: [x, y] }),
  controls: [
    { kind: "range", name: "levels", label: "Levels", min: 1, max: MOST_LEVELS },
    { kind: "choice", name: "size", label: "Codes a level", options: SIZES.map((id) => ({ id, label: id })) },
    {
      kind: "choice",
      name: "search",
      label: "Search",
      options: [
        { id: "greedy", label: "greedy", title: "The nearest code, level by level" },
        { id: "beam", label: `beam of ${BEAM}`, title: `The ${BEAM} best sums so far are carried on` },
      ],
    },
    { kind: "switch", name: "sums", label: "Show all sums", title: "All that these codebooks can say, as dots" },
  ],
  draw,
  chart: { label: "What is left after each level", draw: drawLeft, height: 166 },
};
