// @ts-check
// How usage grew with the tokens counted; with it, whether two halves agree and what one medium alone would have said.

import { axis, clipTo, drawAxes, line, plotBox } from "../../kit/draw/axes.js";
import { createBatches } from "./batches.js";
import { figure } from "./figure.js";
import { createHalves } from "./halves.js";
import { growthCsv, growthRange, growthRows, growthWords, isEarly, nearest } from "./model.js";
import { furnish } from "../../kit/widgets/panel.js";
import { h, segmented } from "../../kit/widgets/dom.js";
import { whole } from "../../kit/wire/format.js";
import { outline } from "../../kit/draw/colours.js";
import { haloText, say, smallText } from "../../kit/widgets/stage.js";

const STEP_SHARE = 1 / 40; // of the axis, an arrow key
const ESTIMATE_DASH = [2, 4];

function createGrowth(bus) {
  let [log, chosen, cursor] = [false, false, null];
  const scale = segmented("Axis of tokens", (id) => {
    [log, chosen] = [id === "log", true];
    own.stage.redraw();
  });
  scale.options(
    [
      { id: "linear", label: "Linear" },
      { id: "log", label: "Log" },
    ],
    "linear",
  );
  const scales = (size) => {
    const box = plotBox(size);
    const range = growthRange(bus.level(), log);
    return { box, range, x: axis(...range.x, box.left, box.right, log), y: axis(...range.y, box.bottom, box.top) };
  };
  const paint = (ctx, size) => {
    const level = bus.level();
    if (!level) return;
    const { theme } = size;
    const { box, range, x, y } = scales(size);
    const { growth, tokens, codebook_size: K } = level;
    const end = x.at(Math.max(tokens, x.low));
    if (growth.fit) {
      ctx.fillStyle = theme.raised;
      ctx.fillRect(end, box.top, box.right - end, box.bottom - box.top);
    }
    drawAxes(ctx, theme, box, x, y, { x: "tokens counted", y: "codes used" });
    clipTo(ctx, box, () => {
      if (range.ceilingShown) line(ctx, [box.left, y.at(K), box.right, y.at(K)], { colour: theme.muted, width: 1.2, dash: [6, 4] });
      drawBound(ctx, theme, x, y, K);
      line(
        ctx,
        Array.from(growth.tokens).flatMap((t, i) => [x.at(Math.max(t, x.low)), y.at(growth.used[i])]),
        { colour: theme.accent, width: 2.2 },
      );
      if (growth.fit)
        line(
          ctx,
          Array.from(growth.fit.tokens).flatMap((t, i) => [x.at(t), y.at(growth.fit.used[i])]),
          { colour: theme.accent, width: 2.2, dash: ESTIMATE_DASH },
        );
    });
    const name = range.ceilingShown ? [`K = ${whole(K)}`, box.left + 6, y.at(K) - 8] : [`K = ${whole(K)} is far above`, box.left + 6, box.top + 6];
    haloText(ctx, theme, name[0], name[1], name[2], "left", theme.muted);
    if (growth.fit && box.right - end > 64) smallText(ctx, theme, "estimated", (end + box.right) / 2, box.bottom - 9, "center");
    own.stage.describe(`Codes used against tokens counted. ${growthWords(level, tokens)}`);
  };
  const mark = (ctx, size) => {
    const level = bus.level();
    if (!level || cursor === null) return;
    const { box, x, y } = scales(size);
    const { growth, tokens } = level;
    const part = growth.fit && cursor > tokens ? growth.fit : growth;
    const row = nearest(part.tokens, cursor);
    if (row < 0) return;
    const [px, py] = [x.at(Math.max(part.tokens[row], x.low)), y.at(part.used[row])];
    line(ctx, [px, box.top, px, box.bottom], { colour: size.theme.muted, width: 1 });
    outline(ctx, (path) => path.arc(px, py, 4, 0, 2 * Math.PI), 2);
  };
  const tell = () => {
    const level = bus.level();
    if (level) say(own.readout, growthWords(level, cursor ?? level.tokens));
    own.stage.remark();
  };
  const point = (value) => {
    cursor = value;
    tell();
  };
  const own = figure(bus, "growth", "Usage while counting", [scale.element], {
    label: "Codes used against tokens counted. Left and right move the reading.",
    csv: () => growthCsv(bus.level()),
    table: { head: ["Tokens", "Used codes", "Of K", "How"], rows: () => growthRows(bus.level()), total: () => growthRows(bus.level()).length },
    ...{ paint, mark },
    on: {
      point: (px) => bus.level() && point(Math.min(Math.max(scales(own.stage.size).x.value(px), 0), scales(own.stage.size).x.high)),
      leave: () => point(null),
      key: (key) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
        if (key === "Escape") point(null);
        if (!by || !bus.level()) return key === "Escape";
        const { x } = scales(own.stage.size);
        const px = x.at(Math.max(cursor ?? bus.level().tokens, x.low)) + by * STEP_SHARE * (x.to - x.from);
        point(x.value(Math.min(Math.max(px, x.from), x.to)));
        return true;
      },
    },
  });
  return {
    ...own,
    show(level) {
      cursor = null;
      const { fit } = level.growth;
      if (!chosen) scale.set((log = isEarly(level.growth)) ? "log" : "linear");
      say(
        own.words,
        `Full line: counted. Thin dots: a new code with every token, the most there can be. ${fit ? `Dotted on: estimated. ${fit.words}` : level.growth.words}`,
      );
      own.stage.redraw();
      own.folded.refresh();
      tell();
    },
  };
}

/** No more codes than tokens: the line used = tokens, as far as it is inside the plot. */
function drawBound(ctx, theme, x, y, K) {
  const points = [];
  for (let i = 0; i <= 60; i++) {
    const tokens = x.value(x.from + (i / 60) * (x.to - x.from));
    if (tokens <= Math.min(y.high, K)) points.push(x.at(tokens), y.at(tokens));
  }
  if (points.length > 2) line(ctx, points, { colour: theme.muted, width: 1, dash: [2, 3] });
}

export function mount(host, bus) {
  const parts = [createGrowth(bus), createHalves(bus), createBatches(bus)];
  const { foot } = furnish(host, "growth-panel", "Is enough counted?", {}, h("div", { class: "cb-figures" }, ...parts.map(({ element }) => element)));
  foot.remove();
  const show = () => {
    const level = bus.level();
    host.hidden = !level;
    if (level) for (const part of parts) part.show(level);
  };
  bus.on(["open", "level"], show);
  bus.on(["hover", "code"], () => parts[1].stage.remark());
  show();
}
