// @ts-check
// Card: nearest code and cells. Codes and latents are dragged; cells, tokens and the error follow.

import { voronoiCells, wedgeCells } from "../../kit/draw/voronoi.js";
import { meanSquaredError, nearestCodes } from "../arithmetic/nearest.js";
import { colourOf, drawAxes, drawCells, drawCode, drawLine, drawName, drawPoint } from "./marks.js";
import { among, clamp } from "./state.js";

const MOST = 12; // codes
// Where codes stand as the card opens, and where further ones are put.
const CODES = [
  [-0.62, 0.5],
  [0.1, 0.74],
  [0.7, 0.28],
  [-0.3, -0.2],
  [0.34, -0.52],
  [-0.74, -0.66],
  [0.84, -0.72],
  [0.8, 0.84],
  [-0.9, 0.02],
  [0.2, 0.16],
  [-0.22, -0.88],
  [-0.26, 0.9],
];
const POINTS = [
  [-0.42, 0.72],
  [-0.2, 0.3],
  [0.42, 0.5],
  [0.52, -0.1],
  [-0.56, -0.34],
  [0.02, -0.72],
];
const METRICS = ["euclidean", "cosine"];

function fit(state) {
  const k = Math.round(clamp(state.k, 1, MOST));
  const codes = Array.from({ length: k }, (_, code) => state.codes[code] ?? CODES[code]);
  return { ...state, k, codes, metric: among(state.metric, METRICS) };
}

function find({ codes, points, metric, k }) {
  const tokens = nearestCodes(points, codes, metric);
  const used = new Set(tokens).size;
  const error = meanSquaredError(points, codes, tokens);
  const near = metric === "euclidean" ? "at the smallest distance" : "at the smallest angle";
  const words =
    `${points.length} latents, ${k} ${k === 1 ? "code" : "codes"}: the tokens are ${tokens.join(", ")}, each the number of the code ${near}. ` +
    `${used} of ${k} codes are used. Quantization error ${error.toFixed(3)}, the mean squared distance per axis.`;
  return { words, tokens, facts: { tokens: tokens.join(" "), used, codes: k, error: error.toFixed(4), metric } };
}

function move(state, id, x, y) {
  const [kind, number] = id.split("-");
  const name = kind === "code" ? "codes" : "points";
  return { ...state, [name]: state[name].map((one, i) => (i === Number(number) ? [x, y] : one)) };
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  const flat = state.codes.flat();
  const cells = state.metric === "cosine" ? wedgeCells(flat, plane.box) : voronoiCells(flat, plane.box);
  const point = lit?.startsWith("point") ? found.tokens[Number(lit.split("-")[1])] : null;
  drawCells(ctx, scene, cells, { lit: point });
  if (state.metric === "cosine") drawAxes(ctx, scene);
  state.points.forEach((z, i) => drawLine(ctx, plane.at(z[0], z[1]), plane.at(...state.codes[found.tokens[i]]), theme.muted, { dash: [3, 4] }));
  state.codes.forEach((code, k) => drawCode(ctx, theme, ...plane.at(...code), { code: k, lit: lit === `code-${k}` }));
  state.points.forEach((z, i) => {
    const [x, y] = plane.at(...z);
    drawPoint(ctx, theme, x, y, { colour: colourOf(found.tokens[i]), lit: lit === `point-${i}` });
    drawName(ctx, scene, String(found.tokens[i]), x + 11, y - 9);
  });
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1 },
  first: { k: 6, metric: "euclidean", codes: CODES.slice(0, 6), points: POINTS },
  fit,
  find,
  handles: ({ codes, points }) => [
    ...codes.map(([x, y], k) => ({ id: `code-${k}`, name: `code ${k}`, x, y })),
    ...points.map(([x, y], i) => ({ id: `point-${i}`, name: `latent ${i + 1}`, x, y })),
  ],
  move,
  controls: [
    { kind: "range", name: "k", label: "K, codes", min: 1, max: MOST },
    {
      kind: "choice",
      name: "metric",
      label: "Nearest by",
      options: [
        { id: "euclidean", label: "distance", title: "Euclidean: the straight way" },
        { id: "cosine", label: "angle", title: "Cosine: the direction from the origin alone" },
      ],
    },
  ],
  draw,
};
