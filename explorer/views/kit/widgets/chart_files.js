// @ts-check
// Files of a chart: a picture that stands by itself, and lines that can be edited. files: {stem(), about()}, see chartFigure.

import { readTheme } from "../draw/colours.js";
import { h } from "./dom.js";
import { saveCanvas, saveText } from "../wire/files.js";
import { figureCanvas } from "./panel.js";

/** What it is about, the chart, and the words with their denominators. */
export async function saveChartPng(chart, files, words) {
  const image = new Image();
  image.src = await chart.picture("png");
  await image.decode();
  const canvas = h("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  canvas.getContext("2d").drawImage(image, 0, 0);
  saveCanvas(figureCanvas([canvas], readTheme(chart.element), files.about(), words), `${files.stem()}.png`);
}

export async function saveChartSvg(chart, files) {
  const address = await chart.picture("svg");
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  saveText(text, `${files.stem()}.svg`, "image/svg+xml");
}
