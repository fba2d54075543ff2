// @ts-check
// The legend of the map: the colour scale with its unit, the shapes of the states, and what the size means.

import { significant } from "../../kit/wire/words.js";
import { colormap } from "../../kit/draw/colormaps.js";
import { helpTerms } from "../../kit/page/help.js";
import { h } from "../../kit/widgets/dom.js";
import { whole } from "../../kit/wire/format.js";
import { compact, logTicks, niceTicks } from "../../kit/draw/ticks.js";
import { drawMark } from "./marks.js";
import { groupsOf, tally, termsOf } from "../states.js";

const KEY_PX = 18;

/** A mark as it stands on the map, for the legend. */
function key(state, fill, theme) {
  const canvas = h("canvas", { class: "cm-key", "aria-hidden": "true" });
  const dpr = Math.min(globalThis.devicePixelRatio || 1, 2);
  canvas.width = canvas.height = KEY_PX * dpr;
  const ctx = canvas.getContext("2d");
  ctx.scale(dpr, dpr);
  ctx.translate(KEY_PX / 2, KEY_PX / 2);
  drawMark(ctx, state, fill, 5, theme);
  return canvas;
}

/** Numbers along a colour scale: [{at: 0..1, text}]. */
export function scaleTicks(scale) {
  const { low, high, log } = scale;
  if (!(high > low)) return [{ at: 0.5, text: log ? whole(high) : significant(high) }];
  const ticks = log ? logTicks(low, high, 4) : niceTicks(low, high, 4);
  return ticks.map((x) => ({ at: scale.share(x), text: compact(x) }));
}

function ramp(scale) {
  const stops = Array.from({ length: 9 }, (_, i) => `rgb(${colormap(scale.colours, i / 8).join(",")})`);
  const bar = h("span", { class: "cm-ramp", style: `background: linear-gradient(90deg, ${stops.join(", ")})` });
  const ticks = scaleTicks(scale).map(({ at, text }) => h("span", { style: `left: ${(100 * at).toFixed(2)}%` }, text));
  return h("div", { class: "cm-scale" }, bar, h("div", { class: "cm-ticks" }, ...ticks));
}

/** Fill `element`: scale is null when states are the colours; sizes: what the area of a mark means, or "";
 *  terms: ids of the help beside those of the states. */
export function drawLegend(element, { scale, colours, level, sizes, marks, theme, terms = [] }) {
  const parts = [];
  if (scale) parts.push(h("p", {}, h("b", {}, `Colour: ${scale.title}`), ` (${scale.unit})`), ramp(scale));
  if (sizes) parts.push(h("p", {}, h("b", {}, `Area: ${sizes.title}`), ` (${sizes.bare})`));
  if (marks) {
    const middle = colours[Math.floor(colours.length / 2)];
    const groups = groupsOf(level, tally(level.state)).filter(({ count }) => count > 0);
    const each = groups.map(({ state, word, count }) =>
      h("span", { class: "cm-state" }, key(state, scale ? middle : colours[state], theme), `${word} ${whole(count)}`),
    );
    parts.push(h("div", { class: "cm-states" }, ...each));
  }
  parts.push(helpTerms([...terms, ...(marks ? termsOf(level) : [])]));
  element.replaceChildren(...parts);
}
