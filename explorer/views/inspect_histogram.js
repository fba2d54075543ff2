// Usage in rank order: one bar a used code, the most used first; codes without a count stand in a block at the end.

import { amount, codeLabel, whole } from "./inspect_format.js";
import { countHeight, countTicks } from "./inspect_geometry.js";
import { label } from "./inspect_theme.js";

const MARGIN = { left: 46, right: 10, top: 26, bottom: 40 };
const STRIP_PX = 7; // colours of the codes under the bars
const STRIP_FROM_PX = 2; // bar width below which the colours would be noise
const UNUSED_SHARE = 0.1; // width of the block of unused codes: it is a sign, not a scale

/** Where rank axis units lie: `total` of them, the last `block` for unused codes. */
export function rankAxis(used, K) {
  const block = used < K ? Math.max(used * UNUSED_SHARE, 1) : 0;
  return { used, block, total: Math.max(used + block, 1) };
}

/** Rank under axis position t in [0, 1]: 0..used-1, "unused", or null. */
export function rankAt(axis, t) {
  const unit = t * axis.total;
  if (unit < 0 || unit > axis.total) return null;
  if (unit < axis.used) return Math.floor(unit);
  return axis.block > 0 ? "unused" : null;
}

/** Plot rectangle, and rank units <-> screen x under the panel's view (only its x part counts). */
function scales(frame, axis) {
  const { W, H, view } = frame;
  const width = Math.max(W - MARGIN.left - MARGIN.right, 1);
  const bottom = H - MARGIN.bottom;
  const x = (unit) => {
    const screen = W / 2 + ((unit / axis.total) * W - view.cx) * view.zoom;
    return MARGIN.left + (screen * width) / W;
  };
  const t = (px) => (view.cx + (((px - MARGIN.left) * W) / width - W / 2) / view.zoom) / W;
  return { left: MARGIN.left, right: MARGIN.left + width, top: MARGIN.top, bottom, height: bottom - MARGIN.top, x, t };
}

function drawAxis(ctx, plot, usage, { log, where }, theme, frame) {
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
  ctx.fillText(where === "here" ? "tokens a code" : "assignments a code", 8, 12);
  ctx.textAlign = "right";
  ctx.fillText("code, by rank", plot.right, frame.H - 10);
}

/** Ranks whose bars are on screen. */
function visible(plot, axis) {
  const first = Math.max(0, Math.floor(plot.t(plot.left) * axis.total));
  const last = Math.min(axis.used - 1, Math.ceil(plot.t(plot.right) * axis.total));
  return [first, last];
}

function drawBars(ctx, plot, axis, usage, palette, log, theme) {
  const [first, last] = visible(plot, axis);
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

function drawUnused(ctx, plot, axis, usage, K, theme) {
  if (axis.block === 0) return;
  const left = plot.x(axis.used) + 4;
  const right = Math.min(plot.x(axis.total), plot.right);
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
  ctx.fillText(`${whole(K - usage.used)} unused`, right, plot.top - 12);
}

const note = (code, count, standing, where) =>
  `${where === "here" ? codeLabel(code, count) : `${code}  ·  ${amount(count)} in training`}  ·  rank ${whole(standing)}`;

export function histogramContent(app) {
  const layout = (frame) => {
    const usage = app.usage;
    const axis = rankAxis(usage.used, app.level.K);
    return { usage, axis, plot: scales(frame, axis) };
  };
  return {
    size: (W, H) => app.model && { w: W, h: H },
    hit(x, y, frame, px) {
      const { usage, axis, plot } = layout(frame);
      const rank = rankAt(axis, plot.t(px));
      return typeof rank === "number" ? { code: usage.order[rank], token: null } : null;
    },
    drawBase(ctx, frame) {
      const { usage, axis, plot } = layout(frame);
      const { theme, level } = app;
      drawAxis(ctx, plot, usage, app.options, theme, frame);
      ctx.beginPath();
      ctx.rect(plot.left, 0, plot.right - plot.left, frame.H);
      ctx.clip();
      drawBars(ctx, plot, axis, usage, level.palette, app.options.log, theme);
      drawUnused(ctx, plot, axis, usage, level.K, theme);
    },
    drawOverlay(ctx, frame) {
      const { code } = app.active();
      if (code === null) return;
      const { usage, axis, plot } = layout(frame);
      const { theme } = app;
      const count = usage.counts[code];
      const rank = usage.rank[code];
      ctx.globalAlpha = 0.6;
      ctx.fillStyle = theme.surface;
      ctx.fillRect(plot.left, plot.top - 2, plot.right - plot.left, plot.height + 2);
      ctx.globalAlpha = 1;
      if (count === 0) {
        const x = plot.x(axis.used + axis.block / 2);
        return label(ctx, theme, `${code} is unused ${app.options.where === "here" ? "here" : "in training"}`, x, plot.top + 50, frame.W, frame.H);
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
      label(ctx, theme, note(code, count, usage.standing[code], app.options.where), middle, plot.bottom - height, frame.W, frame.H);
    },
  };
}
