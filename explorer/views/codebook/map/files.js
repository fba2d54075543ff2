// @ts-check
// What the map gives to take away: the picture as PNG or SVG, its codes as CSV.

import { saveChartPng, saveChartSvg } from "../../kit/widgets/chart_files.js";
import { saveCanvases, saveCsv, stemOf, titleOf } from "../../kit/widgets/panel.js";
import { saveText } from "../../kit/wire/files.js";
import { boxOfDensity } from "./draw.js";
import { mapSvg } from "./export.js";
import { cornerTable, honesty, mapTable } from "./words.js";

/** A canvas that cannot be asked for an address, as the address of a PNG. */
function pictureOf(source) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: source.width, height: source.height });
  canvas.getContext("2d").drawImage(source, 0, 0);
  return canvas.toDataURL("image/png");
}

/** The sphere is a chart, whose files are as of all charts. */
const chartFiles = (bus) => ({ stem: () => stemOf(bus, "map", "sphere"), about: () => titleOf(bus) });

export function saveMapPng({ bus, map, picture, sphere, theme }) {
  if (!map) return;
  if (map.kind === "sphere") saveChartPng(sphere.chart, chartFiles(bus), map.notes);
  else saveCanvases(bus, Object.values(picture.stage.canvases), theme.surface, "map", map.kind);
}

export function saveMapCsv({ bus, map, bits }) {
  const level = bus.level();
  if (!map || !level) return;
  const text = map.kind === "sphere" ? cornerTable(map.sums, bits.chosen, level.tokens) : mapTable(map, level);
  saveCsv(bus, text, "map", map.kind);
}

export function saveMapSvg({ bus, map, picture, sphere, chosen }) {
  if (map?.kind === "sphere") return saveChartSvg(sphere.chart, chartFiles(bus));
  const frame = map ? picture.stage.frame() : null;
  if (!frame) return undefined;
  const { look } = picture;
  const layers = [];
  if (map.raster) layers.push({ canvas: look.cache.regions, box: [map.raster.left, map.raster.top, map.raster.right, map.raster.bottom], smooth: false });
  if (map.density && chosen.latents) layers.push({ canvas: look.cache.density, box: boxOfDensity(map.density), smooth: true });
  const lines = [...honesty(map, bus.level(), chosen.latents).map(([what, words]) => `${what}: ${words}`), ...map.notes];
  const title = `${bus.open.tokenizer?.title ?? "Codebook"}, ${map.kind}`;
  const text = mapSvg(map, frame, look, { title, lines, layers, picture: pictureOf });
  saveText(text, `${stemOf(bus, "map", map.kind)}.svg`, "image/svg+xml");
  return undefined;
}
