// @ts-check
// Card: product quantization. Each axis has codes of its own, and the cells are a grid; the grid can be turned (OPQ).

import { blobs, errorOfValues, fitValues, seededNormal, turnPoint } from "../arithmetic/clouds.js";
import { angleOf, decodeProduct, encodeProduct, fitTurn, rotationBy } from "../arithmetic/product.js";
import { times } from "../arithmetic/vectors.js";
import { COLOURS, drawArrow, drawCode, drawLine, drawName, drawPoint } from "./marks.js";
import { drawCurve, drawDecode, drawDots } from "./shapes.js";
import { among, clamp } from "./state.js";

const MOST = 8; // codes an axis
const RADIANS = Math.PI / 180;
const TILT = 27; // degrees, of the grid of blobs
const KNOB = 1.42; // how far out the handle of the first axis is
const FIRST_AXIS = COLOURS[0];
const SECOND_AXIS = COLOURS[1];
const STEADY = 0.05; // degrees: a turn of OPQ that is smaller is its last
const FAR = 4; // half the length of a border, which goes past the picture

const GRID = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => turnPoint([(i - 1.5) * 0.63, (j - 1.5) * 0.63], TILT * RADIANS)));
const normal = seededNormal(5);
export const CLOUDS = {
  grid: blobs(GRID, 320, 0.07, 3),
  long: Array.from({ length: 300 }, () => turnPoint([0.75 * normal(), 0.16 * normal()], 35 * RADIANS)),
};

const known = new Map();

/** Codes of both axes, each fitted to the cloud as it is seen at that angle, and the mean squared distance per axis: a
 *  rotation keeps distances, so it is that of the axes by themselves. */
export function fitted(cloud, first, second, angle) {
  const rotation = rotationBy(angle * RADIANS);
  const seen = CLOUDS[cloud].map((z) => times(z, rotation));
  const axes = [first, second].map((size, axis) => {
    const values = seen.map((z) => z[axis]);
    const codes = fitValues(values, size);
    return { codes, error: errorOfValues(values, codes) };
  });
  const tables = axes.map(({ codes }) => codes.map((value) => [value]));
  return { rotation, tables, error: (axes[0].error + axes[1].error) / 2 };
}

/** The error at each whole angle from -90 to 90. */
function curveOf(cloud, first, second) {
  const key = `${cloud} ${first} ${second}`;
  if (!known.has(key))
    known.set(
      key,
      Array.from({ length: 181 }, (_, i) => fitted(cloud, first, second, i - 90).error),
    );
  return known.get(key);
}

/** The whole angle with the least error that is nearest to where the grid stands. */
export function bestAngle({ cloud, first, second, angle }) {
  const curve = curveOf(cloud, first, second);
  const least = Math.min(...curve);
  const angles = curve.flatMap((error, i) => (error <= least * 1.0001 ? [i - 90] : []));
  return angles.reduce((best, one) => (Math.abs(one - angle) < Math.abs(best - angle) ? one : best));
}

/** The angle after one turn of OPQ: the codes are fitted, then the rotation to the codes; null where it stays. */
export function turnOnce({ cloud, first, second, angle }) {
  const { rotation, tables } = fitted(cloud, first, second, angle);
  const turned = angleOf(fitTurn(CLOUDS[cloud], tables, rotation).rotation) / RADIANS;
  return Math.abs(turned - angle) < STEADY ? null : turned;
}

function fit(state) {
  return {
    ...state,
    cloud: among(state.cloud, Object.keys(CLOUDS)),
    first: Math.round(clamp(state.first, 1, MOST)),
    second: Math.round(clamp(state.second, 1, MOST)),
    angle: clamp(state.angle, -90, 90),
    at: state.at.length === 2 ? state.at : [0, 0],
  };
}

function find({ cloud, first, second, angle, at }) {
  const { rotation, tables, error } = fitted(cloud, first, second, angle);
  const token = encodeProduct(at, tables, rotation);
  const decode = decodeProduct(token, tables, rotation);
  const cells = first * second;
  const words =
    `${first} + ${second} stored codes make ${first} x ${second} = ${cells} cells, ${Math.log2(cells).toFixed(2)} bits a token. ` +
    `The grid is turned by ${angle.toFixed(0)} degrees; the quantization error of the cloud is ${error.toFixed(4)}. The latent's token is the pair ${token.join(", ")}.`;
  const facts = { error: error.toFixed(4), angle: angle.toFixed(1), cells, stored: first + second, token: token.join(" "), cloud };
  return { words, facts, rotation, tables, token, decode, curve: curveOf(cloud, first, second) };
}

function move(state, id, x, y) {
  if (id === "latent") return { ...state, at: [x, y] };
  const angle = Math.atan2(y, x) / RADIANS;
  return { ...state, angle: angle > 90 ? angle - 180 : angle < -90 ? angle + 180 : angle };
}

/** A place of the turned grid on the screen. */
const placed = ({ plane, state }, along, across) => plane.at(...turnPoint([along, across], state.angle * RADIANS));

const borders = (table) => table.slice(1).map(([value], k) => (value + table[k][0]) / 2);

/** The cell of the latent, as far as the picture goes. */
function drawCell(ctx, scene) {
  const { found, theme } = scene;
  const ends = found.tables.map((table, axis) => {
    const between = [-FAR, ...borders(table), FAR];
    return [between[found.token[axis]], between[found.token[axis] + 1]];
  });
  const [[left, right], [low, high]] = ends;
  ctx.save();
  ctx.beginPath();
  for (const corner of [
    [left, low],
    [right, low],
    [right, high],
    [left, high],
  ])
    ctx.lineTo(...placed(scene, ...corner));
  ctx.globalAlpha = 0.14;
  ctx.fillStyle = theme.accent;
  ctx.fill();
  ctx.restore();
}

function drawGrid(ctx, scene) {
  const { found, theme, plane, state } = scene;
  const line = { width: 1 };
  for (const border of borders(found.tables[0])) drawLine(ctx, placed(scene, border, -FAR), placed(scene, border, FAR), theme.bar, line);
  for (const border of borders(found.tables[1])) drawLine(ctx, placed(scene, -FAR, border), placed(scene, FAR, border), theme.bar, line);
  const crossings = found.tables[0].flatMap(([along]) => found.tables[1].map(([across]) => turnPoint([along, across], state.angle * RADIANS)));
  drawDots(ctx, plane, crossings, theme.surface, { r: 5.5 });
  drawDots(ctx, plane, crossings, theme.ink, { r: 4 });
}

/** The two turned axes, their codes, and the handle by which they are turned. */
function drawTurnedAxes(ctx, scene) {
  const { found, theme, state, lit } = scene;
  const ends = [placed(scene, KNOB, 0), placed(scene, 0, KNOB)];
  drawArrow(ctx, placed(scene, -KNOB, 0), ends[0], FIRST_AXIS, { width: 2 });
  drawArrow(ctx, placed(scene, 0, -KNOB), ends[1], SECOND_AXIS, { width: 2 });
  found.tables[0].forEach(([value], k) => drawCode(ctx, theme, ...placed(scene, value, 0), { code: k, colour: FIRST_AXIS, r: 9 }));
  found.tables[1].forEach(([value], k) => drawCode(ctx, theme, ...placed(scene, 0, value), { code: k, colour: SECOND_AXIS, r: 9 }));
  drawPoint(ctx, theme, ...ends[0], { colour: FIRST_AXIS, lit: lit === "axis", r: 9 });
  const [dx, dy] = turnPoint([26, 0], state.angle * RADIANS);
  drawName(ctx, scene, "turn", ends[0][0] + dx, ends[0][1] - dy, { colour: FIRST_AXIS, align: "center" });
}

function draw(ctx, scene) {
  const { state, found, plane, theme, lit } = scene;
  drawCell(ctx, scene);
  drawDots(ctx, plane, CLOUDS[state.cloud], theme.muted, { r: 2, alpha: 0.5 });
  drawGrid(ctx, scene);
  drawTurnedAxes(ctx, scene);
  const [latent, decode] = [plane.at(...state.at), plane.at(...found.decode)];
  drawLine(ctx, latent, decode, theme.ink, { dash: [4, 4] });
  drawDecode(ctx, theme, ...decode, { r: 6 });
  drawPoint(ctx, theme, ...latent, { lit: lit === "latent", r: 7 });
  drawName(ctx, scene, `latent: ${found.token.join(", ")}`, latent[0] + 13, latent[1] - 12);
}

function drawErrors(ctx, scene) {
  const { found, state } = scene;
  const points = found.curve.map((error, i) => [i - 90, error]);
  drawCurve(ctx, scene, points, { at: state.angle, said: "error by angle", ticks: [-90, -45, 0, 45, 90] });
}

/** @type {import("./card.js").Spec} */
export const SPEC = {
  window: { x: 0, y: 0, half: 1.7 },
  first: { cloud: "grid", first: 4, second: 4, angle: 0, at: [0.62, 0.36] },
  fit,
  find,
  handles: ({ at, angle }) => {
    const [x, y] = turnPoint([KNOB, 0], angle * RADIANS);
    return [
      { id: "axis", name: "the first axis, to turn the grid", x, y },
      { id: "latent", name: "the latent", x: at[0], y: at[1] },
    ];
  },
  move,
  controls: [
    {
      kind: "choice",
      name: "cloud",
      label: "Cloud",
      options: [
        { id: "grid", label: "tilted grid" },
        { id: "long", label: "long" },
      ],
    },
    { kind: "range", name: "first", label: "Codes, axis 1", min: 1, max: MOST },
    { kind: "range", name: "second", label: "Codes, axis 2", min: 1, max: MOST },
    { kind: "range", name: "angle", label: "Turn", min: -90, max: 90, words: (angle) => `${angle.toFixed(0)} degrees` },
    {
      kind: "play",
      label: "Turn as OPQ does",
      title: "Codes to the cloud, rotation to the codes, in turns, from where the grid stands",
      act: (state) => {
        const angle = turnOnce(state);
        return angle === null ? null : { ...state, angle };
      },
    },
    { kind: "button", label: "Best of all angles", title: "Tries every whole angle", act: (state) => ({ ...state, angle: bestAngle(state) }) },
  ],
  draw,
  chart: { label: "Quantization error by angle of the grid", draw: drawErrors, height: 150 },
};
