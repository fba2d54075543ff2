// @ts-check
// What teaching cards are drawn of: codes as numbered discs, latents as small ones, arrows, names, cells, bars and lines.
// Colours are those of Tol's bright scheme, told apart by colour-blind eyes; a number or a name always says the same.

import { splitSymbols } from "../written.js";

export const COLOURS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#e08f3c", "#8c8c96"];
export const colourOf = (code) => COLOURS[code % COLOURS.length];
export const CODE_PX = 12; // radius of a code
export const POINT_PX = 6; // of a latent
const TINT = 0.17; // of a code's colour in its cell
const HEAD_PX = 9;
const [INDEX, LOWER] = [0.75, 0.3]; // how large the index of a name is, and how far below the line, in sizes of the name

function disc(ctx, x, y, r) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
}

/** A ring around what is held or pointed at. */
export function drawRing(ctx, theme, x, y, r) {
  disc(ctx, x, y, r);
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 2;
  ctx.stroke();
}

/** A code: a disc with its number. lit: it is held or pointed at. */
export function drawCode(ctx, theme, x, y, { code, text = String(code), colour = colourOf(code), lit = false, r = CODE_PX }) {
  disc(ctx, x, y, r + 2);
  ctx.fillStyle = theme.surface;
  ctx.fill();
  disc(ctx, x, y, r);
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.font = `700 12px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = inkOnColour(colour);
  ctx.fillText(text, x, y + 0.5);
  if (lit) drawRing(ctx, theme, x, y, r + 4);
}

/** Near black or white, whichever reads better on "#rrggbb". Pure. */
export function inkOnColour(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 150 ? "#14171e" : "#ffffff";
}

/** Whether the page is dark. Pure. */
export const isDark = ({ surface }) => inkOnColour(surface) === "#ffffff";

/** A latent: a small disc, rimmed. */
export function drawPoint(ctx, theme, x, y, { colour = theme.ink, lit = false, r = POINT_PX }) {
  disc(ctx, x, y, r);
  ctx.fillStyle = theme.surface;
  ctx.fill();
  disc(ctx, x, y, r - 1);
  ctx.fillStyle = colour;
  ctx.fill();
  disc(ctx, x, y, r - 0.75);
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  if (lit) drawRing(ctx, theme, x, y, r + 4);
}

/** A line, `dash` for what is thought rather than there. */
export function drawLine(ctx, [x0, y0], [x1, y1], colour, { width = 1.5, dash = [] } = {}) {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.restore();
}

/** An arrow with a filled head, which leaves `clear` pixels at its foot; one that is too short to point is not drawn. */
export function drawArrow(ctx, [a, b], [x1, y1], colour, { width = 3, dash = [], clear = 0 } = {}) {
  const whole = Math.hypot(x1 - a, y1 - b);
  if (whole < clear + 3) return;
  const [x0, y0] = [a + (clear * (x1 - a)) / whole, b + (clear * (y1 - b)) / whole];
  const length = whole - clear;
  ctx.save();
  ctx.fillStyle = colour;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const head = Math.min(HEAD_PX + width, length);
  const [bx, by] = [x1 - head * ux, y1 - head * uy];
  drawLine(ctx, [x0, y0], [bx, by], colour, { width, dash });
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(bx - 0.5 * head * uy, by + 0.5 * head * ux);
  ctx.lineTo(bx + 0.5 * head * uy, by - 0.5 * head * ux);
  ctx.fill();
  ctx.restore();
}

/** A name beside a mark, on a halo of the surface, kept inside the picture. */
export function drawName(ctx, { theme, W, H }, text, x, y, { colour = theme.ink, align = "left", bold = true, size = 13 } = {}) {
  ctx.save();
  const runs = runsOf(ctx, text, size, (px) => `${bold ? 600 : 400} ${px}px ${theme.font}`);
  const width = runs.reduce((sum, one) => sum + one.width, 0);
  const left = align === "left" ? x : align === "right" ? x - width : x - width / 2;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = theme.surface;
  const at = [Math.min(Math.max(left, 6), Math.max(6, W - width - 6)), Math.min(Math.max(y, 12), H - 12)];
  ctx.fillStyle = colour;
  for (const act of ["strokeText", "fillText"])
    runs.reduce((from, { part, font, below, width: wide }) => {
      ctx.font = font;
      ctx[act](part, from, at[1] + below);
      return from + wide;
    }, at[0]);
  ctx.restore();
}

/** A name in parts: of "z_e" the index is smaller and lower. fontOf(px). -> [{part, font, below, width}] */
function runsOf(ctx, text, size, fontOf) {
  const [whole, small] = [fontOf(size), fontOf(Math.round(INDEX * size))];
  const runs = splitSymbols(text).map((part, i) => (i % 3 === 2 ? { part, font: small, below: LOWER * size } : { part, font: whole, below: 0 }));
  return runs
    .filter(({ part }) => part)
    .map((run) => {
      ctx.font = run.font;
      return { ...run, width: ctx.measureText(run.part).width };
    });
}

const TURNS = [0, -0.9, 0.9, -1.7, 1.7]; // about a mark, of its name, where another name is
const NAME_ROOM = [40, 18]; // px between the middles of two names

/** Where a name stands beside a mark: away from where its arrow goes, below it where there is none, and off the middles of
 *  other names. Pure. @param {number[]} mark  @param {number[]} tip  @param {number[][]} [taken] */
export function placeOpposite([x, y], [tx, ty], taken = [], away = 28) {
  const back = Math.hypot(tx - x, ty - y) > 3 ? Math.atan2(y - ty, x - tx) : Math.PI / 2;
  const places = TURNS.map((turn) => [x + away * Math.cos(back + turn), y + away * Math.sin(back + turn)]);
  const isFree = (place) => taken.every((one) => Math.abs(place[0] - one[0]) >= NAME_ROOM[0] || Math.abs(place[1] - one[1]) >= NAME_ROOM[1]);
  return places.find(isFree) ?? places[0];
}

/** A name beside a mark: see placeOpposite. */
export function drawNameOpposite(ctx, scene, text, mark, tip, taken = []) {
  const [x, y] = placeOpposite(mark, tip, taken);
  drawName(ctx, scene, text, x, y, { align: "center" });
}

/** A ring to take hold of, such as at the tip of an arrow. */
export function drawGrip(ctx, theme, x, y, { colour, lit = false }) {
  disc(ctx, x, y, 8);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  if (lit) drawRing(ctx, theme, x, y, 12);
}

/** Cells of kit/draw/voronoi.js, each tinted in the colour of its code, and the lines between them. */
export function drawCells(ctx, { theme, plane }, { start, xy }, { colour = colourOf, lit = null } = {}) {
  for (let k = 0; k + 1 < start.length; k++) {
    if (start[k + 1] === start[k]) continue;
    ctx.beginPath();
    for (let i = start[k]; i < start[k + 1]; i++) {
      const [x, y] = plane.at(xy[2 * i], xy[2 * i + 1]);
      if (i === start[k]) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    }
    ctx.closePath();
    ctx.globalAlpha = lit === k ? 2 * TINT : TINT;
    ctx.fillStyle = colour(k);
    ctx.fill();
    ctx.globalAlpha = 0.55;
    ctx.strokeStyle = theme.muted;
    ctx.lineWidth = 1;
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

/** The two axes through the origin, quiet. */
export function drawAxes(ctx, { theme, plane, W, H }) {
  const [x, y] = plane.at(0, 0).map((one) => Math.round(one) + 0.5);
  drawLine(ctx, [x, 0], [x, H], theme.line, { width: 1 });
  drawLine(ctx, [0, y], [W, y], theme.line, { width: 1 });
}

/** Bars that lie, one a row: [{text, value, said, colour}], value of `most`. */
export function drawBars(ctx, { theme, W, H }, rows, { most = 1, left = 64, right = 58 } = {}) {
  const step = Math.min(30, (H - 12) / Math.max(rows.length, 1));
  const height = Math.min(16, step - 4);
  const top = Math.max(6, (H - step * rows.length) / 2);
  ctx.font = `12px ${theme.font}`;
  ctx.textBaseline = "middle";
  rows.forEach(({ text, value, said, colour }, row) => {
    const y = top + step * (row + 0.5);
    ctx.textAlign = "right";
    ctx.fillStyle = theme.muted;
    ctx.fillText(text, left - 8, y);
    const room = Math.max(W - left - right, 1);
    ctx.fillStyle = theme.line;
    ctx.fillRect(left, y - height / 2, room, height);
    ctx.fillStyle = colour;
    ctx.fillRect(left, y - height / 2, room * Math.min(Math.max(value / most, 0), 1), height);
    ctx.textAlign = "left";
    ctx.fillStyle = theme.ink;
    ctx.fillText(said, W - right + 8, y);
  });
}

/** A place that is no code: a diamond. */
export function drawDiamond(ctx, theme, x, y, { colour, r = 6 }) {
  ctx.beginPath();
  ctx.moveTo(x, y - r);
  ctx.lineTo(x + r, y);
  ctx.lineTo(x, y + r);
  ctx.lineTo(x - r, y);
  ctx.closePath();
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.strokeStyle = theme.surface;
  ctx.lineWidth = 1.5;
  ctx.stroke();
}

/** The angle at a place between two directions, in units of the plane: an arc with its size, and where that is written. */
export function drawAngle(ctx, scene, [x, y], a, b, { text, colour, r = 34 }) {
  const { plane, theme } = scene;
  const [px, py] = plane.at(x, y);
  const [from, to] = [Math.atan2(-a[1], a[0]), Math.atan2(-b[1], b[0])]; // the screen's y points down
  const turn = ((to - from + 3 * Math.PI) % (2 * Math.PI)) - Math.PI;
  drawLine(ctx, [px, py], [px + 1.5 * r * Math.cos(from), py + 1.5 * r * Math.sin(from)], theme.muted, { dash: [2, 4] });
  ctx.beginPath();
  ctx.arc(px, py, r, from, from + turn, turn < 0);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  const middle = from + turn / 2;
  const name = [px + (r + 16) * Math.cos(middle), py + (r + 14) * Math.sin(middle)];
  drawName(ctx, scene, text, name[0], name[1], { colour, align: "center" });
  return name;
}

/** The convex hull of some places, counter-clockwise (Andrew's monotone chain). Pure. */
export function hullOf(places) {
  const sorted = [...places].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turns = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (list) => {
    const chain = [];
    for (const place of list) {
      while (chain.length > 1 && turns(chain.at(-2), chain.at(-1), place) <= 0) chain.pop();
      chain.push(place);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

/** The convex hull, quietly filled. */
export function drawHull(ctx, { theme, plane }, places) {
  ctx.beginPath();
  hullOf(places).forEach((place, i) => {
    const [x, y] = plane.at(place[0], place[1]);
    if (i === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  });
  ctx.closePath();
  ctx.fillStyle = theme.raised;
  ctx.fill();
  ctx.strokeStyle = theme.bar;
  ctx.lineWidth = 1;
  ctx.stroke();
}

/** Many latents that are not dragged: dots of a colour each. */
export function drawDots(ctx, { theme, plane }, places, colour, r = 3.5) {
  ctx.strokeStyle = theme.surface;
  ctx.lineWidth = 1;
  places.forEach((place, i) => {
    const [x, y] = plane.at(place[0], place[1]);
    disc(ctx, x, y, r);
    ctx.fillStyle = colour(i);
    ctx.fill();
    ctx.stroke();
  });
}
