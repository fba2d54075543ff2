// @ts-check
// Card: additive quantization. The same sum of codes, but all codes are searched together; greedy search is drawn beside it.

import { searchJointly } from "../arithmetic/additive.js";
import { squaredDistance } from "../arithmetic/nearest.js";
import { encodeGreedily, searchBeams, sumCodes } from "../arithmetic/residual.js";
import { add } from "../arithmetic/vectors.js";
import { COLOURS, drawArrow, drawAxes, drawBars, drawCode, drawLine, drawPoint } from "./marks.js";
import { drawNames } from "./names.js";
import { drawDecode, drawDots, shorten } from "./shapes.js";
import { among, clamp } from "./state.js";

// Codebooks of like size: none is a mere correction of the one before, as those of residual quantization are.
const TABLES = [
  [
    [-0.75, 0.25],
    [0.1, 0.7],
    [0.7, 0.1],
    [0, -0.6],
  ],
  [
    [-0.5, -0.4],
    [0.55, -0.3],
    [0.05, 0.6],
    [-0.35, 0.3],
  ],
  [
    [-0.2, 0.22],
    [0.3, 0.1],
    [0.02, -0.3],
    [-0.15, -0.05],
  ],
];
const GREEDY = COLOURS[1];
const MOST_BEAM = 8;
const MOST_ROUNDS = 4;
const WORSE = 0.02; // by how much greedy search must miss to be marked on the map
const STEP = 0.05; // of the map
const HALF = 1.5;
const LETTERS = ["a", "b", "c"];

const known = new Map();

/** All sums of one code of each codebook, {indices, sum}, in the order of their digits. */
function allSums(books) {
  if (!known.has(books)) {
    const start = [{ indices: [], sum: [0, 0] }];
    const join = (sums, table) => sums.flatMap(({ indices, sum }) => table.map((code, k) => ({ indices: [...indices, k], sum: add(sum, code) })));
    known.set(books, TABLES.slice(0, books).reduce(join, start));
  }
  return known.get(books);
}

const distanceTo = (z, indices, tables) => Math.sqrt(squaredDistance(z, sumCodes(indices, tables)));

/** The nearest of all sums, of equals the first: what a search can find at best. */
function bestOf(z, books) {
  return allSums(books).reduce((best, one) => (squaredDistance(z, one.sum) < squaredDistance(z, best.sum) ? one : best));
}

/** Middles of the squares in which greedy search misses the nearest sum by more than WORSE. */
function mapOf(books) {
  const key = `map ${books}`;
  if (known.has(key)) return known.get(key);
  const [tables, found] = [TABLES.slice(0, books), []];
  for (let x = -HALF; x < HALF; x += STEP) {
    for (let y = -HALF; y < HALF; y += STEP) {
      const z = [x + STEP / 2, y + STEP / 2];
      const gap = distanceTo(z, encodeGreedily(z, tables).indices, tables) - Math.sqrt(squaredDistance(z, bestOf(z, books).sum));
      if (gap > WORSE) found.push([x, y]);
    }
  }
  known.set(key, found);
  return found;
}

function fit(state) {
  return {
    ...state,
    books: among(String(state.books), ["2", "3"]),
    search: among(state.search, ["beam", "local"]),
    beam: Math.round(clamp(state.beam, 1, MOST_BEAM)),
    rounds: Math.round(clamp(state.rounds, 0, MOST_ROUNDS)),
    at: state.at.length === 2 ? state.at : [0, 0],
  };
}

const readSum = (indices) => indices.map((code, level) => `${LETTERS[level]}${code}`).join(" + ");

function find({ at, search, beam, rounds, ...state }) {
  const books = Number(state.books);
  const tables = TABLES.slice(0, books);
  const greedy = encodeGreedily(at, tables).indices;
  const joint = search === "beam" ? searchBeams(at, tables, beam) : searchJointly(at, tables, 1, rounds);
  const best = bestOf(at, books).indices;
  const [byGreedy, byJoint, least] = [greedy, joint, best].map((indices) => distanceTo(at, indices, tables));
  const name = search === "beam" ? `A beam of ${beam}` : `Local search of ${rounds} rounds`;
  const words =
    `Greedy search takes ${readSum(greedy)} and ends ${byGreedy.toFixed(3)} away from the latent. ${name} finds ${readSum(joint)}, ${byJoint.toFixed(3)} away. ` +
    `The nearest of all ${allSums(books).length} sums is ${readSum(best)}, ${least.toFixed(3)} away.`;
  const facts = {
    gap: (byGreedy - least).toFixed(4),
    missed: (byJoint - least).toFixed(4),
    greedy: greedy.join(" "),
    joint: joint.join(" "),
    best: best.join(" "),
    beam: search === "beam" ? beam : "",
    rounds: search === "local" ? rounds : "",
    search,
  };
  return { words, facts, tables, greedy, joint, best, distances: [byGreedy, byJoint, least], name };
}

/** Arrows of one search, its sum, and how far the latent is from it. */
function drawPath(ctx, { plane, theme, state, found }, indices, colour, { width, dash = [] }) {
  const tips = Array.from({ length: indices.length + 1 }, (_, q) => plane.at(...sumCodes(indices, found.tables, q)));
  for (let q = 0; q < indices.length; q++) drawArrow(ctx, tips[q], shorten(tips[q], tips[q + 1], q === 0 ? 12 : 0), colour, { width, dash });
  const end = tips[indices.length];
  drawLine(ctx, end, plane.at(...state.at), colour, { dash: [2, 4], width: 2 });
  drawDecode(ctx, theme, ...end, { colour, r: 6 });
}

function drawMap(ctx, { plane, state }) {
  ctx.save();
  ctx.fillStyle = GREEDY;
  ctx.globalAlpha = 0.2;
  const side = plane.scale * STEP + 0.5;
  for (const [x, y] of mapOf(Number(state.books))) {
    const [px, py] = plane.at(x, y + STEP);
    ctx.fillRect(px, py, side, side);
  }
  ctx.restore();
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  if (state.map) drawMap(ctx, scene);
  drawAxes(ctx, scene);
  const sums = allSums(Number(state.books)).map(({ sum }) => sum);
  drawDots(ctx, plane, sums, theme.bar, { r: 4, alpha: 0.8 });
  const same = found.greedy.join() === found.joint.join();
  if (!same) drawPath(ctx, scene, found.greedy, GREEDY, { width: 2.5, dash: [7, 5] });
  drawPath(ctx, scene, found.joint, theme.accent, { width: 3.5 });
  TABLES[0].forEach((code, k) => {
    const [x, y] = plane.at(...code);
    const taken = k === found.joint[0] || k === found.greedy[0];
    drawCode(ctx, theme, x, y, { code: k, text: `a${k}`, colour: taken ? COLOURS[0] : COLOURS[7], r: 11 });
  });
  const latent = plane.at(...state.at);
  drawPoint(ctx, theme, ...latent, { lit: lit === "latent", r: 7 });
  nameAll(ctx, scene, same);
}

/** Marks and arrows that no name may lie on. */
function takenBy({ plane, found, state }, same) {
  const of = (indices) => {
    const tips = Array.from({ length: indices.length + 1 }, (_, q) => plane.at(...sumCodes(indices, found.tables, q)));
    return tips.slice(1).flatMap((tip, q) => alongArrow(tips[q], tip));
  };
  const codes = TABLES[0].map((code) => [...plane.at(...code), 12]);
  return [...codes, [...plane.at(...state.at), 8], ...of(found.joint), ...(same ? [] : of(found.greedy))];
}

const THIN_PX = 4; // half of an arrow, with air

const alongArrow = ([ax, ay], [bx, by]) => {
  const count = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / (2 * THIN_PX)));
  return Array.from({ length: count }, (_, i) => [ax + ((bx - ax) * (i + 1)) / count, ay + ((by - ay) * (i + 1)) / count, THIN_PX]);
};

/** The latent, and the sums that were found, by which search, where they differ. */
function nameAll(ctx, scene, same) {
  const { plane, theme, found, state } = scene;
  const latent = plane.at(...state.at);
  const name = (indices, who, colour) => {
    const mark = plane.at(...sumCodes(indices, found.tables));
    return { text: `${readSum(indices)}${who}`, mark, towards: mark[0] < latent[0] - 2 ? 2.4 : 0.8, colour };
  };
  const ends = [...(same ? [] : [name(found.greedy, ", greedy", GREEDY)]), name(found.joint, same ? "" : ", together", theme.accent)];
  drawNames(ctx, scene, [{ text: "latent", mark: latent }, ...ends], takenBy(scene, same));
}

function drawDistances(ctx, scene) {
  const { found, theme } = scene;
  const names = ["greedy", scene.state.search === "beam" ? `beam of ${scene.state.beam}` : "local search", "best of all"];
  const colours = [GREEDY, theme.accent, theme.bar];
  const rows = found.distances.map((value, i) => ({ text: names[i], value, said: value.toFixed(3), colour: colours[i] }));
  drawBars(ctx, scene, rows, { most: Math.max(...found.distances, 0.2), left: 92 });
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: HALF },
  first: { at: [0.74, 0.62], books: "2", search: "beam", beam: 1, rounds: 1, map: false },
  fit,
  find,
  handles: ({ at: [x, y] }) => [{ id: "latent", name: "the latent", x, y }],
  move: (state, _id, x, y) => ({ ...state, at: [x, y] }),
  controls: [
    {
      kind: "choice",
      name: "search",
      label: "Search",
      options: [
        { id: "beam", label: "beam", title: "The best sums so far are carried on, at each codebook" },
        { id: "local", label: "local", title: "Begin with greedy, then change one code beside the others, and shake some" },
      ],
    },
    { kind: "range", name: "beam", label: "Beam", min: 1, max: MOST_BEAM, when: ({ search }) => search === "beam" },
    { kind: "range", name: "rounds", label: "Rounds", min: 0, max: MOST_ROUNDS, when: ({ search }) => search === "local" },
    {
      kind: "choice",
      name: "books",
      label: "Codebooks",
      options: [
        { id: "2", label: "2 of 4 codes" },
        { id: "3", label: "3 of 4 codes" },
      ],
    },
    { kind: "switch", name: "map", label: "Where greedy is wrong", title: "Places whose greedy sum is not the nearest one, shaded" },
  ],
  draw,
  chart: { label: "How far the latent is from each sum", draw: drawDistances, height: 108 },
};
