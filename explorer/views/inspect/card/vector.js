// @ts-check
// The vector of a code as bars around a zero line: geometry (pure) and the canvas that draws it.

import { h } from "../../kit/widgets/dom.js";
import { significant } from "../../kit/wire/words.js";

const HEIGHT = 96; // css px
const READOUT_IDLE = "Hover a bar for its value.";

/**
 * Bars of `values` in a box of width x height: [{x, y, width, height, sign}], and the y of the zero line.
 * The scale is symmetric, so that bars up and down compare; a bar of a value that is not zero is at least 1 px.
 */
export function barGeometry(values, width, height) {
  const limit = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const zero = height / 2;
  const pitch = width / Math.max(1, values.length);
  const gap = pitch >= 6 ? Math.min(3, pitch * 0.22) : pitch >= 3 ? 1 : 0;
  const bars = Array.from(values, (value, axis) => {
    const length = value === 0 ? 0 : Math.max(1, (Math.abs(value) / limit) * zero);
    return {
      x: axis * pitch + gap / 2,
      width: Math.max(pitch - gap, 0.5),
      y: value > 0 ? zero - length : zero,
      height: length,
      sign: Math.sign(value),
    };
  });
  return { bars, zero, limit };
}

/** The axis under `x`, or -1 outside. */
export function axisAt(x, width, count) {
  const axis = Math.floor((x / width) * count);
  return width > 0 && axis >= 0 && axis < count ? axis : -1;
}

/** Builds the bars for `values` (Float32Array); returns {element, redraw} and draws itself when its size is known. */
export function vectorBars(values) {
  const label = `Vector of ${values.length} values as bars; arrow keys step through them`;
  const canvas = h("canvas", { tabindex: 0, role: "img", "aria-label": label });
  const readout = h("p", { class: "dte-card-note", "aria-live": "polite" }, READOUT_IDLE);
  const element = h("div", { class: "dte-card-vector" }, canvas, readout);
  let active = -1;

  const redraw = () => draw(canvas, values, active);
  const activate = (axis) => {
    if (axis === active) return;
    active = axis;
    readout.textContent = axis < 0 ? READOUT_IDLE : `axis ${axis + 1}: ${significant(values[axis], 4)}`;
    redraw();
  };
  canvas.addEventListener("pointermove", (event) => {
    activate(axisAt(event.offsetX, canvas.clientWidth, values.length));
  });
  canvas.addEventListener("pointerleave", () => activate(-1));
  canvas.addEventListener("blur", () => activate(-1));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    activate(Math.min(values.length - 1, Math.max(0, active + step)));
  });
  return { element, canvas, redraw };
}

function draw(canvas, values, active) {
  const width = canvas.clientWidth;
  if (width === 0) return; // a hidden tab: drawn when it is shown
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(HEIGHT * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const { bars, zero } = barGeometry(values, width, HEIGHT);
  bars.forEach((bar, axis) => {
    context.globalAlpha = active < 0 || axis === active ? 1 : 0.45;
    context.fillStyle = style.getPropertyValue(bar.sign < 0 ? "--card-negative" : "--card-positive");
    context.fillRect(bar.x, bar.y, bar.width, bar.height);
  });
  context.globalAlpha = 1;
  context.fillStyle = style.getPropertyValue("--dte-muted");
  context.fillRect(0, zero - 0.5, width, 1);
}
