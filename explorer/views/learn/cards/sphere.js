// @ts-check
// Card: binary spherical quantization (BSQ). A latent is put on the sphere, and then to the corner of its octant.

import { dot, squaredDistance } from "../arithmetic/nearest.js";
import { encodeSigns } from "../arithmetic/signs.js";
import { cornersOf, encodeSphere, placeSeenAt, projectToSphere, seenFrom, worstError } from "../arithmetic/sphere.js";
import { COLOURS, drawArrow, drawBars, drawLine, drawName, drawPoint } from "./marks.js";
import { clamp } from "./state.js";

const BITS = 3;
const CORNERS = cornersOf(BITS);
const STEPS = 24; // of an arc of 90 degrees
const MOST_TILT = 1.35; // radians: not quite from above
const LATENT = COLOURS[1];
const AXES = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const ROUNDED = 2e-3; // of a length
const FAINT = 0.28; // lines on the far side
const DIM = 0.75; // names there, which are still to be read

function fit(state) {
  const far = state.at.length === BITS ? Math.hypot(...state.at) : 0;
  const on = Math.abs(far - 1) < ROUNDED; // as it was written into an address
  return {
    ...state,
    at: on ? state.at : far > 0 ? projectToSphere(state.at) : [0, 0, 1],
    length: clamp(state.length, 0.2, 2.5),
    turn: state.turn - 2 * Math.PI * Math.floor(state.turn / (2 * Math.PI)),
    tilt: clamp(state.tilt, -MOST_TILT, MOST_TILT),
  };
}

function find({ at, length }) {
  const z = at.map((value) => value * length);
  const coded = encodeSphere(z);
  const distance = Math.sqrt(coded.error);
  const without = Math.sqrt(squaredDistance(z, encodeSigns(z).z_q)); // LFQ of the same latent
  const angle = (Math.acos(clamp(dot(coded.u, coded.z_q), -1, 1)) * 180) / Math.PI;
  const words =
    `Bits ${coded.bits.join("")}, index ${coded.index} of ${CORNERS.length}. On the sphere the latent is ${distance.toFixed(3)} away from its corner, ` +
    `${angle.toFixed(0)} degrees; nowhere is it more than ${Math.sqrt(worstError(BITS)).toFixed(3)}. Its length ${length.toFixed(2)} is not kept.`;
  const facts = {
    index: coded.index,
    word: coded.bits.join(""),
    distance: distance.toFixed(4),
    angle: angle.toFixed(1),
    without: without.toFixed(4),
    length: length.toFixed(2),
  };
  return { words, facts, z, u: coded.u, corner: coded.z_q, bits: coded.bits, distance, without };
}

/** Where the latent was dragged to: on the side of the sphere on which it is. */
function move(state, _id, x, y) {
  const { depth } = seenFrom(state.at, state.turn, state.tilt);
  const near = placeSeenAt(x, y, state.turn, state.tilt);
  if (depth >= 0) return { ...state, at: near };
  const back = seenFrom(near, state.turn, state.tilt).depth;
  const view = AXES.map((axis) => seenFrom(axis, state.turn, state.tilt).depth); // towards the viewer
  return { ...state, at: near.map((value, axis) => value - 2 * back * view[axis]) };
}

/** Points of the arc between two places of the sphere. Pure. */
export function arcBetween(from, to, steps = STEPS) {
  const angle = Math.acos(clamp(dot(from, to), -1, 1));
  if (angle < 1e-6) return [from, to];
  const at = (t) => from.map((value, axis) => (Math.sin((1 - t) * angle) * value + Math.sin(t * angle) * to[axis]) / Math.sin(angle));
  return Array.from({ length: steps + 1 }, (_, i) => at(i / steps));
}

const seen = ({ plane, state }, place) => {
  const { x, y, depth } = seenFrom(place, state.turn, state.tilt);
  return { px: plane.at(x, y), depth };
};

/** A line through places, piece by piece: faint where it is behind. */
function drawArc(ctx, scene, places, colour, width) {
  const all = places.map((place) => seen(scene, place));
  for (let i = 1; i < all.length; i++) {
    ctx.globalAlpha = all[i].depth + all[i - 1].depth < 0 ? FAINT : 1;
    drawLine(ctx, all[i - 1].px, all[i].px, colour, { width });
  }
  ctx.globalAlpha = 1;
}

function drawBall(ctx, { plane, theme }) {
  const [x, y] = plane.at(0, 0);
  const light = ctx.createRadialGradient(x - 0.35 * plane.scale, y - 0.4 * plane.scale, 0, x, y, plane.scale);
  if (light?.addColorStop) {
    light.addColorStop(0, theme.surface);
    light.addColorStop(1, theme.raised);
  }
  ctx.beginPath();
  ctx.arc(x, y, plane.scale, 0, 2 * Math.PI);
  ctx.fillStyle = light;
  ctx.fill();
  ctx.strokeStyle = theme.bar;
  ctx.lineWidth = 1.5;
  ctx.stroke();
}

/** The part of the sphere that goes to the corner of the latent: an octant. */
function drawOctant(ctx, scene) {
  const [a, b, c] = AXES.map((axis, d) => axis.map((value) => (scene.found.bits[d] ? value : -value)));
  const rim = [...arcBetween(a, b), ...arcBetween(b, c), ...arcBetween(c, a)];
  ctx.beginPath();
  for (const place of rim) ctx.lineTo(...seen(scene, place).px);
  ctx.closePath();
  ctx.globalAlpha = seen(scene, scene.found.corner).depth < 0 ? 0.07 : 0.18;
  ctx.fillStyle = scene.theme.accent;
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** The borders of the octants: where one number of the latent is 0. */
function drawBorders(ctx, scene) {
  const opposite = (axis) => axis.map((value) => -value);
  for (const [a, b] of [
    [AXES[0], AXES[1]],
    [AXES[1], AXES[2]],
    [AXES[2], AXES[0]],
  ]) {
    const circle = [...arcBetween(a, b), ...arcBetween(b, opposite(a)), ...arcBetween(opposite(a), opposite(b)), ...arcBetween(opposite(b), a)];
    drawArc(ctx, scene, circle, scene.theme.muted, 1.25);
  }
}

/** The eight corners with their bits, and the cube that they are of. */
function drawCorners(ctx, scene, behind) {
  const { theme, found } = scene;
  CORNERS.forEach((corner, index) => {
    const { px, depth } = seen(scene, corner);
    if (depth < 0 !== behind) return;
    const word = index.toString(2).padStart(BITS, "0");
    const taken = word === found.bits.join("");
    ctx.globalAlpha = behind ? 0.45 : 1;
    drawPoint(ctx, theme, ...px, { colour: taken ? theme.accent : theme.bar, r: taken ? 8 : 6 });
    ctx.globalAlpha = behind ? DIM : 1;
    drawName(ctx, scene, word, px[0] + 12, px[1] - 10, { colour: taken ? theme.accent : theme.muted, size: taken ? 16 : 12, bold: taken });
    ctx.globalAlpha = 1;
  });
}

function drawCube(ctx, scene) {
  CORNERS.forEach((corner, index) => {
    for (const bit of [1, 2, 4]) if (!(index & bit)) drawArc(ctx, scene, [corner, CORNERS[index | bit]], scene.theme.line, 1);
  });
}

/** So many pixels from one place, on the side that is turned away from another; below it where they are one. */
function away([x, y], [from, above], px) {
  const length = Math.hypot(x - from, y - above);
  return length > 1 ? [x + (px * (x - from)) / length, y + (px * (y - above)) / length] : [x, y + px];
}

function draw(ctx, scene) {
  const { found, theme, lit, state } = scene;
  drawBall(ctx, scene);
  drawCorners(ctx, scene, true);
  drawCube(ctx, scene);
  drawBorders(ctx, scene);
  drawOctant(ctx, scene);
  AXES.forEach((axis, d) => {
    const end = seen(
      scene,
      axis.map((value) => 1.12 * value),
    );
    ctx.globalAlpha = end.depth < 0 ? DIM : 1;
    drawName(ctx, scene, `z${["\u2081", "\u2082", "\u2083"][d]}`, ...end.px, { colour: theme.muted, align: "center" });
    ctx.globalAlpha = 1;
  });
  const [origin, latent, place, corner] = [[0, 0, 0], found.z, found.u, found.corner].map((one) => seen(scene, one));
  drawArrow(ctx, origin.px, latent.px, LATENT, { width: 2, dash: [5, 4] });
  drawArc(ctx, scene, arcBetween(found.u, found.corner), theme.accent, 3.5);
  drawCorners(ctx, scene, false);
  ctx.globalAlpha = place.depth < 0 ? 0.5 : 1;
  drawPoint(ctx, theme, ...place.px, { colour: LATENT, lit: lit === "latent", r: 9 });
  ctx.globalAlpha = 1;
  const [x, y] = away(place.px, corner.px, 20); // from the bits of its corner, which stand above the two
  drawName(ctx, scene, "u", x, y + 4, { colour: LATENT, align: "center", size: 16 });
  if (Math.abs(state.length - 1) > 0.15) drawName(ctx, scene, "z", latent.px[0] + 10, latent.px[1] + 12, { colour: LATENT, size: 16 });
  if (corner.depth < 0)
    drawName(ctx, scene, "on the far side: drag beside the points to turn", scene.W / 2, scene.H - 14, { colour: theme.muted, align: "center", bold: false });
}

function drawDistances(ctx, scene) {
  const { found, theme } = scene;
  const worst = Math.sqrt(worstError(BITS));
  const rows = [
    { text: "to its corner", value: found.distance, said: found.distance.toFixed(3), colour: theme.accent },
    { text: "at the worst", value: worst, said: worst.toFixed(3), colour: theme.bar },
    { text: "LFQ, same z", value: found.without, said: found.without.toFixed(3), colour: LATENT },
  ];
  drawBars(ctx, scene, rows, { most: 3, left: 112 });
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1.3 },
  first: { at: [0.8, -0.36, 0.48], length: 1.4, turn: 5.8, tilt: 0.35 },
  fit,
  find,
  handles: ({ at, turn, tilt }) => {
    const { x, y } = seenFrom(at, turn, tilt);
    return [{ id: "latent", name: "the latent on the sphere", x, y }];
  },
  move,
  turn: (state, dx, dy) => ({ ...state, turn: state.turn + dx, tilt: state.tilt - dy }),
  controls: [
    { kind: "range", name: "length", label: "Length of z", min: 0.2, max: 2.5, step: 0.05, words: (length) => length.toFixed(2) },
    { kind: "range", name: "turn", label: "Turn", min: 0, max: 6.28, step: 0.02, words: (turn) => `${((turn * 180) / Math.PI).toFixed(0)} degrees` },
    {
      kind: "range",
      name: "tilt",
      label: "Tilt",
      min: -MOST_TILT,
      max: MOST_TILT,
      step: 0.05,
      words: (tilt) => `${((tilt * 180) / Math.PI).toFixed(0)} degrees`,
    },
  ],
  draw,
  chart: { label: "Distance of the latent to its corner", draw: drawDistances, height: 108 },
};
