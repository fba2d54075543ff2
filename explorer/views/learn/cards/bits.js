// @ts-check
// Card: lookup-free quantization (LFQ). One bit an axis, the bits read as one number, and a batch whose codes are counted.

import { seededNormal } from "../arithmetic/clouds.js";
import { radixOf } from "../arithmetic/lattice.js";
import { countCodes, encodeSigns, signEntropies } from "../arithmetic/signs.js";
import { COLOURS, drawLine, drawName, drawPoint } from "./marks.js";
import { drawColumns, drawDiamond } from "./shapes.js";
import { clamp } from "./state.js";

const [LEAST, MOST] = [2, 6]; // axes
const TOKENS = 256; // latents of the batch
const SPREAD = 0.55;
const REACH = 2.2; // of a latent, either way
const TALL = 0.54; // of a unit
const MIDDLE = 0.13; // where 0 is drawn
const ROOM = 1.16; // from the middle to the outermost column
const FOOT = -1.28; // where the bits are written
const ON = COLOURS[0];
const OFF = COLOURS[6];

const normal = seededNormal(21);
const DRAWN = Array.from({ length: TOKENS }, () => Array.from({ length: MOST }, () => normal()));
const JITTER = Array.from({ length: TOKENS }, () => clamp(0.045 * normal(), -0.1, 0.1));

/** The batch: all axes share a part of the first one's chance, `link` of it. */
function batchOf({ axes, link, means }) {
  const own = Math.sqrt(1 - link * link);
  return DRAWN.map((row) => Array.from({ length: axes }, (_, d) => means[d] + SPREAD * (d === 0 ? row[0] : link * row[0] + own * row[d])));
}

const up = (z) => MIDDLE + TALL * z;
const column = (axis, axes) => (axes === 1 ? 0 : -ROOM + (2 * ROOM * axis) / (axes - 1));

function fit(state) {
  const keep = (list) => Array.from({ length: MOST }, (_, d) => clamp(list[d] ?? 0, -REACH, REACH));
  return {
    ...state,
    axes: Math.round(clamp(state.axes, LEAST, MOST)),
    link: clamp(state.link, 0, 1),
    sharpness: clamp(state.sharpness, 0.1, 10),
    at: keep(state.at),
    means: keep(state.means),
  };
}

function find(state) {
  const { axes, sharpness } = state;
  const batch = batchOf(state);
  const size = 2 ** axes;
  const coded = encodeSigns(state.at.slice(0, axes));
  const counted = countCodes(
    batch.map((z) => encodeSigns(z).index),
    size,
  );
  const { sure, diverse } = signEntropies(batch, 1, sharpness);
  const used = counted.counts.filter((count) => count > 0).length;
  const radix = radixOf(
    coded.bits.map(() => 2),
    true,
  );
  const sum = coded.bits.map((bit, d) => `${bit} x ${radix[d]}`).join(" + ");
  const words =
    `Bits ${coded.bits.join("")}: index ${sum} = ${coded.index}. Of ${size} codes ${used} are used by the ${TOKENS} latents of the batch, perplexity ` +
    `${counted.perplexity.toFixed(1)} of ${size}. Entropy of a token ${sure.toFixed(2)}, of the mean over the batch ${diverse.toFixed(2)} nats, at most ${Math.log(size).toFixed(2)}.`;
  const facts = {
    index: coded.index,
    word: coded.bits.join(""),
    perplexity: counted.perplexity.toFixed(3),
    used,
    codes: size,
    sure: sure.toFixed(4),
    diverse: diverse.toFixed(4),
    loss: (sure - diverse).toFixed(4),
  };
  return { words, facts, batch, coded, counts: counted.counts, radix, size };
}

function move(state, id, _x, y) {
  const [kind, axis] = id.split("-");
  const name = kind === "bit" ? "at" : "means";
  return { ...state, [name]: state[name].map((value, d) => (d === Number(axis) ? (y - MIDDLE) / TALL : value)) };
}

/** A column: what is above the middle is bit 1, what is below it bit 0. */
function drawColumn(ctx, scene, axis) {
  const { state, found, plane, theme, lit } = scene;
  const x = column(axis, state.axes);
  const half = Math.min(0.2, 0.75 / state.axes);
  const [left, top] = plane.at(x - half, up(REACH));
  const [right, bottom] = plane.at(x + half, up(-REACH));
  const middle = plane.at(x, up(0))[1];
  ctx.globalAlpha = 0.13;
  ctx.fillStyle = ON;
  ctx.fillRect(left, top, right - left, middle - top);
  ctx.fillStyle = OFF;
  ctx.fillRect(left, middle, right - left, bottom - middle);
  ctx.globalAlpha = 0.45;
  for (let n = 0; n < TOKENS; n++) {
    const z = found.batch[n][axis];
    const [px, py] = plane.at(x + JITTER[n] * (half / 0.12), up(clamp(z, -REACH, REACH)));
    ctx.fillStyle = z > 0 ? ON : OFF;
    ctx.beginPath();
    ctx.arc(px, py, 2.2, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
  drawLine(ctx, [left - 4, middle], [right + 4, middle], theme.ink, { width: 2 });
  const [mx, my] = plane.at(x + half, up(state.means[axis]));
  drawDiamond(ctx, theme, mx, my, { colour: theme.bar, lit: lit === `mean-${axis}` });
  const bit = found.coded.bits[axis];
  const [bx, by] = plane.at(x, FOOT);
  drawName(ctx, scene, String(bit), bx, by, { colour: bit ? ON : OFF, align: "center", size: 24 });
  drawName(ctx, scene, `worth ${found.radix[axis]}`, bx, plane.at(x, up(REACH))[1] - 12, { colour: theme.muted, align: "center", bold: false, size: 12 });
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  for (let d = 0; d < state.axes; d++) drawColumn(ctx, scene, d);
  const points = state.at.slice(0, state.axes).map((z, d) => plane.at(column(d, state.axes), up(z)));
  for (let d = 1; d < points.length; d++) drawLine(ctx, points[d - 1], points[d], theme.ink, { width: 2 });
  points.forEach(([x, y], d) => drawPoint(ctx, theme, x, y, { colour: found.coded.bits[d] ? ON : OFF, lit: lit === `bit-${d}`, r: 8 }));
}

function drawCounts(ctx, scene) {
  const { counts, coded, size } = scene.found;
  drawColumns(ctx, scene, counts, { lit: coded.index, said: `tokens of each of ${size} codes, ${TOKENS} in all`, even: TOKENS / size });
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1.5 },
  first: { axes: 4, link: 0, sharpness: 1, at: [0.7, -0.6, 0.4, 0.9, -0.4, 0.5], means: [0, 0, 0, 0, 0, 0] },
  fit,
  find,
  handles: ({ axes, at, means }) =>
    Array.from({ length: axes }, (_, d) => d).flatMap((d) => [
      { id: `mean-${d}`, name: `the middle of the batch on axis ${d + 1}`, x: column(d, axes) + Math.min(0.2, 0.75 / axes), y: up(means[d]) },
      { id: `bit-${d}`, name: `axis ${d + 1} of the latent`, x: column(d, axes), y: up(at[d]) },
    ]),
  move,
  controls: [
    { kind: "range", name: "axes", label: "D, axes", min: LEAST, max: MOST },
    { kind: "range", name: "link", label: "Axes alike", min: 0, max: 1, step: 0.05, words: (link) => `${Math.round(100 * link)} %` },
    {
      kind: "range",
      name: "sharpness",
      label: "Sharpness t",
      min: 0.1,
      max: 10,
      log: true,
      title: "Inverse temperature of the soft bits whose entropy is taken",
    },
  ],
  draw,
  chart: { label: "Tokens of each code of the batch", draw: drawCounts, height: 150 },
};
