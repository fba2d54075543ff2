// How usage grew with the tokens counted, whether two halves of the data agree, and what one medium alone would have said.

import { axis, clipTo, drawAxes, line, plotBox } from "./codebook_axes.js";
import { batchesCsv, batchWords, BATCH_MEASURES, chanceBand, growthCsv, growthRange, growthWords, halvesCsv, halvesOf, halvesWords, isEarly, jitter, nearest } from "./codebook_growth_model.js";
import { litCode } from "./codebook_link.js";
import { furnish, saveCsv, saveFigure } from "./codebook_panel.js";
import { h, segmented } from "./inspect_dom.js";
import { whole } from "./inspect_format.js";
import { label, outline, readTheme } from "./inspect_theme.js";
import { createStage, haloText, say, smallText } from "./lab_panel.js";

const REACH_PX = 14;
const STEP_SHARE = 1 / 40; // of the axis, an arrow key
const ESTIMATE_DASH = [2, 4];

/** A figure with its stage, tools, words and files. `id` is what the diagnosis calls it. */
function figure(bus, id, title, tools, { csv, ...stageOptions }) {
  const stage = createStage({ className: "cb-plot", gap: 0, ...stageOptions });
  const [readout, words] = [h("p", { class: "cb-readout" }), h("p", { class: "cb-note" })];
  const link = (text, name, act) => h("button", { type: "button", class: "dte-link", title: name, "aria-label": name, onclick: act }, text);
  const png = link("PNG", `${title}, PNG`, () => {
    stage.drawNow();
    saveFigure(bus, [...stage.element.querySelectorAll("canvas")], readTheme(stage.element), [readout.textContent, words.textContent], id);
  });
  const table = link("CSV", `${title}, CSV`, () => saveCsv(bus, csv(), id));
  const element = h(
    "figure",
    { class: "cb-figure", "data-figure": id },
    h("figcaption", {}, h("b", {}, title), h("span", { class: "cb-exports" }, png, table)),
    h("div", { class: "cb-tools" }, ...tools),
    stage.element,
    readout,
    words,
  );
  return { element, stage, readout, words, table };
}

function createGrowth(bus) {
  let [log, chosen, cursor] = [false, false, null];
  const scale = segmented("Axis of tokens", (id) => {
    [log, chosen] = [id === "log", true];
    own.stage.redraw();
  });
  scale.options([{ id: "linear", label: "Linear" }, { id: "log", label: "Log" }], "linear");
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
      line(ctx, Array.from(growth.tokens).flatMap((t, i) => [x.at(Math.max(t, x.low)), y.at(growth.used[i])]), { colour: theme.accent, width: 2.2 });
      if (growth.fit) line(ctx, Array.from(growth.fit.tokens).flatMap((t, i) => [x.at(t), y.at(growth.fit.used[i])]), { colour: theme.accent, width: 2.2, dash: ESTIMATE_DASH });
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
      say(own.words, fit ? `Full line: counted. Dotted: estimated. ${fit.words}` : level.growth.words);
      own.stage.redraw();
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

function createHalves(bus) {
  let halves = null;
  let spots = [];
  const scales = (size) => {
    const box = plotBox(size);
    const high = Math.max(2, ...halves.a, ...halves.b) * 1.3;
    const zero = 0.5; // a count of 0 stands half a decade below 1, on the frame
    return { box, x: axis(zero, high, box.left + 6, box.right, true), y: axis(zero, high, box.bottom - 6, box.top, true) };
  };
  const spot = ({ x, y }, a, b) => [x.at(Math.max(a, 0.5)), y.at(Math.max(b, 0.5))];
  const paint = (ctx, size) => {
    const { theme } = size;
    if (!halves) return void smallText(ctx, theme, "This audit kept no halves.", size.W / 2, size.H / 2, "center");
    const s = scales(size);
    const p = halves.total[1] / Math.max(halves.total[0] + halves.total[1], 1);
    clipTo(ctx, s.box, () => drawBand(ctx, theme, s, p));
    drawAxes(ctx, theme, s.box, s.x, s.y, { x: "tokens in even media", y: "tokens in odd media" });
    smallText(ctx, theme, "0", s.box.left - 6, s.y.at(0.5), "right");
    smallText(ctx, theme, "0", s.x.at(0.5), s.box.bottom + 12, "center");
    ctx.fillStyle = theme.accent;
    ctx.globalAlpha = halves.codes.length > 1500 ? 0.35 : 0.6;
    spots = halves.codes.map((_, i) => spot(s, halves.a[i], halves.b[i]));
    ctx.beginPath();
    for (const [x, y] of spots) {
      ctx.moveTo(x + 1.8, y);
      ctx.arc(x, y, 1.8, 0, 2 * Math.PI);
    }
    ctx.fill();
    ctx.globalAlpha = 1;
    own.stage.describe(`Counts of each code in two halves of the media. ${halvesWords(halves)}`);
  };
  const mark = (ctx, size) => {
    const lit = litCode(bus.state);
    const level = bus.level();
    if (!halves || lit === null || !level || level.counts[lit] === 0) return;
    const first = level.halves.first[lit];
    const at = spot(scales(size), first, level.counts[lit] - first);
    outline(ctx, (path) => path.arc(...at, 5, 0, 2 * Math.PI), 2);
    if (bus.state.hover !== null) label(ctx, size.theme, `code ${lit}: ${whole(first)} and ${whole(level.counts[lit] - first)}`, ...at, size.W, size.H);
  };
  const hit = (px, py) => {
    let [best, near] = [null, REACH_PX];
    spots.forEach(([x, y], i) => {
      const distance = Math.hypot(x - px, y - py);
      if (distance < near) [best, near] = [halves.codes[i], distance];
    });
    return best;
  };
  const own = figure(bus, "halves", "Do two halves agree?", [], {
    label: "Counts of each code in two halves of the media",
    csv: () => halvesCsv(bus.level()),
    ...{ paint, mark },
    on: {
      point: (px, py) => bus.hover(halves ? hit(px, py) : null),
      leave: () => bus.hover(null),
      press: (px, py) => {
        const code = halves ? hit(px, py) : null;
        if (code !== null) bus.set({ code });
      },
    },
  });
  return {
    ...own,
    show(level) {
      halves = halvesOf(level);
      own.table.hidden = !halves;
      spots = [];
      say(own.readout, level.halves?.words ?? "One of the halves is empty: count at least two media.");
      say(own.words, halves ? halvesWords(halves) : "");
      own.stage.redraw();
    },
  };
}

/** The diagonal of equal shares, and about it what chance alone would give. */
function drawBand(ctx, theme, { x, y }, p) {
  const [low, high, middle] = [[], [], []];
  for (let i = 0; i <= 80; i++) {
    const count = Math.exp(Math.log(0.5) + (i / 80) * Math.log((4 * x.high) / 0.5));
    const [from, to] = chanceBand(count, p);
    const put = (list, b) => list.push(x.at(Math.max(count - b, 0.5)), y.at(Math.max(b, 0.5)));
    put(low, from);
    put(high, to);
    put(middle, count * p);
  }
  ctx.beginPath();
  for (let i = 0; i < low.length; i += 2) ctx[i === 0 ? "moveTo" : "lineTo"](low[i], low[i + 1]);
  for (let i = high.length - 2; i >= 0; i -= 2) ctx.lineTo(high[i], high[i + 1]);
  ctx.closePath();
  ctx.fillStyle = theme.line;
  ctx.fill();
  line(ctx, middle, { colour: theme.muted, width: 1, dash: [6, 4] });
}

function createBatches(bus) {
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
    const top = Math.max(2, Math.min(K, tokens) * 1.5);
    return { box, x: axis(least, Math.max(tokens * 2, least * 4), box.left, box.right, true), y: axis(Math.min(lowest, top / 4), top, box.bottom, box.top, true) };
  };
  const paint = (ctx, size) => {
    const level = bus.level();
    if (!level) return;
    const { theme } = size;
    const { batches, tokens, codebook_size: K } = level;
    const { box, x, y } = scales(size);
    drawAxes(ctx, theme, box, x, y, { x: "tokens counted", y: measure === "used" ? "codes used" : "perplexity" });
    const bound = Array.from({ length: 61 }, (_, i) => x.value(x.from + (i / 60) * (x.to - x.from)));
    clipTo(ctx, box, () => line(ctx, bound.flatMap((t) => [x.at(t), y.at(Math.min(K, t))]), { colour: theme.muted, width: 1.2, dash: [6, 4] }));
    haloText(ctx, theme, "at most min(K, N)", x.at(x.high) - 4, y.at(Math.min(K, tokens)) + 11, "right", theme.muted);
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
    paint,
  });
  return {
    ...own,
    show(level) {
      say(own.words, level.batches?.words ?? "");
      tell();
    },
  };
}

function drawWhole(ctx, theme, x, y, { W }) {
  ctx.fillStyle = theme.accent;
  ctx.beginPath();
  ctx.moveTo(x, y - 7);
  for (const [dx, dy] of [[7, 0], [0, 7], [-7, 0]]) ctx.lineTo(x + dx, y + dy);
  ctx.fill();
  haloText(ctx, theme, "all media", Math.min(x, W - 34), y + 17, "center", theme.accent);
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
