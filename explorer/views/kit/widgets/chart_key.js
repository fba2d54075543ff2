// @ts-check
// The key of a chart: what its series are called and how they look, in the page's own type, as wide as there is room.

import { h } from "./dom.js";

const SYMBOLS = {
  circle: "●",
  square: "■",
  diamond: "◆",
  hexagon: "⬢",
  "triangle-up": "▲",
  "triangle-down": "▼",
  "triangle-left": "◀",
  "x-thin-open": "✕",
  "cross-thin-open": "＋",
};
const DASHES = { dash: "dashed", dot: "dotted" };

/** Series that a key names: [{name, kind: "line" | "area" | "mark", colour, look}]; look: a border style or a sign. Pure. */
export function keyOf({ data, layout }) {
  if (!layout.showlegend) return [];
  return data
    .filter((trace) => trace.name && trace.showlegend !== false && trace.visible !== false)
    .map((trace) => {
      const { name, type, mode = "", line = {}, marker = {}, fillcolor } = trace;
      if (fillcolor) return { name, kind: "area", colour: fillcolor, look: "■" };
      if (mode.includes("lines")) return { name, kind: "line", colour: line.color, look: DASHES[line.dash] ?? "solid" };
      const sign = type === "bar" ? "■" : (SYMBOLS[marker.symbol ?? "circle"] ?? "●");
      return { name, kind: "mark", colour: typeof marker.color === "string" ? marker.color : null, look: sign };
    });
}

/** The key as the children of a list. Names come from the figure, escaped for plotly: read as text here. */
export function keyItems(figure) {
  return keyOf(figure).map(({ name, kind, colour, look }) => {
    const sign = kind === "line" ? h("span", { class: "ch-key-line" }) : h("span", { class: "ch-key-sign" }, look);
    if (kind === "line") sign.style.borderTopStyle = look;
    if (colour) sign.style.color = colour;
    sign.setAttribute("aria-hidden", "true");
    return h("li", {}, sign, plainText(name));
  });
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&#123;": "{", "&#36;": "$", "&amp;": "&" };

/** The text that plotly shows for an escaped name. Pure. */
export const plainText = (text) => text.replace(/&(?:lt|gt|amp|#123|#36);/g, (entity) => ENTITIES[entity]);
