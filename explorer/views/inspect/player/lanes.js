// @ts-check
// The lanes of a sound, drawn on two canvases: waveform, spectrogram, the tokens of every level, and the axis of time.
// The lower canvas changes with zoom and sound, the upper one with pointer, selection and playhead.

import { inkOn, outline } from "../../kit/draw/colours.js";
import { stretch } from "../../kit/wire/places.js";
import { timeTicks, tokensIn, toX } from "../../kit/draw/time.js";
import { envelope } from "../../kit/sound/wav.js";

export const GUTTER = 30; // left of time 0: the numbers of the levels
const [WAVE, SPECTRUM, AXIS, GAP] = [64, 132, 20, 6];
const NUMBER_PX = 7; // width of a digit

/** Where the lanes lie: {wave, spectrum, rows: [{top, height}], axis, height}. */
export function laneGeometry(levels) {
  const row = levels <= 4 ? 24 : levels <= 12 ? 16 : 9;
  const top = WAVE + GAP + SPECTRUM + GAP;
  const rows = Array.from({ length: levels }, (_, q) => ({ top: top + q * row, height: row }));
  const axis = top + levels * row + 4;
  return { wave: { top: 0, height: WAVE }, spectrum: { top: WAVE + GAP, height: SPECTRUM }, rows, axis, height: axis + AXIS };
}

/** Which lane y lies in: a level's number, or -1 for waveform, spectrogram and axis. */
export const levelAt = (geometry, y) => geometry.rows.findIndex((row) => y >= row.top && y < row.top + row.height);

function clipTo(ctx, frame, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(GUTTER, 0, frame.width, frame.geometry.height);
  ctx.clip();
  ctx.translate(GUTTER, 0);
  draw();
  ctx.restore();
}

function waveform(ctx, frame, sound, colour) {
  const { top, height } = frame.geometry.wave;
  const { window, width } = frame;
  const columns = Math.max(1, Math.round(width));
  const shape = envelope(sound.channels, window.from * sound.rate, window.to * sound.rate, columns);
  const middle = top + height / 2;
  ctx.fillStyle = colour;
  for (let i = 0; i < columns; i++) {
    const [low, high] = [shape[2 * i], shape[2 * i + 1]].map((value) => Math.min(1, Math.max(-1, value / frame.loudest)));
    ctx.fillRect(i, middle - (high * height) / 2, 1, Math.max(1, ((high - low) * height) / 2));
  }
}

function spectrogram(ctx, frame, image) {
  const { top, height } = frame.geometry.spectrum;
  const { window, width, duration } = frame;
  const from = (window.from / duration) * image.naturalWidth;
  const span = ((window.to - window.from) / duration) * image.naturalWidth;
  ctx.imageSmoothingEnabled = span > width;
  ctx.drawImage(image, from, 0, span, image.naturalHeight, 0, top, width, height);
}

function tokens(ctx, frame, level, picture, row) {
  const { window, width, duration, theme } = frame;
  const count = level.indices.length;
  const [first, last] = tokensIn(window, count, duration);
  const x = (token) => toX(window, (token * duration) / count, width);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(picture, first, 0, last - first + 1, 1, x(first), row.top, x(last + 1) - x(first), row.height - 1);
  const cell = x(first + 1) - x(first);
  if (cell >= 5) {
    ctx.fillStyle = theme.surface;
    for (let token = first; token <= last + 1; token++) ctx.fillRect(Math.round(x(token)), row.top, 1, row.height - 1);
  }
  if (row.height < 14 || cell < String(level.K - 1).length * NUMBER_PX + 6) return;
  ctx.font = `600 11px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (let token = first; token <= last; token++) {
    const code = level.indices[token];
    ctx.fillStyle = inkOn(...level.palette.subarray(3 * code, 3 * code + 3));
    ctx.fillText(code, x(token) + cell / 2, row.top + row.height / 2);
  }
}

/** frame: {window, width, duration, geometry, theme, loudest}. sounds: {heard, other}; levels with `picture` each. */
export function drawBase(ctx, frame, { heard, other, image, levels, current }) {
  const { geometry, theme, window, width } = frame;
  clipTo(ctx, frame, () => {
    if (other) waveform(ctx, frame, other, theme.line);
    if (heard) waveform(ctx, frame, heard, theme.accent);
    if (image) spectrogram(ctx, frame, image);
    levels.forEach((level, q) => tokens(ctx, frame, level, level.picture, geometry.rows[q]));
  });
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  levels.forEach((_, q) => {
    const row = geometry.rows[q];
    if (row.height < 14 && q !== current && q % 4 !== 3) return;
    ctx.font = `${q === current ? 700 : 400} ${row.height < 14 ? 9 : 12}px ${theme.font}`;
    ctx.fillStyle = q === current ? theme.ink : theme.muted;
    ctx.fillText(q + 1, GUTTER - 8, row.top + row.height / 2);
  });
  ctx.font = `11px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.fillStyle = theme.muted;
  for (const { time, text } of timeTicks(window, width)) {
    const x = GUTTER + toX(window, time, width);
    ctx.fillRect(Math.round(x), geometry.axis, 1, 4);
    if (x + ctx.measureText(text).width + 3 <= GUTTER + width) ctx.fillText(text, x + 3, geometry.axis + 11);
  }
}

/** [left, width] of a token on the screen. */
function across(frame, token, count) {
  const [from, to] = stretch(token, count, frame.duration).map((time) => toX(frame.window, time, frame.width));
  return [from, to - from];
}

/** marks: {code, token} that are lit on level `current`; pointed: {level, token} of another level; head: seconds;
 *  span: [from, to] seconds that were dragged over. */
export function drawOverlay(ctx, frame, { levels, current, code, token, pointed, head, span = null }) {
  const { geometry, theme, width, window } = frame;
  const level = levels[current];
  clipTo(ctx, frame, () => {
    if (level && code !== null) codeLit(ctx, frame, level, geometry.rows[current], code);
    if (level && token !== null) band(ctx, frame, token, level.indices.length, geometry.rows[current]);
    if (pointed && levels[pointed.level]) {
      const [left, wide] = across(frame, pointed.token, levels[pointed.level].indices.length);
      const row = geometry.rows[pointed.level];
      outline(ctx, (c) => c.rect(left, row.top, wide, row.height - 1), 1.5);
    }
    if (span) {
      const [left, right] = span.map((time) => toX(window, time, width));
      outline(ctx, (c) => c.rect(left, 1, right - left, geometry.axis - 2), 1.5);
    }
    if (head === null) return;
    const x = toX(window, head, width);
    ctx.fillStyle = theme.surface;
    ctx.fillRect(x - 2, 0, 4, geometry.axis);
    ctx.fillStyle = theme.ink;
    ctx.fillRect(x - 0.75, 0, 1.5, geometry.axis);
  });
}

/** The level's other tokens fade, those with the code stay. */
function codeLit(ctx, frame, level, row, code) {
  const count = level.indices.length;
  ctx.globalAlpha = 0.72;
  ctx.fillStyle = frame.theme.surface;
  ctx.fillRect(0, row.top, frame.width, row.height - 1);
  ctx.globalAlpha = 1;
  for (const token of level.tokensOf(code)) {
    const [left, wide] = across(frame, token, count);
    if (left > frame.width || left + wide < 0) continue;
    ctx.clearRect(left, row.top, Math.max(1, wide), row.height - 1);
  }
}

/** A token through all lanes: what it stands for in waveform and spectrogram, and its own cell. */
function band(ctx, frame, token, count, row) {
  const [left, width] = across(frame, token, count);
  const wide = Math.max(width, 1.5);
  const { wave, spectrum } = frame.geometry;
  outline(ctx, (c) => c.rect(left, wave.top + 1, wide, spectrum.top + spectrum.height - 2), 1);
  outline(ctx, (c) => c.rect(left, row.top, wide, row.height - 1), 2);
}
