// @ts-check
// A number by step, as a line with a dot each: for cards that go forward.

import { roundStep } from "../../kit/draw/ticks.js";

const [LEFT, RIGHT, TOP, BOTTOM] = [48, 14, 26, 26];

/** Values from 0 to their most. hollow(i): the dot of a value is only a ring.
 *  @param {CanvasRenderingContext2D} ctx @param {any} scene @param {number[]} values
 *  @param {{hollow?: (i: number) => boolean, name?: string, x?: string}} [options] */
export function drawHistory(ctx, { theme, W, H }, values, { hollow = () => false, name = "", x: below = "steps" } = {}) {
  const most = Math.max(...values, 1e-9);
  const x = (i) => LEFT + ((W - LEFT - RIGHT) * i) / Math.max(values.length - 1, 7);
  const y = (value) => H - BOTTOM - ((H - TOP - BOTTOM) * value) / (1.05 * most);
  const step = roundStep(most / 3);
  Object.assign(ctx, { font: `11px ${theme.font}`, textBaseline: "middle", lineWidth: 1, strokeStyle: theme.line, fillStyle: theme.muted, textAlign: "right" });
  for (let value = 0; values.length > 0 && value <= most * 1.001; value += step) {
    ctx.beginPath();
    ctx.moveTo(LEFT, Math.round(y(value)) + 0.5);
    ctx.lineTo(W - RIGHT, Math.round(y(value)) + 0.5);
    ctx.stroke();
    ctx.fillText(String(Number(value.toPrecision(6))), LEFT - 6, y(value));
  }
  ctx.textAlign = "left";
  ctx.fillText(name, 10, 12);
  ctx.textAlign = "right";
  ctx.fillText(values.length > 0 ? below : "", W - RIGHT, H - 10);
  if (values.length === 0) {
    ctx.textAlign = "center";
    ctx.fillText("Nothing has happened yet.", W / 2, H / 2);
    return;
  }
  ctx.beginPath();
  values.forEach((value, i) => (i === 0 ? ctx.moveTo(x(i), y(value)) : ctx.lineTo(x(i), y(value))));
  Object.assign(ctx, { strokeStyle: theme.accent, lineWidth: 1.5 });
  ctx.stroke();
  values.forEach((value, i) => {
    ctx.beginPath();
    ctx.arc(x(i), y(value), 3.5, 0, 2 * Math.PI);
    ctx.fillStyle = hollow(i) ? theme.surface : theme.accent;
    ctx.fill();
    ctx.stroke();
  });
}
