// @ts-check
// The lanes of a series, drawn on two canvases: for each column its lines over time, and under them its tokens.
// The lower canvas changes with zoom and values, the upper one with pointer and selection. Time is counted in rows.

import { inkOn, outline } from "./colours.js";
import { compact, niceTicks } from "./ticks.js";
import { rowsOf } from "../wire/places.js";
import { significant } from "../wire/words.js";
import { toX } from "./time.js";

const [AXIS, GAP, ROOMY_PX] = [20, 8, 560];
export const NARROW_PX = 86; // of the names at the left of narrow lanes: "± 0.0056 rad" whole
export const OFF_COLOUR = "#e8590c"; // of a token that is off: told apart from the accent by its dashes, too
const WIDE_PX = 132;
const DIGIT_PX = 7;

/** Where the lanes lie: {lanes: [{top, curve, strip: {top, height}}], gutter, axis, height}. Pure. */
export function seriesGeometry(columns, width) {
  const each = Math.min(72, Math.max(26, Math.floor(520 / Math.max(1, columns))));
  const strip = each >= 48 ? 16 : 8;
  const lanes = Array.from({ length: columns }, (_, d) => {
    const top = d * (each + GAP);
    return { top, curve: each - strip - 2, strip: { top: top + each - strip, height: strip } };
  });
  const axis = columns * (each + GAP);
  return { lanes, gutter: width < ROOMY_PX ? NARROW_PX : WIDE_PX, axis, height: axis + AXIS };
}

/** The column whose lane y lies in, or -1. Pure. */
export const laneAt = ({ lanes }, y) => lanes.findIndex(({ top, strip }) => y >= top && y < strip.top + strip.height + GAP / 2);

/** The token of a column at `at` (rows, with fractions), or -1 outside. cols: tokens of a column. Pure. */
export function stepAt(at, cols, rows) {
  if (!(at >= 0) || at >= rows) return -1;
  return Math.min(cols - 1, Math.floor((at * cols) / rows));
}

/** Lowest and highest value of each of `columns` parts of values from..to (rows): [[low, high], ...]; null where there
 *  are fewer rows than parts, and a line through them is drawn instead. Pure. */
export function extremes(values, from, to, columns) {
  if (to - from <= columns) return null;
  const parts = [];
  for (let i = 0; i < columns; i++) {
    const first = Math.max(0, Math.floor(from + ((to - from) * i) / columns));
    const end = Math.min(values.length, Math.max(first + 1, Math.ceil(from + ((to - from) * (i + 1)) / columns)));
    let [low, high] = [Infinity, -Infinity];
    for (let row = first; row < end; row++) {
      low = Math.min(low, values[row]);
      high = Math.max(high, values[row]);
    }
    parts.push([low, high]);
  }
  return parts;
}

function clipped(ctx, frame, top, height, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(frame.geometry.gutter, top, frame.width, height);
  ctx.clip();
  ctx.translate(frame.geometry.gutter, 0);
  draw();
  ctx.restore();
}

/** One line of a column in its lane. */
export function drawLine(ctx, frame, place, values, colour, { width = 1.5, dash = [] } = {}) {
  const { lanes } = frame.geometry;
  const { top, curve } = lanes[place];
  const { low, high } = frame.columns[place];
  const y = (value) => top + 2 + ((high - value) / (high - low)) * (curve - 4);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  const { from, to } = frame.window;
  const parts = extremes(values, from, to, Math.round(frame.width));
  if (parts) {
    parts.forEach(([least, most], i) => {
      ctx.moveTo(i + 0.5, y(most));
      ctx.lineTo(i + 0.5, y(least) + 0.5);
    });
  } else {
    const last = Math.min(values.length - 1, Math.ceil(to));
    for (let row = Math.max(0, Math.floor(from) - 1); row <= last; row++) ctx.lineTo(toX(frame.window, row + 0.5, frame.width), y(values[row]));
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

function names(ctx, frame, place) {
  const { theme, columns, geometry } = frame;
  const { top, curve } = geometry.lanes[place];
  const { name, unit, error } = columns[place];
  const room = geometry.gutter - 12;
  const fit = (text) => {
    let shown = text;
    while (shown.length > 1 && ctx.measureText(shown).width > room) shown = `${shown.slice(0, -2)}…`;
    return shown;
  };
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.ink;
  ctx.font = `600 12px ${theme.font}`;
  const roomy = curve >= 28;
  ctx.fillText(fit(name), geometry.gutter - 8, top + (roomy ? curve / 2 - 7 : curve / 2));
  if (!roomy) return;
  ctx.fillStyle = theme.muted;
  ctx.font = `11px ${theme.font}`;
  ctx.fillText(fit(error === null ? unit : `± ${significant(error, 2)} ${unit}`.trim()), geometry.gutter - 8, top + curve / 2 + 8);
}

function strip(ctx, frame, place, level) {
  const { window, width, rows, theme } = frame;
  const { top, height } = frame.geometry.lanes[place].strip;
  const x = (step) => toX(window, (step * rows) / level.cols, width);
  const [first, last] = [window.from, window.to].map((row) => Math.min(level.cols - 1, Math.max(0, Math.floor((row * level.cols) / rows))));
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(level.picture, first, place, last - first + 1, 1, x(first), top, x(last + 1) - x(first), height);
  const cell = x(first + 1) - x(first);
  if (cell >= 4) {
    ctx.fillStyle = theme.surface;
    for (let step = first; step <= last + 1; step++) ctx.fillRect(Math.round(x(step)), top, 1, height);
  }
  numbers(ctx, frame, place, level, (code) => inkOn(...level.palette.subarray(3 * code, 3 * code + 3)));
}

/** The codes of a column in their cells, where these are wide enough. inkOf(code): a colour, or null where it stays without. */
function numbers(ctx, frame, place, level, inkOf) {
  const { window, width, rows, theme } = frame;
  const { top, height } = frame.geometry.lanes[place].strip;
  const cell = toX(window, rows / level.cols, width) - toX(window, 0, width);
  if (height < 14 || cell < String(level.K - 1).length * DIGIT_PX + 4) return;
  const [first, last] = [window.from, window.to].map((row) => Math.min(level.cols - 1, Math.max(0, Math.floor((row * level.cols) / rows))));
  ctx.font = `600 10px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (let step = first; step <= last; step++) {
    const code = level.indices[place * level.cols + step];
    const ink = inkOf(code);
    if (!ink) continue;
    ctx.fillStyle = ink;
    ctx.fillText(code, toX(window, (step * rows) / level.cols, width) + cell / 2, top + height / 2 + 0.5);
  }
}

function chunkLines(ctx, frame, level, chunk) {
  if (chunk < 2) return;
  const { window, width, rows, geometry, theme } = frame;
  ctx.fillStyle = theme.muted;
  ctx.globalAlpha = 0.5;
  for (let step = 0; step <= level.cols; step += chunk) ctx.fillRect(Math.round(toX(window, (step * rows) / level.cols, width)), 0, 1, geometry.axis - GAP / 2);
  ctx.globalAlpha = 1;
}

function axis(ctx, frame) {
  const { window, width, geometry, theme, rate } = frame;
  const by = rate ?? 1;
  ctx.font = `11px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.muted;
  for (const tick of niceTicks(window.from / by, window.to / by, Math.max(2, width / 90))) {
    const x = geometry.gutter + toX(window, tick * by, width);
    const text = rate ? `${compact(tick)} s` : `row ${compact(tick)}`;
    ctx.fillRect(Math.round(x), geometry.axis, 1, 4);
    if (x + ctx.measureText(text).width + 3 <= geometry.gutter + width) ctx.fillText(text, x + 3, geometry.axis + 11);
  }
}

/** frame: {window (rows), width, rows, rate, columns, geometry, theme}. lines: [{values: by column, colour}]; level with its
 *  `picture`, or null; chunk: tokens that share a stretch. */
export function drawBase(ctx, frame, { lines, level, chunk }) {
  const { geometry, theme } = frame;
  geometry.lanes.forEach(({ top, curve }, place) => {
    ctx.fillStyle = theme.raised;
    ctx.fillRect(geometry.gutter, top, frame.width, curve);
    names(ctx, frame, place);
    clipped(ctx, frame, top, curve, () => {
      for (const { values, colour, width } of lines) drawLine(ctx, frame, place, values[place], colour, { width });
    });
    const cells = geometry.lanes[place].strip;
    if (level) clipped(ctx, frame, cells.top, cells.height, () => strip(ctx, frame, place, level));
  });
  if (level) clipped(ctx, frame, 0, geometry.axis, () => chunkLines(ctx, frame, level, chunk));
  axis(ctx, frame);
}

/** [left, top, width, height] of a token's own cell. */
function cellOf(frame, level, token) {
  const [place, step] = [Math.floor(token / level.cols), token % level.cols];
  const x = (at) => toX(frame.window, (at * frame.rows) / level.cols, frame.width);
  const { top, height } = frame.geometry.lanes[place].strip;
  return [x(step), top, Math.max(1.5, x(step + 1) - x(step)), height];
}

/** marks: {code, token} that are lit; together: tokens that are sent with it as one piece; off: values by column, null
 *  where they stay as they are. */
export function drawMarks(ctx, frame, { level, chunk, code, token, together, off }) {
  if (!level) return;
  clipped(ctx, frame, 0, frame.geometry.axis, () => {
    if (code !== null) codesLit(ctx, frame, level, code);
    for (const one of together) {
      const [x, y, w, h] = cellOf(frame, level, one);
      ctx.strokeStyle = frame.theme.accent;
      ctx.lineWidth = 2;
      ctx.strokeRect(x, y - 1, w, h + 2);
    }
    if (token === null) return;
    const { column, from, to } = rowsOf(token, [level.rows, level.cols], { rows: frame.rows, chunk });
    const { top, curve } = frame.geometry.lanes[column];
    const [left, right] = [from, to].map((row) => toX(frame.window, row, frame.width));
    outline(ctx, (c) => c.rect(left, top + 1, Math.max(2, right - left), curve - 2), 1.5);
    outline(ctx, (c) => c.rect(...cellOf(frame, level, token)), 2);
  });
  if (!off) return;
  off.forEach((values, place) => {
    if (!values) return;
    const { top, curve } = frame.geometry.lanes[place];
    clipped(ctx, frame, top, curve, () => drawLine(ctx, frame, place, values, OFF_COLOUR, { width: 2, dash: [5, 3] }));
  });
}

/** Which row is played, over all lanes. */
export function drawPlayhead(ctx, frame, row) {
  const { geometry, theme } = frame;
  clipped(ctx, frame, 0, geometry.axis, () => {
    ctx.fillStyle = theme.ink;
    ctx.fillRect(Math.round(toX(frame.window, row + 0.5, frame.width)), 0, 1.5, geometry.axis);
  });
}

/** The other tokens fade, and only their cells: what is written in them is to be read. Those with the code stay. */
function codesLit(ctx, frame, level, code) {
  ctx.globalAlpha = 0.72;
  ctx.fillStyle = frame.theme.surface;
  for (const { strip: cells } of frame.geometry.lanes) ctx.fillRect(0, cells.top, frame.width, cells.height);
  ctx.globalAlpha = 1;
  frame.geometry.lanes.forEach((_, place) => numbers(ctx, frame, place, level, (one) => (one === code ? null : frame.theme.ink)));
  for (const token of level.tokensOf(code)) {
    const [x, y, w, h] = cellOf(frame, level, token);
    if (x <= frame.width && x + w >= 0) ctx.clearRect(x, y, w, h);
  }
}
