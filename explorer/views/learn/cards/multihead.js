// @ts-check
// Card: multi-head quantization. Each head sees the latent along a direction of its own, and has codes along it.

import { blobs, fitValues } from "../arithmetic/clouds.js";
import { combineHeads, encodeHeads } from "../arithmetic/multihead.js";
import { dot } from "../arithmetic/nearest.js";
import { meanDistance } from "../arithmetic/vectors.js";
import { COLOURS, drawAxes, drawBars, drawCode, drawLine, drawPoint } from "./marks.js";
import { drawNames } from "./names.js";
import { drawDecode, drawDots } from "./shapes.js";
import { among, clamp } from "./state.js";

const RADIANS = Math.PI / 180;
const HEADS = ["2", "3"];
const MOST = 6; // codes a head
const CODE_PX = 12; // of a chosen code
const KNOB = 1.5; // how far out the handle of a head is
const FAR = 5; // half the length of a line that goes past the picture
const RIDGE = 1e-6; // where two heads look the same way, nothing across it is known
const CENTRES = [
  [0.9, 0.5],
  [-0.2, 0.95],
  [-0.95, -0.1],
  [-0.25, -0.8],
  [0.75, -0.6],
];
const CLOUD = blobs(CENTRES, 250, 0.2, 11);
const headColour = (head) => COLOURS[[0, 1, 2][head]];

/** The D x M matrix that makes the place whose views come nearest to the codes: least squares of the directions (M, 2). */
export function fitOutput(directions) {
  const [xx, xy, yy] = directions.reduce(([a, b, c], [x, y]) => [a + x * x, b + x * y, c + y * y], [RIDGE, 0, RIDGE]);
  const determinant = xx * yy - xy * xy;
  return [directions.map(([x, y]) => (yy * x - xy * y) / determinant), directions.map(([x, y]) => (xx * y - xy * x) / determinant)];
}

/** Views, codes and output of the heads. Side by side a head has 1 dimension and the output undoes the overlap of the
 *  views; summed, its codes lie on its line in the plane, and the output can only scale their sum. */
function headsOf(directions, size, compose) {
  const values = directions.map((w) =>
    fitValues(
      CLOUD.map((z) => dot(w, z)),
      size,
    ),
  );
  if (compose === "concatenate") {
    const tables = values.map((codes) => codes.map((value) => [value]));
    return { values, views: directions.map((w) => [w]), tables, output: fitOutput(directions) };
  }
  const onLine = ([x, y]) => [
    [x * x, x * y],
    [x * y, y * y],
  ];
  const tables = values.map((codes, head) => codes.map((value) => directions[head].map((part) => part * value)));
  const scale = 2 / directions.length; // which is right for directions that are spread evenly
  const output = [
    [scale, 0],
    [0, scale],
  ];
  return { values, views: directions.map(onLine), tables, output };
}

/** What a head misses of its own view: the mean squared distance along its direction. */
function errorOfView(w, codes) {
  const squares = CLOUD.map((z) => Math.min(...codes.map((code) => (dot(w, z) - code) ** 2)));
  return squares.reduce((sum, one) => sum + one, 0) / squares.length;
}

/** What all K^M tokens decode to: (K^M, 2). */
function allDecodes(heads, size, compose) {
  const tokens = heads.tables.reduce((all) => all.flatMap((token) => Array.from({ length: size }, (_, k) => [...token, k])), [[]]);
  return tokens.map((token) => combineHeads(token, heads.tables, heads.output, compose));
}

function fit(state) {
  return {
    ...state,
    heads: among(state.heads, HEADS),
    size: Math.round(clamp(state.size, 2, MOST)),
    compose: among(state.compose, ["concatenate", "sum"]),
    looks: Array.from({ length: 3 }, (_, head) => (((state.looks[head] ?? 60 * head) % 180) + 180) % 180),
    at: state.at.length === 2 ? state.at : [0, 0],
  };
}

function find({ heads: count, size, compose, looks, at }) {
  const many = Number(count);
  const directions = looks.slice(0, many).map((angle) => [Math.cos(angle * RADIANS), Math.sin(angle * RADIANS)]);
  const heads = headsOf(directions, size, compose);
  const decode = (z) => combineHeads(encodeHeads(z, heads.views, heads.tables), heads.tables, heads.output, compose);
  const error = meanDistance(CLOUD, CLOUD.map(decode));
  const token = encodeHeads(at, heads.views, heads.tables);
  const alone = directions.map((w, head) => errorOfView(w, heads.values[head]));
  const words =
    `${many} heads of ${size} codes: ${size ** many} tokens, ${(many * Math.log2(size)).toFixed(2)} bits. The latent's token is ${token.join(", ")}. ` +
    `Quantization error of the cloud ${error.toFixed(4)}, the codes ${compose === "sum" ? "summed" : "side by side"}.`;
  const facts = {
    error: error.toFixed(4),
    token: token.join(" "),
    tokens: size ** many,
    heads: many,
    stored: many * size,
    compose,
  };
  return { words, facts, directions, token, decode: decode(at), alone, error, values: heads.values, decodes: allDecodes(heads, size, compose) };
}

function move(state, id, x, y) {
  if (id === "latent") return { ...state, at: [x, y] };
  const head = Number(id.split("-")[1]);
  const looks = state.looks.map((angle, one) => (one === head ? Math.atan2(y, x) / RADIANS : angle));
  return { ...state, looks };
}

const along = ([x, y], far) => [x * far, y * far];

/** What a head sees: its line, its codes, where the latent falls on it, and all the places that its code can mean. */
function drawHead(ctx, scene, head) {
  const { found, plane, theme, state, lit } = scene;
  const [w, colour] = [found.directions[head], headColour(head)];
  drawLine(ctx, plane.at(...along(w, -FAR)), plane.at(...along(w, FAR)), colour, { width: 1.5 });
  const value = found.values[head][found.token[head]];
  const [cx, cy] = along(w, value);
  drawLine(ctx, plane.at(cx - w[1] * FAR, cy + w[0] * FAR), plane.at(cx + w[1] * FAR, cy - w[0] * FAR), colour, { width: 1.5, dash: [1, 5] });
  const foot = plane.at(...along(w, dot(w, state.at)));
  drawLine(ctx, plane.at(...state.at), foot, theme.muted, { dash: [4, 4] });
  found.values[head].forEach((one, k) => {
    const [x, y] = plane.at(...along(w, one));
    const chosen = k === found.token[head];
    drawCode(ctx, theme, x, y, { code: k, colour, r: chosen ? CODE_PX : 9, lit: chosen });
  });
  const [kx, ky] = plane.at(...along(w, KNOB));
  drawPoint(ctx, theme, kx, ky, { colour, lit: lit === `head-${head}`, r: 9 });
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  drawAxes(ctx, scene);
  drawDots(ctx, plane, CLOUD, theme.muted, { r: 2, alpha: 0.45 });
  drawDots(ctx, plane, found.decodes, theme.accent, { r: 3, alpha: 0.7 });
  found.directions.forEach((_, head) => drawHead(ctx, scene, head));
  const [latent, decode] = [plane.at(...state.at), plane.at(...found.decode)];
  drawLine(ctx, latent, decode, theme.ink, { width: 2 });
  drawDecode(ctx, theme, ...decode, { r: 7 });
  drawPoint(ctx, theme, ...latent, { lit: lit === "latent", r: 7 });
  const knobs = found.directions.map((w) => plane.at(...along(w, KNOB)));
  const codes = found.directions.flatMap((w, head) => found.values[head].map((one) => [...plane.at(...along(w, one)), CODE_PX]));
  drawNames(
    ctx,
    scene,
    [
      { text: "latent", mark: latent },
      { text: "decoded", mark: decode, towards: 0.8, colour: theme.accent },
      ...knobs.map((mark, head) => ({ text: `head ${head + 1}`, mark, r: 9, towards: -looksAt(found, head), colour: headColour(head) })),
    ],
    [[...latent, 8], [...decode, 8], ...knobs.map((mark) => [...mark, 10]), ...codes],
  );
}

const looksAt = ({ directions }, head) => Math.atan2(directions[head][1], directions[head][0]);

function drawErrors(ctx, scene) {
  const { alone, error } = scene.found;
  const rows = alone.map((value, head) => ({ text: `head ${head + 1}, its view`, value, said: value.toFixed(3), colour: headColour(head) }));
  rows.push({ text: "decoded, an axis", value: error, said: error.toFixed(3), colour: scene.theme.accent });
  drawBars(ctx, scene, rows, { most: Math.max(0.1, error), left: 116 });
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1.75 },
  first: { heads: "2", size: 4, compose: "concatenate", looks: [20, 110, 65], at: [0.95, 0.72] },
  fit,
  find,
  handles: ({ at, looks, heads }) => [
    ...looks.slice(0, Number(heads)).map((angle, head) => {
      const [x, y] = along([Math.cos(angle * RADIANS), Math.sin(angle * RADIANS)], KNOB);
      return { id: `head-${head}`, name: `where head ${head + 1} looks`, x, y };
    }),
    { id: "latent", name: "the latent", x: at[0], y: at[1] },
  ],
  move,
  controls: [
    {
      kind: "choice",
      name: "heads",
      label: "Heads",
      options: HEADS.map((id) => ({ id, label: id })),
    },
    { kind: "range", name: "size", label: "Codes a head", min: 2, max: MOST },
    {
      kind: "choice",
      name: "compose",
      label: "Put together",
      options: [
        { id: "concatenate", label: "side by side", title: "Concatenated: the output sees each head's code" },
        { id: "sum", label: "summed", title: "The output sees their sum alone" },
      ],
    },
  ],
  draw,
  chart: { label: "What each head misses of its view, and what is missed of the latent", draw: drawErrors, height: 136 },
};
