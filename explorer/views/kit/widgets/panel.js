// @ts-check
// The frame of a panel: title, tools, picture, caption, and its files one click away. Its sheet is frames.css; stages come
// from kit/stage/, buttons and choices from dom.js.

import { h } from "./dom.js";
import { mergeLayers, saveCanvas, saveText } from "../wire/files.js";
import { countOf, fileStem, whole } from "../wire/format.js";

const FLASH_MS = 1500;
const MOST_ROWS = 200;

/** Fill a panel's host: title and tools, body, then caption and exports.
 *  exports: [[text, label, act]], such as ["CSV", "Counts of all codes, CSV", () => saveCsv(...)].
 *  -> {caption (p), status (p, for loading and errors), foot}. */
export function furnish(host, id, title, { tools = [], exports = [] } = {}, ...body) {
  host.classList.add("dte-lp", "cb-panel");
  host.dataset.panel = id;
  host.setAttribute("aria-label", title);
  const caption = h("p", { class: "cb-caption" });
  const status = h("p", { class: "cb-status", role: "status", hidden: true });
  const buttons = exports.map(([text, label, act]) =>
    h("button", { type: "button", class: "dte-link", "aria-label": label, title: label, onclick: act }, text),
  );
  const foot = h("div", { class: "cb-foot" }, caption, h("div", { class: "cb-exports" }, ...buttons));
  host.replaceChildren(h("div", { class: "cb-head" }, h("h3", {}, title), h("div", { class: "cb-tools" }, ...tools)), ...body, status, foot);
  return { caption, status, foot };
}

/** A table behind its summary, filled when it is opened. rows() -> at most MOST_ROWS are shown, of all `total()`; a cell is
 *  a text or an element. -> {element, refresh}. */
export function foldedTable(title, head, rows, total) {
  const body = h("tbody", {});
  const rest = h("p", { class: "cb-note", hidden: true });
  const table = h("table", {}, h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))), body);
  const scroll = h("div", { class: "dte-lp-scroll", tabindex: 0, role: "region", "aria-label": `${title}, table` }, table);
  const element = h("details", { class: "dte-lp-table" }, h("summary", {}, "As a table"), scroll, rest);
  const refresh = () => {
    if (!element.open) return;
    const shown = rows(MOST_ROWS);
    body.replaceChildren(...shown.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell)))));
    rest.hidden = shown.length >= total();
    rest.textContent = `The first ${whole(shown.length)} of ${countOf(total(), "row")}; the file has them all.`;
  };
  element.addEventListener("toggle", refresh);
  return { element, refresh };
}

/** Say that something loads ("…") or failed; "" takes it away. kind: "busy" or "problem". */
export function note(element, text, kind = "busy") {
  element.hidden = !text;
  element.dataset.kind = kind;
  element.setAttribute("role", kind === "problem" ? "alert" : "status");
  if (element.textContent !== text) element.textContent = text;
}

/** The file's stem: tokenizer, audit, level where there are several, then what it is. */
export function stemOf(bus, ...parts) {
  const { tokenizer, audit, level } = bus.state;
  const levels = bus.open?.levels.length ?? 1;
  return fileStem(tokenizer ?? "indices", audit ?? "", levels > 1 ? `level ${level + 1}` : "", ...parts);
}

export const saveCsv = (bus, text, ...parts) => saveText(text, `${stemOf(bus, ...parts)}.csv`);

/** Canvases laid over each other on the page's own surface, as a PNG. */
export const saveCanvases = (bus, canvases, surface, ...parts) => saveCanvas(mergeLayers(canvases, surface), `${stemOf(bus, ...parts)}.png`);

/** "VQ, EMA · BSDS500 validation pictures · level 2": what a file is about. */
export function titleOf(bus) {
  const { tokenizer, audit, levels } = bus.open ?? {};
  const level = levels?.length > 1 ? bus.level().name || `level ${bus.state.level + 1}` : null;
  return [tokenizer?.title ?? "plain indices", audit?.title, level].filter(Boolean).join(" · ");
}

/** Break text into lines of at most `width`, as `measure(text)` has it; a word that is too long stands alone. Pure. */
export function wrap(text, width, measure) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && measure(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line ? [...lines, line] : lines;
}

/** A PNG that stands by itself: what it is about, the canvases, and the words with their denominators below. */
export const saveFigure = (bus, canvases, theme, words, ...parts) =>
  saveCanvas(figureCanvas(canvases, theme, titleOf(bus), words), `${stemOf(bus, ...parts)}.png`);

/** The canvases laid over each other, under a title and over words: a canvas. */
export function figureCanvas(canvases, theme, about, words) {
  const dpr = Math.min(globalThis.devicePixelRatio || 1, 2);
  const [pad, step] = [12, 18];
  const { width, height } = canvases[0];
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d");
  const fonts = { title: `700 14px ${theme.font}`, words: `12px ${theme.font}` };
  const lines = (font, text) => {
    ctx.font = font;
    return wrap(text, width / dpr, (part) => ctx.measureText(part).width);
  };
  const title = lines(fonts.title, about);
  const foot = words.flatMap((text) => lines(fonts.words, text));
  const top = pad + step * title.length;
  Object.assign(canvas, { width: width + 2 * pad * dpr, height: height + (top + 2 * pad + step * foot.length) * dpr });
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  for (const layer of canvases) ctx.drawImage(layer, pad * dpr, top * dpr);
  ctx.scale(dpr, dpr);
  const write = (font, colour, text, y) => {
    Object.assign(ctx, { font, fillStyle: colour });
    text.forEach((line, i) => ctx.fillText(line, pad, y + step * i));
  };
  write(fonts.title, theme.ink, title, pad + 10);
  write(fonts.words, theme.muted, foot, top + height / dpr + pad + 10);
  return canvas;
}

/** Scroll to the panel `id` of the page that holds `from`, and light its frame for a moment. True if it is there. */
export function reveal(from, id) {
  const page = from.closest(".dte-frames") ?? document;
  const panel = [...page.querySelectorAll(`[data-panel="${CSS.escape(id)}"], [data-figure~="${CSS.escape(id)}"]`)].find((one) => one.offsetParent !== null);
  if (!panel) return false;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  panel.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: panel.offsetHeight > window.innerHeight ? "start" : "center" });
  panel.classList.add("cb-flash");
  setTimeout(() => panel.classList.remove("cb-flash"), FLASH_MS);
  return true;
}
