// @ts-check
// The map as SVG: what is on screen, as circles, squares and polygons; painted layers as one picture inside. Pure but for
// the picture.

import { shapeOf, HOLLOW } from "./marks.js";
import { borders } from "./model.js";
import { growth } from "./draw.js";

const n = (x) => Number(x.toFixed(2));

const LETTER_PX = 5.6; // of a line of text, on average

/** A line cut at spaces so that no part is longer than `most` letters. */
export function wrapWords(line, most) {
  const lines = [""];
  for (const word of line.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && last.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

const escapeText = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

function pointSvg(map, frame, look, i) {
  const [x, y] = frame.place(map.xy[2 * i], map.xy[2 * i + 1]);
  if (x < -16 || y < -16 || x > frame.W + 16 || y > frame.H + 16) return "";
  const code = map.codes[i];
  const { shade, colours, theme } = look;
  const fill = look.shade[i] === HOLLOW ? "none" : colours[shade[i]];
  const faded = look.faded(code) ? ' opacity="0.14"' : "";
  const title = `<title>code ${code}</title>`;
  if (map.cell) {
    const half = (map.cell * frame.s) / 2;
    return `<rect x="${n(x - half)}" y="${n(y - half)}" width="${n(2 * half)}" height="${n(2 * half)}" fill="${fill}" stroke="${theme.line}" stroke-width="0.5"${faded}>${title}</rect>`;
  }
  const { r, triangle, lines, dot, hollow } = shapeOf(look.state[code], look.radius[i] * growth(frame.view.zoom));
  const filled = !hollow && fill !== "none";
  const paint = `fill="${filled ? fill : "none"}" stroke="${filled ? theme.ink : theme.muted}" stroke-width="${filled ? 0.4 : 1}"`;
  const body = triangle ? `<polygon points="${triangle.map((corner) => corner.map(n).join(",")).join(" ")}" ${paint}/>` : `<circle r="${n(r)}" ${paint}/>`;
  const bars = lines.map((line) => `<path d="M${n(line[0])} ${n(line[1])}L${n(line[2])} ${n(line[3])}" stroke="${filled ? theme.surface : theme.muted}"/>`);
  const middle = dot ? `<circle r="${n(dot)}" fill="${theme.muted}"/>` : "";
  return `<g transform="translate(${n(x)} ${n(y)})"${faded}>${title}${body}${bars.join("")}${middle}</g>`;
}

function polygonSvg({ code, xy }, map, frame, look) {
  const points = [];
  for (let j = 0; j < xy.length; j += 2)
    points.push(
      frame
        .place(xy[j], xy[j + 1])
        .map(n)
        .join(","),
    );
  const fill = look.colours[look.shade[map.point[code]]] ?? look.theme.line;
  return `<polygon points="${points.join(" ")}" fill="${fill}" fill-opacity="0.32" stroke="${look.theme.muted}" stroke-opacity="0.5"/>`;
}

function bordersSvg({ codes, rows, cols, left, top, right, bottom }, frame, theme) {
  const at = (x, y) =>
    frame
      .place(left + (x / cols) * (right - left), top + (y / rows) * (bottom - top))
      .map(n)
      .join(" ");
  const lines = borders(codes, rows, cols).map(([x0, y0, x1, y1]) => `M${at(x0, y0)}L${at(x1, y1)}`);
  return `<path d="${lines.join("")}" stroke="${theme.ink}" stroke-opacity="0.5" fill="none"/>`;
}

/** picture(canvas) -> data URL of a painted layer. Layers: [{canvas, box: [left, top, right, bottom], smooth}]. */
export function mapSvg(map, frame, look, { title, lines, layers, picture }) {
  const { W, H } = frame;
  lines = lines.flatMap((line) => wrapWords(line, Math.floor((W - 16) / LETTER_PX)));
  const foot = 18 * lines.length + 10;
  const parts = [`<svg xmlns="http://www.w3.org/2000/svg" width="${W}" height="${H + foot}" viewBox="0 0 ${W} ${H + foot}" font-family="sans-serif">`];
  const [[x0, y0], [x1, y1]] =
    map.raster || map.polygons
      ? [frame.place(0, 0), frame.place(map.w, map.h)]
      : [
          [0, 0],
          [W, H],
        ];
  const clip = `<rect x="${n(x0)}" y="${n(y0)}" width="${n(x1 - x0)}" height="${n(y1 - y0)}"/>`;
  parts.push(`<title>${escapeText(title)}</title><rect width="100%" height="100%" fill="${look.theme.surface}"/>`);
  parts.push(`<clipPath id="stage">${clip}</clipPath><g clip-path="url(#stage)">`);
  for (const { canvas, box, smooth } of layers) {
    const [left, top] = frame.place(box[0], box[1]);
    const [right, bottom] = frame.place(box[2], box[3]);
    const crisp = smooth ? "" : ' style="image-rendering:pixelated"';
    parts.push(
      `<image x="${n(left)}" y="${n(top)}" width="${n(right - left)}" height="${n(bottom - top)}" preserveAspectRatio="none" href="${picture(canvas)}"${crisp}/>`,
    );
  }
  if (map.raster) parts.push(bordersSvg(map.raster, frame, look.theme));
  for (const cell of map.polygons ?? []) parts.push(polygonSvg(cell, map, frame, look));
  for (const i of look.order) parts.push(pointSvg(map, frame, look, i));
  parts.push("</g>");
  lines.forEach((line, i) => parts.push(`<text x="8" y="${H + 18 * (i + 1)}" font-size="11" fill="${look.theme.muted}">${escapeText(line)}</text>`));
  return `${parts.join("\n")}\n</svg>\n`;
}
