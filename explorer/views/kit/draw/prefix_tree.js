// @ts-check
// A level of a tree of semantic ids as a band of boxes: as wide as the items that share the prefix.

import { countOf } from "../wire/format.js";
import { inkOn } from "./colours.js";
import { toX } from "./time.js";

const LEAST_PX = 0.5; // of a box that is drawn

/** nodes: of one level, {code, first, end}. palette: three bytes a code. band: {top, height}. */
export function drawBand(ctx, { window, width, theme }, nodes, palette, { top, height }) {
  ctx.font = `600 12px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const roomy = height >= 34;
  let last = -1; // boxes narrower than a pixel share it
  for (const { code, first, end } of nodes) {
    const [left, right] = [first, end].map((at) => toX(window, at, width));
    if (right < 0 || left > width || right - last < LEAST_PX) continue;
    last = right;
    const rgb = palette.subarray(3 * code, 3 * code + 3);
    ctx.fillStyle = `rgb(${rgb})`;
    ctx.fillRect(left, top, Math.max(1, right - left - (right - left > 4 ? 1 : 0)), height);
    const [from, to] = [Math.max(left, 0), Math.min(right, width)];
    if (to - from < 26) continue;
    ctx.fillStyle = inkOn(...rgb);
    ctx.fillText(code, (from + to) / 2, top + height / 2 - (roomy && to - from > 60 ? 8 : 0));
    if (roomy && to - from > 60) ctx.fillText(countOf(end - first, "item"), (from + to) / 2, top + height / 2 + 9);
  }
}
