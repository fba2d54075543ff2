// @ts-check
// Singular values of the codebook: how many directions the codes really take, with the effective dimension marked.

import { significant } from "../../kit/wire/words.js";
import { capital, percent } from "../../kit/wire/format.js";
import { compact, niceTicks, stepTicks } from "../../kit/draw/ticks.js";
import { createStage, haloText, smallText } from "../../kit/widgets/stage.js";
import { spectrumOf } from "./model.js";

const MARGIN = { left: 44, right: 12, top: 26, bottom: 34 };

/** changed() when another axis is pointed at. */
export class SpectrumFigure {
  constructor(changed) {
    this.changed = changed;
    this.data = this.axis = null;
    this.stage = createStage({
      label: "Singular values of the code vectors. Left and right arrows go through the axes.",
      className: "cg-bars",
      gap: 0,
      paint: (ctx, size) => this.paint(ctx, size),
      mark: (ctx, size) => this.mark(ctx, size),
      on: { point: (x) => this.point(x), leave: () => this.light(null), key: (key) => this.key(key) },
    });
    this.element = this.stage.element;
  }

  /** Of readGeometry: singular values (D) of the codes, largest first, and of the latents where there are any. */
  show({ singular, effective_dimension: effective, latentSingular: latents, given = "latents" }) {
    this.data = { singular, effective, latents, given, ...spectrumOf(singular) };
    this.axis = null;
    this.stage.redraw();
  }

  plot({ W, H }) {
    const width = Math.max(W - MARGIN.left - MARGIN.right, 1);
    return { left: MARGIN.left, width, top: MARGIN.top, bottom: H - MARGIN.bottom, step: width / this.data.singular.length };
  }

  paint(ctx, { W, H, theme }) {
    if (!this.data) return;
    const { singular, effective, latents, given } = this.data;
    const plot = this.plot({ W, H });
    const top = Math.max(...singular, ...(latents ?? []), 1e-12);
    const tall = plot.bottom - plot.top;
    ctx.strokeStyle = theme.line;
    for (const tick of niceTicks(0, top, 4)) {
      const y = Math.round(plot.bottom - (tall * tick) / top) + 0.5;
      ctx.beginPath();
      ctx.moveTo(plot.left, y);
      ctx.lineTo(plot.left + plot.width, y);
      ctx.stroke();
      smallText(ctx, theme, compact(tick), plot.left - 6, y, "right");
    }
    const gap = plot.step > 6 ? 2 : plot.step > 3 ? 1 : 0;
    ctx.fillStyle = theme.bar;
    singular.forEach((s, i) =>
      ctx.fillRect(plot.left + i * plot.step + gap / 2, plot.bottom - (tall * s) / top, Math.max(plot.step - gap, 0.5), (tall * s) / top),
    );
    if (latents) this.steps(ctx, plot, latents, tall / top, theme);
    for (const tick of stepTicks(1, singular.length, 8)) smallText(ctx, theme, String(tick), plot.left + (tick - 0.5) * plot.step, plot.bottom + 11, "center");
    smallText(ctx, theme, latents ? `singular value (standard deviation): bars codes, line ${given}` : "singular value (standard deviation)", 8, 11);
    smallText(ctx, theme, "axis, largest first", W - MARGIN.right, H - 9, "right");
    if (!(effective > 0)) return;
    const x = Math.round(plot.left + effective * plot.step) + 0.5;
    ctx.strokeStyle = theme.accent;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x, plot.top);
    ctx.lineTo(x, plot.bottom);
    ctx.stroke();
    const left = x > W / 2;
    haloText(ctx, theme, `effective dimension ${significant(effective)}`, x + (left ? -6 : 6), plot.top + 8, left ? "right" : "left", theme.accent);
  }

  /** The latents' own singular values as a line over the bars. */
  steps(ctx, plot, latents, unit, theme) {
    ctx.beginPath();
    latents.slice(0, this.data.singular.length).forEach((s, i) => {
      const y = plot.bottom - unit * s;
      ctx.lineTo(plot.left + i * plot.step, y);
      ctx.lineTo(plot.left + (i + 1) * plot.step, y);
    });
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1.3;
    ctx.stroke();
    ctx.lineWidth = 1;
  }

  mark(ctx, size) {
    if (!this.data || this.axis === null) return;
    const plot = this.plot(size);
    ctx.globalAlpha = 0.12;
    ctx.fillStyle = size.theme.ink;
    ctx.fillRect(plot.left + this.axis * plot.step, plot.top, plot.step, plot.bottom - plot.top);
  }

  words() {
    if (this.axis === null || !this.data) return null;
    const latent = this.data.latents?.[this.axis];
    const beside = latent === undefined ? "" : ` ${capital(this.data.given)}, along their own axes: ${significant(latent)}.`;
    return `Axis ${this.axis + 1}: singular value ${significant(this.data.singular[this.axis])}, ${percent(this.data.shares[this.axis], 1)} of the variance of the codes.${beside}`;
  }

  light(axis) {
    if (axis === this.axis) return;
    this.axis = axis;
    this.stage.remark();
    this.changed();
  }

  point(x) {
    if (!this.data) return;
    const plot = this.plot(this.stage.size);
    const axis = Math.floor((x - plot.left) / plot.step);
    this.light(axis >= 0 && axis < this.data.singular.length ? axis : null);
  }

  key(key) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by && this.data) this.light(Math.min(this.data.singular.length - 1, Math.max(0, (this.axis ?? (by > 0 ? -1 : 1)) + by)));
    else if (key === "Escape") this.light(null);
    else return false;
    return true;
  }
}
