// @ts-check
// Card: Lloyd's algorithm half a step at a time, from five starts. Points take the nearest code, codes move to the middle of
// their points; a code without points stays where it is.

import { voronoiCells } from "../../kit/draw/voronoi.js";
import { normal, uniformFrom } from "../arithmetic/chance.js";
import { countsOf, moveToMeans, spreadPoints } from "../arithmetic/lloyd.js";
import { meanSquaredError, nearestCodes } from "../arithmetic/nearest.js";
import { drawHistory } from "./history.js";
import { colourOf, drawArrow, drawCells, drawCode, drawDots } from "./marks.js";
import { among, clamp } from "./state.js";

const STARTS = ["gaussian", "uniform", "latents", "kmeans", "far"];
const CLUMPS = [
  { at: [-0.62, 0.5], spread: 0.11, count: 60 },
  { at: [-0.28, -0.52], spread: 0.14, count: 70 },
  { at: [0.3, 0.02], spread: 0.1, count: 45 },
  { at: [0.62, -0.6], spread: 0.08, count: 30 },
  { at: [-0.78, -0.14], spread: 0.06, count: 20 },
  { at: [0.02, 0.66], spread: 0.07, count: 25 },
];
const POINTS = scatter();
const FAR = { at: [0.7, 0.7], spread: 0.13 };
const KEPT = 60; // errors of the curve

function scatter() {
  const uniform = uniformFrom(5);
  return CLUMPS.flatMap(({ at, spread, count }) => Array.from({ length: count }, () => at.map((x) => x + spread * normal(uniform))));
}

const paired = (flat) => Array.from({ length: flat.length / 2 }, (_, k) => [flat[2 * k], flat[2 * k + 1]]);
const inside = (codes) => codes.map((code) => code.map((x) => Math.min(1, Math.max(-1, x))));

/** Where K codes start. Pure. */
export function startCodes({ start, k, seed }) {
  const uniform = uniformFrom(100 + seed);
  const each = (one) => inside(Array.from({ length: k }, one));
  if (start === "uniform") return each(() => [2 * uniform() - 1, 2 * uniform() - 1]);
  if (start === "far") return each(() => FAR.at.map((x) => x + FAR.spread * normal(uniform)));
  if (start === "gaussian") return each(() => [0.5 * normal(uniform), 0.5 * normal(uniform)]);
  const row = () => Math.floor(uniform() * POINTS.length);
  if (start === "latents") {
    const rows = new Set();
    while (rows.size < k) rows.add(row());
    return [...rows].map((i) => POINTS[i]);
  }
  const tries = 2 + Math.floor(Math.log(k));
  return spreadPoints(
    POINTS,
    row(),
    Array.from({ length: k - 1 }, () => Array.from({ length: tries }, uniform)),
  );
}

function fit(state) {
  const k = Math.round(clamp(state.k, 2, 12));
  const whole = (flat) => (flat.length === 2 * k ? flat : []);
  const [codes, seen] = [whole(state.codes), whole(state.seen)];
  return {
    ...state,
    k,
    codes,
    seen,
    start: among(state.start, STARTS),
    seed: Math.round(clamp(state.seed, 1, 999)),
    errors: seen.length > 0 ? state.errors.slice(0, KEPT) : [],
  };
}

const codesOf = (state) => (state.codes.length > 0 ? paired(state.codes) : startCodes(state));
const again = (state) => ({ ...state, codes: [], seen: [], errors: [] });

/** Points take their nearest code. Pure. */
export function assign(state) {
  const codes = codesOf(state);
  const error = meanSquaredError(POINTS, codes, nearestCodes(POINTS, codes));
  return { ...state, seen: codes.flat(), errors: [...state.errors, error] };
}

/** Codes move to the middle of the points that took them. Pure. */
export function moveCodes(state) {
  const tokens = nearestCodes(POINTS, paired(state.seen));
  const codes = moveToMeans(POINTS, codesOf(state), tokens);
  return { ...state, codes: codes.flat(), errors: [...state.errors, meanSquaredError(POINTS, codes, tokens)] };
}

const FAINT = 1e-9;
const alike = (a, b) => a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) < FAINT);
const mayMove = (state) => state.seen.length > 0 && alike(codesOf(state).flat(), state.seen);

/** The next half-step; null once neither half changes anything. Pure. */
export function nextHalf(state) {
  if (!mayMove(state)) return assign(state);
  const moved = moveCodes(state);
  return alike(moved.codes, state.seen) ? null : moved;
}

function find(state) {
  const codes = codesOf(state);
  const tokens = state.seen.length > 0 ? nearestCodes(POINTS, paired(state.seen)) : null;
  const empty = tokens ? countsOf(tokens, state.k).filter((count) => count === 0).length : null;
  const error = meanSquaredError(POINTS, codes, tokens ?? nearestCodes(POINTS, codes));
  const settled = tokens !== null && nextHalf(state) === null;
  const step = Math.floor(state.errors.length / 2);
  const have = empty === null ? "" : empty === 0 ? " Every code has points." : ` ${empty} of ${state.k} codes have no point, and stay where they are.`;
  const next = settled
    ? "Settled: each code is the middle of its points, and nothing changes any more."
    : mayMove(state)
      ? "Next, codes move to the middle of their points."
      : "Next, points take their nearest code.";
  const words = `${POINTS.length} latents, ${state.k} codes, step ${step}. Quantization error ${error.toFixed(4)}, the mean squared distance per axis.${have} ${next}`;
  const facts = { start: state.start, codes: state.k, step, error: error.toFixed(5), empty: empty ?? "", settled: settled ? "yes" : "no" };
  return { words, where: codes, tokens, facts };
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  drawCells(ctx, scene, voronoiCells(found.where.flat(), plane.box), { colour: found.tokens ? colourOf : () => theme.surface });
  drawDots(ctx, scene, POINTS, (i) => (found.tokens ? colourOf(found.tokens[i]) : theme.bar));
  const seen = paired(state.seen);
  found.where.forEach((code, k) => {
    const [from, to] = [plane.at(...(seen[k] ?? code)), plane.at(...code)];
    if (Math.hypot(from[0] - to[0], from[1] - to[1]) > 6) drawArrow(ctx, from, to, theme.muted, { width: 1.5 });
  });
  found.where.forEach((code, k) => drawCode(ctx, theme, ...plane.at(...code), { code: k, lit: lit === `code-${k}` }));
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1 },
  first: { start: "gaussian", k: 6, seed: 1, codes: [], seen: [], errors: [] },
  fit,
  find,
  change: (state, patch) => again({ ...state, ...patch }),
  handles: (_, { where }) => where.map(([x, y], k) => ({ id: `code-${k}`, name: `code ${k}`, x, y })),
  move: (state, id, x, y) => {
    const codes = codesOf(state).map((one, k) => (id === `code-${k}` ? [x, y] : one));
    return { ...again(state), codes: codes.flat() };
  },
  controls: [
    {
      kind: "choice",
      name: "start",
      label: "Start",
      options: [
        { id: "gaussian", label: "Gaussian", title: "Normal around the middle" },
        { id: "uniform", label: "uniform", title: "Anywhere in the square" },
        { id: "latents", label: "latents", title: "On latents, drawn evenly" },
        { id: "kmeans", label: "k-means++", title: "On latents far from each other" },
        { id: "far", label: "far away", title: "In a corner, where no latent is" },
      ],
    },
    { kind: "range", name: "k", label: "K, codes", min: 2, max: 12 },
    { kind: "button", label: "Assign", title: "Points take their nearest code", act: assign, off: mayMove },
    {
      kind: "button",
      label: "Move",
      title: "Codes go to the middle of their points",
      act: moveCodes,
      off: (state) => !mayMove(state) || nextHalf(state) === null,
    },
    { kind: "play", label: "To the end", act: nextHalf, off: (state) => state.seen.length > 0 && nextHalf(state) === null },
    {
      kind: "button",
      label: "Other draw",
      title: "The same start with other random numbers",
      act: (state) => again({ ...state, seed: (state.seed % 999) + 1 }),
    },
  ],
  draw,
  chart: {
    label: "Quantization error after each half-step",
    draw: (ctx, scene) => drawHistory(ctx, scene, scene.state.errors, { hollow: (i) => i % 2 === 0, name: "quantization error", x: "half-steps" }),
    height: 190,
  },
};
