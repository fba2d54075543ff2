// @ts-check
// A picture with its grid of tokens: the picture on one canvas, what lights up on another, pointer and keys to cells.

import { Stage } from "../kit/stage/stage.js";
import { colormap } from "../kit/draw/colormaps.js";
import { h } from "../kit/widgets/dom.js";
import { moveToken } from "../kit/draw/geometry.js";
import { outline } from "../kit/draw/colours.js";

/**
 * on: {down(cell, event), move(cell, event), up(cell, event), leave(), apply(cell, event), extend(from, to), escape()}; each may be missing.
 * mark(ctx, {rect(cell), boxRect(box), W, H, theme}) draws over the picture.
 */
/** @param {{label: string, className?: string, on?: Record<string, (...values: any[]) => unknown>, mark?: (ctx: any, space: any) => void}} options */
export function createStage({ label, className = "", on = {}, mark = () => {} }) {
  const picture = h("canvas", { class: "ed-picture", role: "img", "aria-label": label });
  const live = Object.keys(on).length > 0;
  const element = h(
    "div",
    { class: `ed-stage ${className}`, tabindex: live ? 0 : null, role: live ? "application" : null, "aria-label": live ? label : null },
    picture,
  );
  const grid = { rows: 1, cols: 1 };
  const paintMarks = (ctx, { W, H, theme }) => {
    const boxRect = ([top, left, height, width]) => [(left * W) / grid.cols, (top * H) / grid.rows, (width * W) / grid.cols, (height * H) / grid.rows];
    const rect = (cell) => boxRect([Math.floor(cell / grid.cols), cell % grid.cols, 1, 1]);
    mark(ctx, { rect, boxRect, W, H, theme, grid });
  };
  const stage = new Stage(element, { marks: { draw: paintMarks, attributes: { class: "ed-marks" } } });
  if (live) listen(stage, grid, on);

  return Object.assign(stage, {
    picture,
    grid,
    /** pixels: RGBA bytes of width x height. */
    show(pixels, width, height) {
      if (picture.width !== width || picture.height !== height) {
        Object.assign(picture, { width, height });
        element.style.aspectRatio = `${width} / ${height}`;
        element.style.setProperty("--ratio", String(width / height));
      }
      picture.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    },
    /** A loaded <img>. */
    showImage(image) {
      Object.assign(picture, { width: image.naturalWidth, height: image.naturalHeight });
      element.style.aspectRatio = `${picture.width} / ${picture.height}`;
      element.style.setProperty("--ratio", String(picture.width / picture.height));
      picture.getContext("2d").drawImage(image, 0, 0);
    },
    /** Tokens without a place: a tile each, coloured and named by its code; those left out are empty. */
    showTiles(codes, kept, K) {
      paintTiles(picture, grid, codes, kept, K);
      element.style.aspectRatio = `${grid.cols} / ${grid.rows}`;
      element.style.setProperty("--ratio", String(grid.cols / grid.rows));
    },
    setGrid(rows, cols) {
      Object.assign(grid, { rows, cols });
      stage.remark();
    },
    /** What is to be seen, for those who do not see it. */
    describe(text) {
      for (const one of live ? [element, picture] : [picture]) one.setAttribute("aria-label", text);
    },
  });
}

const TILE_PX = 56;

function paintTiles(canvas, { rows, cols }, codes, kept, K) {
  Object.assign(canvas, { width: cols * TILE_PX, height: rows * TILE_PX });
  const ctx = canvas.getContext("2d");
  Object.assign(ctx, { font: `600 ${K > 9999 ? 13 : 16}px ui-monospace, monospace`, textAlign: "center", textBaseline: "middle" });
  codes.forEach((code, cell) => {
    const [x, y] = [(cell % cols) * TILE_PX, Math.floor(cell / cols) * TILE_PX];
    const [r, g, b] = colormap("viridis", code / Math.max(K - 1, 1));
    const there = kept?.[cell] !== 0;
    ctx.fillStyle = there ? `rgb(${r} ${g} ${b})` : "rgb(128 128 128 / 25%)";
    ctx.fillRect(x + 1, y + 1, TILE_PX - 2, TILE_PX - 2);
    ctx.fillStyle = there ? (0.3 * r + 0.59 * g + 0.11 * b > 140 ? "#111111" : "#ffffff") : "#888888";
    ctx.fillText(there ? `${code}` : "–", x + TILE_PX / 2, y + TILE_PX / 2);
  });
}

function listen(stage, grid, on) {
  const { element } = stage;
  let cursor = null;
  let pressed = false;
  const cellAt = (event, clamp) => {
    const box = element.getBoundingClientRect();
    const part = (offset, extent, count) => Math.floor((offset / Math.max(extent, 1)) * count);
    const row = part(event.clientY - box.top, box.height, grid.rows);
    const column = part(event.clientX - box.left, box.width, grid.cols);
    const inside = (at, count) => Math.min(Math.max(at, 0), count - 1);
    if (!clamp && (row !== inside(row, grid.rows) || column !== inside(column, grid.cols))) return null;
    return inside(row, grid.rows) * grid.cols + inside(column, grid.cols);
  };
  stage.listen(element, "pointerdown", (event) => {
    const cell = cellAt(event, false);
    if (event.button !== 0 || cell === null) return;
    pressed = true;
    cursor = cell;
    if (event.isTrusted) element.setPointerCapture(event.pointerId);
    on.down?.(cell, event);
  });
  stage.listen(element, "pointermove", (event) => {
    const cell = cellAt(event, pressed);
    if (cell === null) on.leave?.();
    else on.move?.(cell, event);
  });
  stage.listen(element, "pointerup", (event) => {
    if (pressed) on.up?.(cellAt(event, true), event);
    pressed = false;
  });
  stage.listen(element, "pointercancel", () => {
    if (pressed) on.cancel?.();
    pressed = false;
  });
  stage.listen(element, "pointerleave", () => pressed || on.leave?.());
  stage.listen(element, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const to = moveToken(cursor, event.key, grid.rows, grid.cols);
    if (to !== null) {
      if (event.shiftKey) on.extend?.(cursor ?? to, to);
      else on.move?.(to, event);
      cursor = to;
    } else if ((event.key === "Enter" || event.key === " ") && cursor !== null) on.apply?.(cursor, event);
    else if (event.key === "Escape") on.escape?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** An outline that is seen on every picture. */
export function frame(ctx, [x, y, w, h], width = 2) {
  outline(ctx, (path) => path.rect(x + 0.5, y + 0.5, Math.max(w - 1, 1), Math.max(h - 1, 1)), width);
}
