// @ts-check
// The vector of a code as bars around a zero line: geometry (pure) and the canvas that draws it.

import { Stage } from "../../kit/stage/stage.js";
import { h } from "../../kit/widgets/dom.js";
import { significant } from "../../kit/wire/words.js";

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

/** The bars of `values` (Float32Array), as a stage whose `block` has them with what is read of one. */
export function vectorBars(values) {
  const label = `Vector of ${values.length} values as bars; arrow keys step through them`;
  const field = h("div", { class: "dte-card-bars", tabindex: 0, role: "img", "aria-label": label });
  const readout = h("p", { class: "dte-card-note", "aria-live": "polite" }, READOUT_IDLE);
  let active = -1;
  const activate = (axis) => {
    if (axis === active) return;
    active = axis;
    readout.textContent = axis < 0 ? READOUT_IDLE : `axis ${axis + 1}: ${significant(values[axis], 4)}`;
    stage.redraw();
  };
  const key = (name) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[name];
    if (step) activate(Math.min(values.length - 1, Math.max(0, active + step)));
    return Boolean(step);
  };
  const on = { point: (x) => activate(axisAt(x, stage.size.W, values.length)), leave: () => activate(-1), key };
  const stage = new Stage(field, { base: (ctx, size) => draw(ctx, size, field, values, active) }, { finest: 3, on });
  return Object.assign(stage, { block: h("div", { class: "dte-card-vector" }, field, readout) });
}

function draw(ctx, { W, H, theme }, field, values, active) {
  const style = getComputedStyle(field);
  const { bars, zero } = barGeometry(values, W, H);
  bars.forEach((bar, axis) => {
    ctx.globalAlpha = active < 0 || axis === active ? 1 : 0.45;
    ctx.fillStyle = style.getPropertyValue(bar.sign < 0 ? "--card-negative" : "--card-positive");
    ctx.fillRect(bar.x, bar.y, bar.width, bar.height);
  });
  ctx.globalAlpha = 1;
  ctx.fillStyle = theme.muted;
  ctx.fillRect(0, zero - 0.5, W, 1);
}
