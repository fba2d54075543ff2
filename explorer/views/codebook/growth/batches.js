// @ts-check
// What each medium by itself would have said of the codebook, beside all of them: the illusion of a small batch.

import { axis, clipTo, drawAxes, line, plotBox } from "../../kit/draw/axes.js";
import { figure } from "./figure.js";
import { batchesCsv, batchesRows, batchWords, BATCH_MEASURES, jitter } from "./model.js";
import { segmented } from "../../kit/widgets/dom.js";
import { haloText, say } from "../../kit/widgets/stage.js";

export function createBatches(bus) {
  let measure = "perplexity";
  const choice = segmented("Measure", (id) => {
    measure = id;
    tell();
  });
  choice.options(BATCH_MEASURES, measure);
  const scales = (size) => {
    const { batches, tokens, codebook_size: K } = bus.level();
    const box = plotBox(size);
    const least = Math.max(1, Math.min(tokens, ...batches.tokens) / 3);
    const lowest = Math.max(0.8, Math.min(K, ...batches[measure]) / 1.6);
    const top = Math.max(2, Math.min(K, tokens) * 2);
    return {
      box,
      x: axis(least, Math.max(tokens * 2, least * 4), box.left, box.right, true),
      y: axis(Math.min(lowest, top / 4), top, box.bottom, box.top, true),
    };
  };
  const paint = (ctx, size) => {
    const level = bus.level();
    if (!level) return;
    const { theme } = size;
    const { batches, tokens, codebook_size: K } = level;
    const { box, x, y } = scales(size);
    drawAxes(ctx, theme, box, x, y, { x: "tokens counted", y: measure === "used" ? "codes used" : "perplexity" });
    const bound = Array.from({ length: 61 }, (_, i) => x.value(x.from + (i / 60) * (x.to - x.from)));
    clipTo(ctx, box, () =>
      line(
        ctx,
        bound.flatMap((t) => [x.at(t), y.at(Math.min(K, t))]),
        { colour: theme.muted, width: 1.2, dash: [6, 4] },
      ),
    );
    haloText(ctx, theme, "at most min(K, N)", x.at(x.high) - 4, y.at(Math.min(K, tokens)) - 9, "right", theme.muted);
    ctx.fillStyle = theme.muted;
    ctx.globalAlpha = batches.tokens.length > 400 ? 0.3 : 0.55;
    ctx.beginPath();
    batches.tokens.forEach((t, i) => {
      const [px, py] = [x.at(Math.max(t, 1)) + 14 * jitter(i), y.at(Math.max(batches[measure][i], y.low))];
      ctx.moveTo(px + 2.2, py);
      ctx.arc(px, py, 2.2, 0, 2 * Math.PI);
    });
    ctx.fill();
    ctx.globalAlpha = 1;
    drawWhole(ctx, theme, x.at(tokens), y.at(Math.max(level[measure], y.low)), size);
    own.stage.describe(batchWords(level, measure));
  };
  const tell = () => {
    if (bus.level()) say(own.readout, batchWords(bus.level(), measure));
    own.stage.redraw();
  };
  const own = figure(bus, "batches", "Each medium by itself", [choice.element], {
    label: "Usage of single media beside the usage of all",
    csv: () => batchesCsv(bus.level()),
    table: {
      head: ["Medium", "Tokens", "Used codes", "Perplexity"],
      rows: (most) => batchesRows(bus.level(), most),
      total: () => bus.level().batches.tokens.length,
    },
    paint,
  });
  return {
    ...own,
    show(level) {
      say(own.words, level.batches?.words ?? "");
      own.folded.refresh();
      tell();
    },
  };
}

function drawWhole(ctx, theme, x, y, { W }) {
  ctx.fillStyle = theme.accent;
  ctx.beginPath();
  ctx.moveTo(x, y - 7);
  for (const [dx, dy] of [
    [7, 0],
    [0, 7],
    [-7, 0],
  ])
    ctx.lineTo(x + dx, y + dy);
  ctx.fill();
  haloText(ctx, theme, "all media", Math.min(x, W - 34), y + 17, "center", theme.accent);
}
