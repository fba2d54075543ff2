// @ts-check
// Card: soft assignment. A latent is a mixture of all codes; the temperature says how hard, and annealing brings it down.

import { softWeights, annealedTau, codesShared, mixtureOf } from "../arithmetic/soft.js";
import { nearestCode, squaredDistance } from "../arithmetic/nearest.js";
import { colourOf, drawBars, drawCode, drawDiamond, drawHull, drawLine, drawName, drawPoint } from "./marks.js";
import { drawNames } from "./names.js";
import { clamp } from "./state.js";

const [HOT, COLD] = [1, 0.01]; // where annealing begins and ends, as SoftQuantizer's
const STEPS = 24; // of the annealing that is played
const CODES = [
  [-0.7, 0.36],
  [0.02, 0.72],
  [0.66, 0.3],
  [0.46, -0.56],
  [-0.4, -0.62],
];

const fit = (state) => ({ ...state, codes: CODES.map((code, k) => state.codes[k] ?? code), tau: clamp(state.tau, COLD, 10) });

function find({ z, codes, tau }) {
  const weights = softWeights(z[0], codes, tau);
  const mixture = mixtureOf(weights, codes);
  const code = nearestCode(z[0], codes);
  const gap = Math.sqrt(squaredDistance(mixture, codes[code]));
  const [top, shared] = [Math.max(...weights), codesShared(weights)];
  const words =
    `At temperature ${tau.toPrecision(2)} the decoder gets a mixture of ${shared.toFixed(1)} codes in effect; code ${code}, the nearest, has weight ${top.toFixed(2)}. ` +
    `When training is over it gets code ${code} alone, which lies ${gap.toFixed(2)} away from the mixture.`;
  const facts = { tau, top: top.toFixed(4), shared: shared.toFixed(3), gap: gap.toFixed(4), code };
  return { words, weights, mixture, code, facts };
}

function move(state, id, x, y) {
  if (id === "latent") return { ...state, z: [[x, y]] };
  return { ...state, codes: state.codes.map((one, k) => (id === `code-${k}` ? [x, y] : one)) };
}

/** The next temperature of an annealing that is played: even ratios, as in training; null at the end. */
export function cooler(state) {
  if (state.tau <= COLD) return null;
  return { ...state, tau: Math.max(COLD, Number((state.tau * annealedTau(1, COLD / HOT, STEPS, 1)).toPrecision(4))) };
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  drawHull(ctx, scene, state.codes);
  const [latent, mixed] = [plane.at(...state.z[0]), plane.at(...found.mixture)];
  state.codes.forEach((code, k) => {
    ctx.globalAlpha = 0.25 + 0.75 * found.weights[k];
    drawLine(ctx, mixed, plane.at(...code), colourOf(k), { width: 1 + 9 * found.weights[k] });
    ctx.globalAlpha = 1;
  });
  drawLine(ctx, latent, mixed, theme.muted, { dash: [2, 4] });
  state.codes.forEach((code, k) => {
    const [x, y] = plane.at(...code);
    drawCode(ctx, theme, x, y, { code: k, lit: lit === `code-${k}` });
    drawName(ctx, scene, found.weights[k].toFixed(2), x + 18, y - 14, { size: 12, bold: false });
  });
  drawDiamond(ctx, theme, ...mixed, { colour: theme.accent, r: 9 });
  drawPoint(ctx, theme, ...latent, { colour: theme.ink, lit: lit === "latent", r: 7 });
  const names = [
    { text: "z_e", mark: latent, towards: angleFrom(mixed, latent) },
    { text: "mixture", mark: mixed, r: 9, towards: angleFrom(latent, mixed), colour: theme.accent },
  ];
  const lines = state.codes.flatMap((code) => alongLine(mixed, plane.at(...code)));
  drawNames(ctx, scene, names, [[...latent, 12], [...mixed, 12], ...lines]);
}

const angleFrom = (from, to) => Math.atan2(to[1] - from[1], to[0] - from[0]);

/** Places on the line from a mixture to a code, which names are kept off as off marks; at its end the code and its weight. */
function alongLine(from, to) {
  const parts = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 8);
  const places = Array.from({ length: parts }, (_, i) => from.map((start, axis) => start + (i / parts) * (to[axis] - start)));
  return [...places.map((place) => [...place, 3]), [...to, 13], [to[0] + 30, to[1] - 14, 12]];
}

const drawChart = (ctx, scene) =>
  drawBars(
    ctx,
    scene,
    scene.found.weights.map((value, k) => ({ text: `code ${k}`, value, said: value.toFixed(2), colour: colourOf(k) })),
  );

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1 },
  first: { z: [[0.3, 0.14]], codes: CODES, tau: 0.5 },
  fit,
  find,
  handles: ({ z, codes }) => [
    ...codes.map(([x, y], k) => ({ id: `code-${k}`, name: `code ${k}`, x, y })),
    { id: "latent", name: "latent", x: z[0][0], y: z[0][1] },
  ],
  move,
  controls: [
    { kind: "range", name: "tau", label: "Temperature", min: COLD, max: 10, log: true, words: (tau) => String(Number(tau.toPrecision(2))) },
    { kind: "play", label: "Anneal", title: "Let the temperature fall in even ratios, as in training", act: cooler, off: ({ tau }) => tau <= COLD },
    { kind: "button", label: "Heat to 1", act: (state) => ({ ...state, tau: HOT }), off: ({ tau }) => tau === HOT },
  ],
  draw,
  chart: { label: "Weight of each code in the mixture", draw: drawChart, height: 164 },
};
