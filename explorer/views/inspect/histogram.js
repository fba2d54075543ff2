// @ts-check
// Usage in rank order on a linear axis of all K codes: one bar a used code, the most used first; the unused ones behind
// them take as much of the axis as they are.

import { amount, codeLabel, whole } from "../kit/wire/format.js";
import { countHeight } from "../kit/draw/geometry.js";
import { countTicks, roundStep } from "../kit/draw/ticks.js";
import { label } from "../kit/draw/colours.js";

const MARGIN = { left: 46, right: 10, top: 26, bottom: 46 };
const STRIP_PX = 7; // colours of the codes under the bars
const STRIP_FROM_PX = 2; // bar width below which the colours would be noise
const WORDS_PX = 60; // room that the number of unused codes needs above their share of the axis

/** Rank under axis position t in [0, 1] of K codes: 0..used-1, "unused", or null. */
export function rankAt(used, K, t) {
  const rank = Math.floor(t * K);
  if (rank < 0 || rank >= K) return null;
  return rank < used ? rank : "unused";
}

/** Ticks of the axis of codes: 1, round numbers, K; [[rank from 0, text]].
 *  @returns {[number, string][]} */
export function codeTicks(K) {
  const step = Math.max(1, roundStep(Math.max(K / 4, 1)));
  const between = Array.from({ length: Math.floor(K / step) }, (_, i) => (i + 1) * step).filter((n) => n > 1 && n < K - 0.3 * step);
  return [...new Set([1, ...between, K])].map((n) => [n - 1, whole(n)]);
}

/** Plot rectangle, and ranks (0..K) <-> screen x under the panel's view (only its x part counts). */
function scales(frame, K) {
  const { W, H, view } = frame;
  const width = Math.max(W - MARGIN.left - MARGIN.right, 1);
  const bottom = H - MARGIN.bottom;
  const x = (rank) => {
    const screen = W / 2 + ((rank / K) * W - view.cx) * view.zoom;
    return MARGIN.left + (screen * width) / W;
  };
  const t = (px) => (view.cx + (((px - MARGIN.left) * W) / width - W / 2) / view.zoom) / W;
  return { left: MARGIN.left, right: MARGIN.left + width, top: MARGIN.top, bottom, height: bottom - MARGIN.top, x, t };
}

function drawAxis(ctx, plot, usage, K, { log, where, said }, theme, frame) {
  ctx.font = `11px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  ctx.lineWidth = 1;
  for (const tick of countTicks(usage.largest, log)) {
    const y = Math.round(plot.bottom - plot.height * countHeight(tick, usage.largest, log)) + 0.5;
    ctx.strokeStyle = theme.line;
    ctx.beginPath();
    ctx.moveTo(plot.left, y);
    ctx.lineTo(plot.right, y);
    ctx.stroke();
    ctx.fillStyle = theme.muted;
    ctx.fillText(whole(tick), plot.left - 8, y);
  }
  ctx.textAlign = "left";
  ctx.fillText(where === "here" ? "tokens a code" : "tokens a code, in training", 8, 12);
  ctx.textAlign = "right";
  ctx.fillText(said, plot.right, frame.H - 8);
  for (const [rank, text] of codeTicks(K)) {
    const at = plot.x(rank + 0.5);
    if (at < plot.left - 1 || at > plot.right + 1) continue;
    ctx.textAlign = rank === 0 ? "left" : rank === K - 1 ? "right" : "center";
    ctx.fillText(text, Math.min(Math.max(at, plot.left), plot.right), plot.bottom + STRIP_PX + 14);
  }
}

/** Ranks whose bars are on screen. */
function visible(plot, used, K) {
  const first = Math.max(0, Math.floor(plot.t(plot.left) * K));
  const last = Math.min(used - 1, Math.ceil(plot.t(plot.right) * K));
  return [first, last];
}

function drawBars(ctx, plot, K, usage, palette, log, theme) {
  const [first, last] = visible(plot, usage.used, K);
  const unit = plot.x(1) - plot.x(0);
  const gap = unit > 5 ? 1 : 0;
  ctx.beginPath();
  for (let rank = first; rank <= last; rank++) {
    const height = plot.height * countHeight(usage.counts[usage.order[rank]], usage.largest, log);
    ctx.rect(plot.x(rank), plot.bottom - height, Math.max(unit - gap, 0.35), height);
  }
  ctx.fillStyle = theme.bar;
  ctx.fill();
  if (unit < STRIP_FROM_PX) return;
  for (let rank = first; rank <= last; rank++) {
    const code = usage.order[rank];
    ctx.fillStyle = `rgb(${palette[3 * code]},${palette[3 * code + 1]},${palette[3 * code + 2]})`;
    ctx.fillRect(plot.x(rank), plot.bottom + 4, Math.max(unit - gap, 0.5), STRIP_PX);
  }
}

function drawUnused(ctx, plot, usage, K, theme) {
  if (usage.used >= K) return;
  const left = Math.max(plot.x(usage.used), plot.left);
  const right = Math.min(plot.x(K), plot.right);
  if (left >= right) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, plot.top, right - left, plot.height);
  ctx.clip();
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (let x = left - plot.height; x < right; x += 8) {
    ctx.moveTo(x, plot.bottom);
    ctx.lineTo(x + plot.height, plot.top);
  }
  ctx.stroke();
  ctx.restore();
  ctx.fillStyle = theme.muted;
  ctx.font = `11px ${theme.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillText(`${whole(K - usage.used)} unused`, Math.max(right, plot.left + WORDS_PX), plot.top - 12);
}

const note = (code, count, standing, where) =>
  `${where === "here" ? codeLabel(code, count) : `${code}  ·  ${count < 1 ? "less than 1 token" : `${amount(count)} tokens`} in training`}  ·  rank ${whole(standing)}`;

export function histogramContent(app) {
  const layout = (frame) => {
    const { usage, level, options } = app;
    const K = options.range === "used" ? Math.max(usage.used, 1) : level.K; // codes on the axis
    return { usage, K, plot: scales(frame, K) };
  };
  return {
    size: (W, H) => app.model && { w: W, h: H },
    hit(_x, _y, frame, px) {
      const { usage, K, plot } = layout(frame);
      const rank = rankAt(usage.used, K, plot.t(px));
      return typeof rank === "number" ? { code: usage.order[rank], token: null } : null;
    },
    drawBase(ctx, frame) {
      const { usage, K, plot } = layout(frame);
      const { theme, level } = app;
      const said = K === level.K ? `all ${whole(K)} codes, by rank` : `the ${whole(K)} used codes of ${whole(level.K)}, by rank`;
      drawAxis(ctx, plot, usage, K, { log: app.options.log, where: app.where, said }, theme, frame);
      ctx.beginPath();
      ctx.rect(plot.left, 0, plot.right - plot.left, frame.H);
      ctx.clip();
      drawBars(ctx, plot, K, usage, level.palette, app.options.log, theme);
      drawUnused(ctx, plot, usage, K, theme);
    },
    drawOverlay(ctx, frame) {
      const { code } = app.active();
      if (code === null) return;
      const { usage, plot } = layout(frame);
      const { theme } = app;
      const count = usage.counts[code];
      const rank = usage.rank[code];
      ctx.globalAlpha = app.fade(0.6);
      ctx.fillStyle = theme.surface;
      ctx.fillRect(plot.left, plot.top - 2, plot.right - plot.left, plot.height + 2);
      ctx.globalAlpha = 1;
      if (rank >= usage.used) {
        const x = Math.min(Math.max(plot.x(rank + 0.5), plot.left), plot.right); // beside an axis of used codes: at its end
        const words = app.where === "here" ? `${code} is unused here` : note(code, count, usage.standing[code], "training");
        return label(ctx, theme, words, x, plot.top + 50, frame.W, frame.H);
      }
      const width = Math.max(plot.x(1) - plot.x(0), 3);
      const middle = (plot.x(rank) + plot.x(rank + 1)) / 2;
      if (middle < plot.left - 1 || middle > plot.right + 1) return;
      const height = plot.height * countHeight(count, usage.largest, app.options.log);
      ctx.fillStyle = theme.accent;
      ctx.fillRect(middle - width / 2, plot.bottom - height, width, height);
      ctx.beginPath();
      ctx.moveTo(middle, plot.bottom + 4 + STRIP_PX + 1);
      ctx.lineTo(middle - 5, plot.bottom + 4 + STRIP_PX + 9);
      ctx.lineTo(middle + 5, plot.bottom + 4 + STRIP_PX + 9);
      ctx.fill();
      label(ctx, theme, note(code, count, usage.standing[code], app.where), middle, plot.bottom - height, frame.W, frame.H);
    },
  };
}
