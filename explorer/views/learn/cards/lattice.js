// @ts-check
// Card: finite scalar quantization (FSQ). Each axis is bounded and rounded; the digits are read as one number.

import { boundAxis, encodeLattice, levelValue, radixOf, sizeOf, unboundAxis } from "../arithmetic/lattice.js";
import { COLOURS, drawLine, drawName, drawPoint } from "./marks.js";
import { clamp } from "./state.js";

const AXES = ["l1", "l2", "l3"];
const [LEAST, MOST] = [2, 9]; // values an axis
const REACH = 3; // of a latent, either way
const [LEFT, WIDE] = [-0.02, 0.42]; // where z = 0 is, and how wide a unit of z is drawn
const TALL = 0.4; // half the height of a row
const ROWS = [1, 0, -1]; // their middles
const SUBSCRIPTS = ["\u2081", "\u2082", "\u2083"];
const axisColour = (axis) => COLOURS[[0, 1, 2][axis]];

function fit(state) {
  const levels = Object.fromEntries(AXES.map((name) => [name, Math.round(clamp(state[name], LEAST, MOST))]));
  const at = ROWS.map((_, axis) => clamp(state.at[axis] ?? 0, -REACH, REACH));
  return { ...state, ...levels, at };
}

const levelsOf = (state) => AXES.map((name) => state[name]);

function find(state) {
  const levels = levelsOf(state);
  const coded = encodeLattice(state.at, levels);
  const [radix, size] = [radixOf(levels), sizeOf(levels)];
  const sum = coded.digits.map((digit, axis) => `${digit} x ${radix[axis]}`).join(" + ");
  const words =
    `Digits ${coded.digits.join(", ")}: index ${sum} = ${coded.index}. ${levels.join(" x ")} values make K = ${size} codes, ` +
    `${Math.log2(size).toFixed(2)} bits a token, and no table is stored.`;
  const facts = { index: coded.index, codes: size, bits: Math.log2(size).toFixed(3), digits: coded.digits.join(" "), levels: levels.join(" ") };
  return { words, facts, coded, levels, radix, size };
}

const across = (z) => LEFT + WIDE * z;
const up = (axis, value) => ROWS[axis] + TALL * value;

function move(state, id, x) {
  const axis = Number(id.split("-")[1]);
  return { ...state, at: state.at.map((z, one) => (one === axis ? clamp((x - LEFT) / WIDE, -REACH, REACH) : z)) };
}

/** The values of an axis as lines, the one that is taken in colour, each with its digit. */
function drawLevels(ctx, scene, axis) {
  const { found, plane, theme } = scene;
  const count = found.levels[axis];
  for (let digit = 0; digit < count; digit++) {
    const y = up(axis, levelValue(digit, count));
    const taken = digit === found.coded.digits[axis];
    const colour = taken ? axisColour(axis) : theme.line;
    drawLine(ctx, plane.at(across(-REACH), y), plane.at(across(REACH), y), colour, { width: taken ? 2.5 : 1 });
    const [px, py] = plane.at(across(REACH) + 0.1, y);
    drawName(ctx, scene, String(digit), px, py, { colour: taken ? axisColour(axis) : theme.muted, align: "center", bold: taken, size: taken ? 16 : 11 });
  }
}

/** What the axis is bounded by, and the stairs that rounding makes of it. */
function drawBound(ctx, scene, axis) {
  const { found, plane, theme } = scene;
  const count = found.levels[axis];
  const half = Math.floor(count / 2);
  const borders = Array.from({ length: count - 1 }, (_, digit) => clamp(unboundAxis(digit - half + 0.5, count), -REACH, REACH));
  ctx.beginPath();
  for (let digit = 0; digit < count; digit++) {
    const y = up(axis, levelValue(digit, count));
    for (const z of [borders[digit - 1] ?? -REACH, borders[digit] ?? REACH]) ctx.lineTo(...plane.at(across(z), y));
  }
  ctx.strokeStyle = theme.bar;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  ctx.beginPath();
  for (let z = -REACH; z <= REACH + 1e-9; z += 0.02) ctx.lineTo(...plane.at(across(z), up(axis, boundAxis(z, count) / half)));
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 2;
  ctx.stroke();
}

function drawAxis(ctx, scene, axis) {
  const { state, found, plane, theme, lit } = scene;
  drawLevels(ctx, scene, axis);
  drawBound(ctx, scene, axis);
  const [z, bounded, value] = [state.at[axis], found.coded.z_e[axis], found.coded.z_q[axis]];
  const [point, rounded, foot] = [plane.at(across(z), up(axis, bounded)), plane.at(across(z), up(axis, value)), plane.at(across(z), ROWS[axis] - TALL - 0.04)];
  drawLine(ctx, foot, point, theme.muted, { dash: [2, 4] });
  drawLine(ctx, point, rounded, axisColour(axis), { width: 3 });
  drawPoint(ctx, theme, ...point, { colour: axisColour(axis), lit: lit === `axis-${axis}`, r: 8 });
  const [nx, ny] = plane.at(-1.3, ROWS[axis] + 0.3);
  drawName(ctx, scene, `z${SUBSCRIPTS[axis]}`, nx, ny, { colour: axisColour(axis), size: 17 });
  drawName(ctx, scene, z.toFixed(2), foot[0], foot[1] + 9, { colour: theme.muted, align: "center", bold: false, size: 12 });
}

const draw = (ctx, scene) => ROWS.forEach((_, axis) => drawAxis(ctx, scene, axis));

/** The digits as a sum: what each is worth. */
function drawSum(ctx, { found, theme, W }) {
  const { digits, index } = found.coded;
  const [columns, line] = [[70, 130, 210], 27];
  const write = (text, x, y, colour, size = 15, bold = false) => {
    ctx.font = `${bold ? 700 : 400} ${size}px ${theme.font}`;
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
  };
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  digits.forEach((digit, axis) => {
    const y = 18 + line * axis;
    write(`digit ${axis + 1}`, columns[0] - 14, y, theme.muted, 12);
    write(String(digit), columns[0] + 10, y, axisColour(axis), 17, true);
    write(`\u00d7 ${found.radix[axis]}`, columns[1] + 14, y, theme.ink);
    write(`= ${digit * found.radix[axis]}`, columns[2], y, theme.ink);
  });
  const y = 18 + line * digits.length + 6;
  ctx.fillStyle = theme.muted;
  ctx.fillRect(columns[1] + 22, y - 18, columns[2] - columns[1] - 18, 1);
  write("index", columns[0] - 14, y, theme.muted, 12);
  write(String(index), columns[2], y, theme.accent, 19, true);
  ctx.textAlign = "left";
  if (W > 330) write(`of K = ${found.size}, from 0`, columns[2] + 12, y, theme.muted, 13);
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1.5 },
  first: { l1: 5, l2: 5, l3: 5, at: [0.6, -0.8, 1.4] },
  fit,
  find,
  handles: (state, found) =>
    state.at.map((z, axis) => ({ id: `axis-${axis}`, name: `axis ${axis + 1} of the latent`, x: across(z), y: up(axis, found.coded.z_e[axis]) })),
  move,
  controls: AXES.map((name, axis) => ({
    kind: "range",
    name,
    label: `Values, axis ${axis + 1}`,
    min: LEAST,
    max: MOST,
  })),
  draw,
  chart: { label: "The index as a sum of digits and what each is worth", draw: drawSum, height: 128 },
};
