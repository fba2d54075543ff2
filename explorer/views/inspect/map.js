// @ts-check
// The codebook map: every drawn code at its place on a plane, sized by its count in this picture.

import { codeLabel } from "../kit/wire/format.js";
import { nearestPoint } from "../kit/draw/geometry.js";
import { rasterCode } from "../kit/draw/geometry.js";
import { label, outline } from "../kit/draw/colours.js";

const REACH_PX = 18; // how far from a point the pointer may be
const HEAVY = 4000; // points above which a gesture stretches the last drawing instead of drawing anew

/** Radius in px of a code with `count` tokens; area grows with the count, `crowd` shrinks large maps. */
export function radius(count, largest, crowd, zoom) {
  const growth = Math.min(zoom, 12) ** 0.3;
  if (count === 0) return (crowd > HEAVY ? 1.1 : 1.9) * growth;
  return (2.2 + (crowd > HEAVY ? 5.5 : 7.5) * Math.sqrt(count / Math.max(largest, 1))) * growth;
}

function cellPath(ctx, map, i, frame) {
  const { start, xy } = map.polygons;
  for (let j = start[i]; j < start[i + 1]; j++) {
    const corner = frame.place(xy[2 * j], xy[2 * j + 1]);
    if (j === start[i]) ctx.moveTo(...corner);
    else ctx.lineTo(...corner);
  }
  if (start[i + 1] > start[i]) ctx.closePath();
}

function drawPolygons(ctx, map, frame, palette, theme) {
  const { codes } = map.polygons;
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.muted;
  codes.forEach((code, i) => {
    ctx.beginPath();
    cellPath(ctx, map, i, frame);
    ctx.globalAlpha = 0.28;
    ctx.fillStyle = rgb(palette, code);
    ctx.fill();
    ctx.globalAlpha = 0.45;
    ctx.stroke();
    ctx.globalAlpha = 1;
  });
}

const rgb = (palette, code) => `rgb(${palette[3 * code]},${palette[3 * code + 1]},${palette[3 * code + 2]})`;

function paintRaster(raster, palette) {
  const canvas = new OffscreenCanvas(raster.cols, raster.rows);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(raster.cols, raster.rows);
  raster.codes.forEach((code, i) => {
    image.data.set(palette.subarray(3 * code, 3 * code + 3), 4 * i);
    image.data[4 * i + 3] = 80;
  });
  ctx.putImageData(image, 0, 0);
  return canvas;
}

function drawUnused(ctx, map, counts, frame, size, theme) {
  ctx.beginPath();
  map.codes.forEach((code, i) => {
    if (counts[code] > 0) return;
    const [x, y] = frame.place(map.xy[2 * i], map.xy[2 * i + 1]);
    if (x < -4 || y < -4 || x > frame.W + 4 || y > frame.H + 4) return;
    ctx.moveTo(x + size, y);
    ctx.arc(x, y, size, 0, 2 * Math.PI);
  });
  ctx.strokeStyle = theme.muted;
  ctx.globalAlpha = map.codes.length > HEAVY ? 0.4 : 0.6;
  ctx.lineWidth = 0.9;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function drawUsed(ctx, map, level, frame, theme) {
  const { counts, order, used, largest } = level.here;
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.surface;
  for (let r = 0; r < used; r++) {
    const code = order[r]; // large first, so that small ones stay on top
    const i = map.point[code];
    if (i < 0) continue;
    const [x, y] = frame.place(map.xy[2 * i], map.xy[2 * i + 1]);
    ctx.beginPath();
    ctx.arc(x, y, radius(counts[code], largest, map.codes.length, frame.view.zoom), 0, 2 * Math.PI);
    ctx.fillStyle = rgb(level.palette, code);
    ctx.fill();
    ctx.stroke();
  }
}

/** The last sharp drawing, to be stretched while a gesture on a heavy map lasts. */
class Snapshot {
  take(source, frame, map) {
    if (!this.canvas) this.canvas = new OffscreenCanvas(1, 1);
    Object.assign(this.canvas, { width: source.width, height: source.height });
    this.canvas.getContext("2d").drawImage(source, 0, 0);
    this.frame = frame;
    this.map = map;
  }

  draw(ctx, frame, map) {
    if (this.map !== map || this.frame.W !== frame.W || this.frame.H !== frame.H) return false;
    const before = this.frame;
    const ratio = frame.s / before.s;
    const left = frame.W / 2 - (before.W / 2) * ratio + (before.view.cx - frame.view.cx) * frame.s;
    const top = frame.H / 2 - (before.H / 2) * ratio + (before.view.cy - frame.view.cy) * frame.s;
    ctx.drawImage(this.canvas, left, top, frame.W * ratio, frame.H * ratio);
    return true;
  }
}

function drawAll(ctx, app, map, frame, rasters) {
  const { level, theme } = app;
  if (map.raster) {
    if (!rasters.has(map)) rasters.set(map, paintRaster(map.raster, level.palette));
    const [left, top] = frame.place(map.raster.left, map.raster.top);
    const [right, bottom] = frame.place(map.raster.right, map.raster.bottom);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(rasters.get(map), left, top, right - left, bottom - top);
  }
  if (map.polygons) drawPolygons(ctx, map, frame, level.palette, theme);
  drawUnused(ctx, map, level.here.counts, frame, radius(0, 1, map.codes.length, frame.view.zoom), theme);
  drawUsed(ctx, map, level, frame, theme);
}

export function mapContent(app) {
  const snapshot = new Snapshot();
  const rasters = new WeakMap();
  return {
    size: () => app.map && { w: app.map.w, h: app.map.h, pad: 22 },
    hit(x, y, frame) {
      const { map } = app;
      const everywhere = map.polygons ? Infinity : REACH_PX / frame.s;
      const i = nearestPoint(map.hash, x, y, everywhere);
      const code = i >= 0 ? map.codes[i] : map.raster ? rasterCode(map.raster, x, y) : -1;
      return code >= 0 ? { code, token: null } : null;
    },
    drawBase(ctx, frame) {
      const { map } = app;
      const heavy = map.codes.length > HEAVY;
      if (heavy && frame.moving && snapshot.draw(ctx, frame, map)) return;
      drawAll(ctx, app, map, frame, rasters);
      if (heavy) snapshot.take(ctx.canvas, frame, map);
    },
    drawOverlay(ctx, frame) {
      const { map, level, theme } = app;
      const { code } = app.active();
      const i = code === null ? -1 : map.point[code];
      if (code === null) return;
      ctx.globalAlpha = app.fade(0.66);
      ctx.fillStyle = theme.surface;
      ctx.fillRect(0, 0, frame.W, frame.H);
      ctx.globalAlpha = 1;
      if (i < 0) return label(ctx, theme, `${code} is not drawn on this map`, frame.W / 2 - 90, frame.H / 2, frame.W, frame.H);
      const [x, y] = frame.place(map.xy[2 * i], map.xy[2 * i + 1]);
      if (map.polygons) outline(ctx, (c) => cellPath(c, map, i, frame), 1.5);
      const count = level.here.counts[code];
      const r = Math.max(5.5, radius(count, level.here.largest, map.codes.length, frame.view.zoom));
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      ctx.fillStyle = count > 0 ? rgb(level.palette, code) : theme.surface;
      ctx.fill();
      outline(ctx, (c) => c.arc(x, y, r + 1.5, 0, 2 * Math.PI), 2);
      label(ctx, theme, codeLabel(code, count), x + r, y - r, frame.W, frame.H);
    },
  };
}
