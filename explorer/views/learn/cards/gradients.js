// @ts-check
// Card: how the gradient passes the nearest code. The decoder pulls at the code; what reaches the latent depends on the
// estimator. All arrows are minus the gradient: the way in which the loss falls.

import { voronoiCells } from "../../kit/draw/voronoi.js";
import { gumbel, uniformFrom } from "../arithmetic/chance.js";
import { angleBetween, noGradient, rotationTrick, straightThrough } from "../arithmetic/gradients.js";
import { nearestCode, norm } from "../arithmetic/nearest.js";
import { gumbelGradient, gumbelMixture, gumbelWeights } from "../arithmetic/soft.js";
import {
  CODE_PX,
  colourOf,
  drawAngle,
  drawArrow,
  drawAxes,
  drawBars,
  drawCells,
  drawCode,
  drawDiamond,
  drawGrip,
  drawLine,
  drawName,
  drawNameOpposite,
  drawPoint,
  isDark,
} from "./marks.js";
import { among, clamp } from "./state.js";

const METHODS = ["ste", "rotation", "gumbel", "none"];
const PASS = { ste: straightThrough, rotation: rotationTrick, none: noGradient };
const DRAWS = 40; // of Gumbel noise that are shown at once
const SHARPNESS = 5; // of the logits, as GumbelQuantizer starts
const SHORTEST = 0.05; // of the decoder's pull, so that it keeps a direction
// What the decoder asks is red; what arrives is in the accent.
const pullColour = (theme) => (isDark(theme) ? "#ff8a7a" : "#c8372d");
const CODES = [
  [0.3, 0.74],
  [-0.66, 0.32],
  [-0.3, -0.62],
  [0.72, -0.44],
];

const plus = (a, b) => a.map((x, i) => x + b[i]);
const minus = (a, b) => a.map((x, i) => x - b[i]);
const mean = (rows) => rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);

function fit(state) {
  const codes = CODES.map((code, k) => state.codes[k] ?? code);
  const pull = norm(state.pull[0]) < SHORTEST ? [[SHORTEST, 0]] : state.pull;
  return { ...state, codes, pull, method: among(state.method, METHODS), tau: clamp(state.tau, 0.1, 5), seed: Math.round(clamp(state.seed, 1, 999)) };
}

/** The same noise at every temperature, so that only the temperature differs. */
function sample({ z, codes, pull: [pull], tau, seed }) {
  const uniform = uniformFrom(seed);
  const noises = Array.from({ length: DRAWS }, () => codes.map(() => gumbel(uniform)));
  const of = (how) => noises.map((noise) => how(z[0], codes, noise, tau, SHARPNESS, pull));
  return { weights: of(gumbelWeights), mixtures: of(gumbelMixture), arrived: of(gumbelGradient) };
}

function find(state) {
  const { z, codes, method } = state;
  const [pull] = state.pull;
  const code = nearestCode(z[0], codes);
  if (method === "gumbel") return findGumbel(state, code);
  const from = codes[code];
  const arrived = PASS[method](z[0], from, pull);
  const before = angleBetween(from, pull);
  const after = angleBetween(z[0], arrived);
  const strength = norm(arrived) / norm(pull);
  const facts = {
    method,
    code,
    strength: strength.toFixed(3),
    before: degrees(before),
    after: degrees(after),
    kept: isKept(before, after),
    noise: 0,
    top: 1,
    tau: state.tau,
  };
  const angles = `the pull is ${spoken(before)} off the code's direction, and ${spoken(after)} off the latent's when it arrives`;
  const words = {
    ste: `Straight-through: the pull at code ${code} is copied. It keeps its direction on the page, but not its angle: ${angles}.`,
    rotation: `Rotation trick: the pull is turned as the code is turned to the latent, and scaled by |z_q| / |z_e| = ${strength.toFixed(2)}. So ${angles}.`,
    none: `No estimator: if the latent moves a little, its code stays the same. The true gradient is zero, and the encoder learns nothing from the decoder.`,
  };
  return { words: words[method], code, from, arrived, before, after, facts };
}

const KEPT = 0.5; // degrees between two angles that are called the same
const isKept = (before, after) => (before !== null && after !== null && Math.abs(before - after) < KEPT ? "yes" : "no");
const degrees = (angle) => (angle === null ? "none" : angle.toFixed(1));
const spoken = (angle) => (angle === null ? "without an angle" : `${Math.round(angle)}°`);

function findGumbel(state, code) {
  const { weights, mixtures, arrived } = sample(state);
  const middle = mean(arrived);
  const noise = Math.sqrt(arrived.reduce((sum, one) => sum + norm(minus(one, middle)) ** 2, 0) / DRAWS) / norm(middle);
  const top = weights.reduce((sum, row) => sum + Math.max(...row), 0) / DRAWS;
  const strength = norm(middle) / norm(state.pull[0]);
  const before = angleBetween(mean(mixtures), state.pull[0]);
  const after = angleBetween(state.z[0], middle);
  const facts = {
    method: "gumbel",
    code,
    strength: strength.toFixed(3),
    before: degrees(before),
    after: degrees(after),
    kept: isKept(before, after),
    noise: noise.toFixed(3),
    top: top.toFixed(3),
    tau: state.tau,
  };
  const words =
    `Gumbel-softmax, ${DRAWS} draws of noise: each mixes the codes anew (small diamonds), the heaviest code with weight ${top.toFixed(2)} on average. ` +
    `The gradients that arrive scatter by ${noise.toFixed(2)} times the length of their mean.`;
  return { words, code, from: mean(mixtures), arrived: middle, draws: arrived, mixtures, weights: mean(weights), before, after, facts };
}

function move(state, id, x, y) {
  if (id === "latent") return { ...state, z: [[x, y]] };
  if (id === "pull") return { ...state, pull: [minus([x, y], find(state).from)] };
  return { ...state, codes: state.codes.map((one, k) => (id === `code-${k}` ? [x, y] : one)) };
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  const [[pull], [z]] = [state.pull, state.z];
  const soft = state.method === "gumbel";
  const red = pullColour(theme);
  drawCells(ctx, scene, voronoiCells(state.codes.flat(), plane.box), { colour: () => theme.bar, lit: soft ? null : found.code });
  drawAxes(ctx, scene);
  const [origin, latent, from] = [plane.at(0, 0), plane.at(...z), plane.at(...found.from)];
  const names = [];
  if (!soft) {
    drawLine(ctx, origin, latent, theme.muted, { dash: [2, 4] });
    drawLine(ctx, origin, from, theme.muted, { dash: [2, 4] });
    names.push(drawAngle(ctx, scene, found.from, found.from, pull, { text: spoken(found.before), colour: red }));
    if (found.after !== null) names.push(drawAngle(ctx, scene, z, z, found.arrived, { text: spoken(found.after), colour: theme.accent }));
  }
  const [asked, arrived] = [plane.at(...plus(found.from, pull)), plane.at(...plus(z, found.arrived))];
  if (soft) drawDraws(ctx, scene, z);
  state.codes.forEach((code, k) => drawCode(ctx, theme, ...plane.at(...code), { code: k, lit: lit === `code-${k}` }));
  if (soft) drawDiamond(ctx, theme, ...from, { colour: red, r: 8 });
  drawArrow(ctx, from, asked, red, { width: 3.5, clear: soft ? 9 : CODE_PX + 2 });
  drawGrip(ctx, theme, ...asked, { colour: red, lit: lit === "pull" });
  drawArrow(ctx, latent, arrived, theme.accent, { width: 3.5, clear: 8 });
  drawPoint(ctx, theme, ...latent, { colour: theme.ink, lit: lit === "latent", r: 7 });
  drawNameOpposite(ctx, scene, "z_e", latent, arrived, [...names, asked]);
  if (soft) drawNameBeside(ctx, scene, "mean z_q", from, latent, red);
  else drawNameOpposite(ctx, scene, "z_q", from, asked, names);
}

/** The name of the mixture, which often lies close to the latent: on the side that is away from it. */
function drawNameBeside(ctx, scene, text, [x, y], [lx], colour) {
  const left = lx >= x;
  drawName(ctx, scene, text, x + (left ? -14 : 14), y + 20, { align: left ? "right" : "left", colour });
}

function drawDraws(ctx, { found, plane, theme }, z) {
  ctx.globalAlpha = 0.35;
  for (const one of found.draws) drawArrow(ctx, plane.at(...z), plane.at(...plus(z, one)), theme.accent, { width: 1 });
  ctx.globalAlpha = 1;
  for (const one of found.mixtures) drawDiamond(ctx, theme, ...plane.at(...one), { colour: theme.bar, r: 4 });
}

function drawChart(ctx, scene) {
  const { found, state, theme } = scene;
  const rows =
    state.method === "gumbel"
      ? found.weights.map((value, k) => ({ text: `code ${k}`, value, said: value.toFixed(2), colour: colourOf(k) }))
      : [
          { text: "asked", value: norm(state.pull[0]) / 2, said: norm(state.pull[0]).toFixed(2), colour: pullColour(theme) },
          { text: "arrives", value: norm(found.arrived) / 2, said: norm(found.arrived).toFixed(2), colour: theme.accent },
        ];
  drawBars(ctx, scene, rows);
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1 },
  first: { method: "ste", z: [[0.62, 0.3]], pull: [[0.37, -0.22]], codes: CODES, tau: 1, seed: 1 },
  fit,
  find,
  handles: ({ z, codes, pull: [pull] }, { from }) => [
    ...codes.map(([x, y], k) => ({ id: `code-${k}`, name: `code ${k}`, x, y })),
    { id: "latent", name: "latent", x: z[0][0], y: z[0][1] },
    { id: "pull", name: "tip of the decoder's pull", x: from[0] + pull[0], y: from[1] + pull[1] },
  ],
  move,
  controls: [
    {
      kind: "choice",
      name: "method",
      label: "Estimator",
      options: [
        { id: "ste", label: "straight-through" },
        { id: "rotation", label: "rotation" },
        { id: "gumbel", label: "Gumbel" },
        { id: "none", label: "none" },
      ],
    },
    {
      kind: "range",
      name: "tau",
      label: "Temperature",
      min: 0.1,
      max: 5,
      log: true,
      words: (tau) => tau.toFixed(2),
      when: ({ method }) => method === "gumbel",
    },
    { kind: "button", label: "Draw again", act: (state) => ({ ...state, seed: (state.seed % 999) + 1 }), when: ({ method }) => method === "gumbel" },
  ],
  draw,
  chart: { label: "Lengths of the pull, or weights of the codes, as bars", draw: drawChart, height: 132 },
};
