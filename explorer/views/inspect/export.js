// @ts-check
// What the inspect view gives to take away: each panel as PNG, the histogram and the map as CSV. All in the browser.

import { csv, fileStem } from "../kit/wire/format.js";

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Base and highlight of a panel on the page's own background, as seen. */
export function savePanel(panel, theme, ...nameParts) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: panel.base.width, height: panel.base.height });
  const ctx = canvas.getContext("2d");
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.drawImage(panel.base, 0, 0);
  ctx.drawImage(panel.overlay, 0, 0);
  canvas.toBlob((blob) => blob && save(blob, `${fileStem(...nameParts)}.png`), "image/png");
}

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

export function saveText(text, ...nameParts) {
  save(new Blob([text], { type: "text/csv;charset=utf-8" }), `${fileStem(...nameParts)}.csv`);
}
