// @ts-check
// A plot of the codebook page: pixel scales, linear or logarithmic, and the drawing of its axes.

import { compact, logTicks, niceTicks } from "./ticks.js";
import { smallText } from "./text.js";

const MARGIN = { left: 48, right: 14, top: 12, bottom: 36 };

/** One axis: low < high (log: low > 0) over `from`..`to` pixels -> {at(value), value(pixel), ticks, low, high, log}. Pure. */
export function axis(low, high, from, to, log = false) {
  const turn = log ? Math.log : (value) => value;
  const back = log ? Math.exp : (value) => value;
  const [a, b] = [turn(low), turn(high)];
  const wide = b > a ? b - a : 1;
  const wanted = Math.max(2, Math.abs(to - from) / (log ? 45 : 80));
  return {
    ...{ low, high, log, from, to },
    at: (value) => from + ((turn(value) - a) / wide) * (to - from),
    value: (pixel) => back(a + ((pixel - from) / (to - from)) * wide),
    ticks: log ? logTicks(low, high, wanted) : niceTicks(low, high, wanted),
  };
}

/** Box of a plot on a stage of W x H: {left, right, top, bottom}. Pure. */
export const plotBox = ({ W, H }) => ({
  left: MARGIN.left,
  right: Math.max(W - MARGIN.right, MARGIN.left + 1),
  top: MARGIN.top,
  bottom: Math.max(H - MARGIN.bottom, MARGIN.top + 1),
});

/** Lines at the ticks of y, numbers at both axes, and the name of each: y above its numbers, x below. */
export function drawAxes(ctx, theme, box, x, y, names) {
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.line;
  for (const tick of y.ticks) {
    const at = Math.round(y.at(tick)) + 0.5;
    line(ctx, [box.left, at, box.right, at]);
    smallText(ctx, theme, compact(tick), box.left - 6, at, "right");
  }
  for (const tick of x.ticks) {
    const at = Math.round(x.at(tick)) + 0.5;
    line(ctx, [at, box.bottom, at, box.bottom + 4]);
    smallText(ctx, theme, compact(tick), Math.min(at, box.right - 6), box.bottom + 12, "center");
  }
  smallText(ctx, theme, names.x, (box.left + box.right) / 2, box.bottom + 27, "center");
  ctx.save();
  ctx.translate(8, (box.top + box.bottom) / 2);
  ctx.rotate(-Math.PI / 2);
  smallText(ctx, theme, names.y, 0, 0, "center");
  ctx.restore();
}

/** A polyline through [x, y, x, y, ...]. look: {colour, width, dash}. */
export function line(ctx, points, { colour = null, width = null, dash = [] } = {}) {
  if (colour) ctx.strokeStyle = colour;
  if (width) ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  for (let i = 0; i < points.length; i += 2) ctx[i === 0 ? "moveTo" : "lineTo"](points[i], points[i + 1]);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** Keep drawing inside the box. */
export function clipTo(ctx, { left, right, top, bottom }, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left - 4, top - 4, right - left + 8, bottom - top + 8);
  ctx.clip();
  draw();
  ctx.restore();
}
