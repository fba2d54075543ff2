// @ts-check
// What cards of composed codes are drawn of besides marks.js: many dots, a lens, and marks of what was decoded.

import { drawName } from "./marks.js";

export const LENS_SHARE = 0.3; // of the shorter side: the lens's width
const EDGE_PX = 12;

/** The end of a line from a to b that stops `by` pixels before b, where a mark is. Pure. */
export function shorten([x0, y0], [x1, y1], by) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const share = length > 0 ? Math.max(0, length - by) / length : 0;
  return /** @type {[number, number]} */ ([x0 + share * (x1 - x0), y0 + share * (y1 - y0)]);
}

/** Many small dots, quiet. */
export function drawDots(ctx, plane, points, colour, { r = 2, alpha = 1 } = {}) {
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (const [a, b] of points) {
    const [x, y] = plane.at(a, b);
    ctx.moveTo(x + r, y);
    ctx.arc(x, y, r, 0, 2 * Math.PI);
  }
  ctx.fill();
  ctx.restore();
}

/** Where the lens stands: the corner farthest from what it shows. {x, y, r} in pixels. Pure. */
export function lensPlace([px, py], W, H) {
  const r = (LENS_SHARE * Math.min(W, H)) / 2;
  const near = r + EDGE_PX;
  return { x: px > W / 2 ? near : W - near, y: py > H / 2 ? near : H - near, r };
}

/** A plane that shows the surroundings of `centre` at x, y, so many times as large. Pure. */
export function lensPlane(plane, centre, { x, y }, times) {
  const scale = plane.scale * times;
  return {
    ...plane,
    scale,
    at: (a, b) => [x + scale * (a - centre[0]), y - scale * (b - centre[1])],
    world: (px, py) => [centre[0] + (px - x) / scale, centre[1] - (py - y) / scale],
  };
}

/** A round lens over the surroundings of `centre`, and where they are in the picture: paint(inner scene) draws them. */
export function drawLens(ctx, scene, centre, times, paint) {
  const { plane, theme, W, H } = scene;
  const here = plane.at(...centre);
  const place = lensPlace(here, W, H);
  const circle = (x, y, r) => {
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
  };
  ctx.save();
  circle(here[0], here[1], place.r / times);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  ctx.stroke();
  circle(place.x, place.y, place.r);
  ctx.fillStyle = theme.surface;
  ctx.fill();
  ctx.clip();
  paint({ ...scene, plane: lensPlane(plane, centre, place, times) });
  ctx.restore();
  circle(place.x, place.y, place.r);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  const above = place.y > H / 2;
  drawName(ctx, scene, `${times} times as large`, place.x, place.y + (above ? -1 : 1) * (place.r + 12), { colour: theme.muted, align: "center", bold: false });
}

/** A place that was decoded: a cross in a ring, so that it is no latent and no code. */
export function drawDecode(ctx, theme, x, y, { colour = theme.accent, r = 7 } = {}) {
  ctx.save();
  ctx.lineCap = "round";
  for (const [ink, width] of [
    [theme.surface, 6],
    [colour, 3],
  ]) {
    ctx.strokeStyle = ink;
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.moveTo(x - r, y - r);
    ctx.lineTo(x + r, y + r);
    ctx.moveTo(x - r, y + r);
    ctx.lineTo(x + r, y - r);
    ctx.stroke();
  }
  ctx.restore();
}

/** A curve over x, filled below, and where it is now: points [x, y] in the order of x, ticks of x. */
export function drawCurve(ctx, { theme, W, H }, points, { at, said, ticks = [], left = 10, right = 10, top = 24, foot = 22 }) {
  const [first, last] = [points[0][0], points[points.length - 1][0]];
  const most = Math.max(...points.map(([, y]) => y)) || 1;
  const px = (x) => left + ((x - first) / (last - first)) * (W - left - right);
  const py = (y) => H - foot - (y / most) * (H - foot - top);
  ctx.font = `12px ${theme.font}`;
  ctx.textBaseline = "alphabetic";
  ctx.fillStyle = theme.muted;
  ctx.textAlign = "left";
  ctx.fillText(`${said}, 0 to ${most.toPrecision(2)}`, left, 14);
  const trace = () => {
    ctx.beginPath();
    for (const [x, y] of points) ctx.lineTo(px(x), py(y));
  };
  trace();
  ctx.lineTo(px(last), H - foot);
  ctx.lineTo(px(first), H - foot);
  ctx.globalAlpha = 0.14;
  ctx.fillStyle = theme.accent;
  ctx.fill();
  ctx.globalAlpha = 1;
  trace();
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 2;
  ctx.stroke();
  ctx.fillStyle = theme.line;
  ctx.fillRect(left, H - foot, W - left - right, 1);
  ctx.fillStyle = theme.muted;
  for (const tick of ticks) {
    ctx.textAlign = tick === first ? "left" : tick === last ? "right" : "center";
    ctx.fillText(String(tick), px(tick), H - 6);
  }
  const near = points.reduce((best, one) => (Math.abs(one[0] - at) < Math.abs(best[0] - at) ? one : best));
  ctx.fillStyle = theme.ink;
  ctx.fillRect(px(at) - 0.75, top, 1.5, H - foot - top);
  ctx.beginPath();
  ctx.arc(px(at), py(near[1]), 5, 0, 2 * Math.PI);
  ctx.fill();
}

/** A diamond: the middle of many, which is no latent of its own. */
export function drawDiamond(ctx, theme, x, y, { colour = theme.bar, lit = false, r = 8 } = {}) {
  ctx.beginPath();
  for (const [dx, dy] of [
    [0, -r],
    [r, 0],
    [0, r],
    [-r, 0],
  ])
    ctx.lineTo(x + dx, y + dy);
  ctx.closePath();
  ctx.fillStyle = lit ? theme.accent : colour;
  ctx.fill();
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 1.5;
  ctx.stroke();
}

/** Upright bars, one a code, that of the code `lit` in colour; a dashed line where all would be alike. */
export function drawColumns(ctx, { theme, W, H }, counts, { lit, said, even, left = 10, right = 10, top = 24, foot = 20 }) {
  const most = Math.max(...counts, 1.25 * even);
  const step = (W - left - right) / counts.length;
  const py = (count) => H - foot - (count / most) * (H - foot - top);
  ctx.font = `12px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.fillStyle = theme.muted;
  ctx.fillText(said, left, 14);
  counts.forEach((count, code) => {
    ctx.fillStyle = code === lit ? theme.accent : theme.bar;
    const gap = step > 6 ? 1 : 0.25;
    ctx.fillRect(left + step * code + gap, py(count), step - 2 * gap, H - foot - py(count));
  });
  ctx.fillStyle = theme.muted;
  ctx.fillRect(left, H - foot, W - left - right, 1);
  ctx.save();
  ctx.strokeStyle = theme.ink;
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(left, py(even));
  ctx.lineTo(W - right, py(even));
  ctx.stroke();
  ctx.restore();
  ctx.textAlign = "center";
  ctx.fillStyle = theme.accent;
  ctx.font = `600 12px ${theme.font}`;
  ctx.fillText(String(lit), Math.min(Math.max(left + step * (lit + 0.5), 14), W - 14), H - 5);
}
