// @ts-check
// The two panels that share the picture's plane: the picture under its token grid, and the grid coloured by code.

import { paintTokens } from "../kit/draw/token_pixels.js";
import { interval } from "../kit/draw/geometry.js";
import { inkOn, outline } from "../kit/draw/colours.js";

const NUMBERS_FROM_PX = 9; // width of one digit cell below which numbers would be dust

/** Token and code under content position (x, y), or null. */
export function tokenAt(level, x, y) {
  const col = interval(level.xEdges, x);
  const row = interval(level.yEdges, y);
  if (col < 0 || row < 0) return null;
  const token = row * level.cols + col;
  return token < level.indices.length ? { token, code: level.indices[token] } : null;
}

/** Screen rectangle [left, top, width, height] of a token. */
function tokenBox(level, frame, token) {
  const col = token % level.cols;
  const row = Math.floor(token / level.cols);
  const [left, top] = frame.place(level.xEdges[col], level.yEdges[row]);
  const [right, bottom] = frame.place(level.xEdges[col + 1], level.yEdges[row + 1]);
  return [left, top, right - left, bottom - top];
}

function gridLines(ctx, level, frame, colour, width) {
  const [left, top] = frame.place(0, 0);
  const [right, bottom] = frame.place(frame.w, frame.h);
  ctx.beginPath();
  for (const x of level.xEdges) {
    const px = Math.round(frame.place(x, 0)[0]);
    ctx.moveTo(px, top);
    ctx.lineTo(px, bottom);
  }
  for (const y of level.yEdges) {
    const py = Math.round(frame.place(0, y)[1]);
    ctx.moveTo(left, py);
    ctx.lineTo(right, py);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}

/** Where one frame of a mosaic ends and the next begins. */
function tileLines(ctx, [rows, cols], frame, colour) {
  ctx.fillStyle = colour;
  const [left, top] = frame.place(0, 0);
  const [right, bottom] = frame.place(frame.w, frame.h);
  for (let i = 1; i < cols; i++) ctx.fillRect(frame.place((i * frame.w) / cols, 0)[0] - 1.5, top, 3, bottom - top);
  for (let i = 1; i < rows; i++) ctx.fillRect(left, frame.place(0, (i * frame.h) / rows)[1] - 1.5, right - left, 3);
}

/** Can numbers of K codes be read in cells of this size? */
export function numbersFit(level, frame) {
  const digits = String(level.K - 1).length;
  const [, , w, h] = tokenBox(level, frame, 0);
  return w >= digits * NUMBERS_FROM_PX * 0.72 + 4 && h >= 14;
}

/** Where numbers are wished for and there is no room for them, the canvas says what brings them: over what is lit. */
function askToZoom(ctx, { theme, level }, frame) {
  if (numbersFit(level, frame)) return;
  const { W, H } = frame;
  const words = "Zoom in to read the numbers";
  ctx.font = `600 12px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const half = ctx.measureText(words).width / 2 + 10;
  ctx.globalAlpha = 0.9;
  ctx.fillStyle = theme.surface;
  ctx.beginPath();
  ctx.roundRect(W / 2 - half, H - 34, 2 * half, 24, 12);
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.fillStyle = theme.ink;
  ctx.fillText(words, W / 2, H - 21.5);
}

function numbers(ctx, app, frame, colourOf) {
  const { level, theme } = app;
  if (!numbersFit(level, frame)) return; // `askToZoom` says so
  const digits = String(level.K - 1).length;
  const [, , w] = tokenBox(level, frame, 0);
  const size = Math.min(13, Math.max(9, ((w - 4) / digits) * 1.55));
  ctx.font = `600 ${size}px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (let token = 0; token < level.indices.length; token++) {
    const [left, top, width, height] = tokenBox(level, frame, token);
    if (left > frame.W || top > frame.H || left + width < 0 || top + height < 0) continue;
    const code = level.indices[token];
    colourOf(ctx, code);
    ctx.fillText(code, left + width / 2, top + height / 2 + 0.5);
  }
}

/** Everything but the tokens of the code fades; those get an outline, the chosen one a heavier one. */
function highlight(ctx, app, frame, alpha) {
  const { level, theme } = app;
  const { code, token } = app.active();
  if (code === null) return;
  const boxes = Array.from(level.tokensOf(code), (t) => tokenBox(level, frame, t));
  const [left, top] = frame.place(0, 0);
  const [right, bottom] = frame.place(frame.w, frame.h);
  ctx.globalAlpha = app.fade(alpha);
  ctx.fillStyle = theme.surface;
  ctx.fillRect(left, top, right - left, bottom - top);
  ctx.globalAlpha = 1;
  for (const box of boxes) ctx.clearRect(...box);
  outline(ctx, (c) => boxes.forEach((box) => c.rect(...box)), boxes[0]?.[2] > 9 ? 1.5 : 1);
  if (token !== null && level.indices[token] === code) {
    const [x, y, w, h] = tokenBox(level, frame, token);
    outline(ctx, (c) => c.rect(x - 1.5, y - 1.5, w + 3, h + 3), 3);
  }
}

/** The picture with the token grid over it. */
export function pictureContent(app) {
  return {
    size: () => app.model && { w: app.model.picture.width, h: app.model.picture.height, pad: 4 },
    hit: (x, y) => (app.model.placed ? tokenAt(app.level, x, y) : null),
    drawBase(ctx, frame) {
      const [left, top] = frame.place(0, 0);
      if (!app.image) return;
      ctx.imageSmoothingEnabled = frame.s * frame.dpr < 4; // from four device pixels up, pixels may show as they are
      ctx.imageSmoothingQuality = "high";
      ctx.drawImage(app.image, left, top, frame.w * frame.s, frame.h * frame.s);
      if (app.model.place?.kind === "clip") tileLines(ctx, app.model.place.tiles, frame, app.theme.surface);
      if (!app.model.placed) return;
      const { gridOpacity } = app.options;
      if (gridOpacity > 0) {
        gridLines(ctx, app.level, frame, `rgba(0,0,0,${0.45 * gridOpacity})`, 2);
        gridLines(ctx, app.level, frame, `rgba(255,255,255,${gridOpacity})`, 0.75);
      }
      if (app.options.pictureNumbers) {
        ctx.shadowColor = "rgba(0,0,0,0.95)";
        ctx.shadowBlur = 4;
        numbers(ctx, app, frame, (c) => (c.fillStyle = "#ffffff"));
        ctx.shadowBlur = 0;
      }
    },
    drawOverlay(ctx, frame) {
      if (!app.model.placed) return;
      highlight(ctx, app, frame, 0.58);
      if (app.options.pictureNumbers) askToZoom(ctx, app, frame);
    },
  };
}

/** The token grid coloured by code. */
export function gridContent(app) {
  const painted = new WeakMap();
  return {
    size: () => app.model && { w: app.level.plane.width, h: app.level.plane.height, pad: 4 },
    hit: (x, y) => tokenAt(app.level, x, y),
    drawBase(ctx, frame) {
      const { level, theme } = app;
      if (!painted.has(level)) painted.set(level, paintTokens(level, level.cols, level.rows));
      const [left, top] = frame.place(0, 0);
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(painted.get(level), left, top, frame.w * frame.s, frame.h * frame.s);
      if (app.model.place?.kind === "clip") tileLines(ctx, app.model.place.tiles, frame, theme.ink);
      const [, , w, h] = tokenBox(level, frame, 0);
      if (Math.min(w, h) >= 7) gridLines(ctx, level, frame, theme.surface, 1);
      if (!app.options.gridNumbers) return;
      numbers(ctx, app, frame, (c, code) => (c.fillStyle = inkOn(...level.palette.subarray(3 * code, 3 * code + 3))));
    },
    drawOverlay(ctx, frame) {
      highlight(ctx, app, frame, 0.72);
      if (app.options.gridNumbers) askToZoom(ctx, app, frame);
    },
  };
}
