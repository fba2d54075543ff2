// @ts-check
// What the inspect view gives to take away: each panel as PNG, the histogram and the map as CSV. All in the browser.

import { mergeLayers, saveCanvas, saveText } from "../kit/wire/files.js";
import { csv, fileStem } from "../kit/wire/format.js";

/** Base and highlight of a panel on the page's own background, as seen. */
export const savePanel = (panel, theme, ...nameParts) => saveCanvas(mergeLayers(Object.values(panel.canvases), theme.surface), `${fileStem(...nameParts)}.png`);

/** Rank, code, counts: every code of the level, in rank order. Pure. */
export function usageTable(level, usage) {
  const header = ["rank", "code", "tokens_here", "share_here"];
  if (level.training) header.push("tokens_in_training");
  const rows = Array.from(usage.order, (code, r) => {
    const here = level.here.counts[code];
    const row = [r + 1, code, here, here / Math.max(level.here.total, 1)];
    return level.training ? [...row, level.training.counts[code]] : row;
  });
  return csv(header, rows);
}

/** Code, position, count: every drawn code of a map. Pure. */
export function mapTable(map, level) {
  const rows = Array.from(map.codes, (code, i) => [code, map.raw[2 * i], map.raw[2 * i + 1], level.here.counts[code]]);
  return csv(["code", `${map.kind}_x`, `${map.kind}_y`, "tokens_here"], rows);
}

/** Text of a table, in a file named by `nameParts`. */
export const saveTable = (text, ...nameParts) => saveText(text, `${fileStem(...nameParts)}.csv`);
