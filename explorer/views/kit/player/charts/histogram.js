// @ts-check
// Usage histogram of one level: tokens a step of each code. Dead codes have a hollow mark, unseen ones a dot; what their
// average still holds is faint, and fades.

import { Component } from "../../component.js";
import { codeOrder, compact, logTicks, niceTicks, perplexityOf, stepTicks, tokens, usageScale } from "../../draw/ticks.js";
import { DEAD, LIVE, tally } from "./heatmap_cells.js";
import { chartStage } from "../../stage/stage.js";
import { LAB, numberOf } from "../about.js";
import { furnish } from "../panel.js";
import { haloText, smallText, textFor } from "../../draw/text.js";
import { memory } from "../../stage/pace.js";
import { significant } from "../../wire/words.js";
import { viridis } from "../../draw/colormaps.js";
import { helpTerms } from "../../page/help.js";
import { h, say, segments, toggle } from "../../widgets/dom.js";
import { countOf, percent, whole } from "../../wire/format.js";
import { label } from "../../draw/colours.js";

const MARGIN = { left: 44, right: 10, top: 14, bottom: 36 };
const STRIP = { gap: 4, height: 7 }; // below the axis: the colour of each code on the map and the heatmap, or its mark
const TABLE_ROWS = 256;
const FADING = 0.3; // of the bar of a code that is not in use
const BUSIEST_PX = 56; // of the word at the left of the axis, and a gap
const ORDERS = [
  { id: "usage", label: "By usage", title: "The busiest code first" },
  { id: "number", label: "By number", title: "By the number of the code" },
];
const STATES = ["live", "dead", "unseen so far"];

/** What the histogram is drawn from: {counts, state, largest, total, K, order, place, scale, dead, unseen, perplexity, measured (over a batch)}. */
export function usageOf(frame, byUsage) {
  const { array: counts } = frame.counts;
  const { array: state } = frame.state;
  let [largest, total] = [0, 0];
  for (const count of counts) {
    total += count;
    if (count > largest) largest = count;
  }
  const order = codeOrder(counts, byUsage);
  const place = new Uint32Array(counts.length);
  order.forEach((code, i) => (place[code] = i));
  const batch = frame.measures?.[`perplexity_${frame.level}`];
  const measured = Number.isFinite(batch);
  const perplexity = measured ? batch : perplexityOf(counts);
  const { dead, unseen } = tally(state);
  return { counts, state, largest, total, K: counts.length, order, place, scale: usageScale(largest), dead, unseen, perplexity, measured };
}

/** K, ceiling, perplexity and dead share, each with its denominator. */
export function usageWords(frame, { K, perplexity, measured, dead, unseen }, about = LAB) {
  const unseenWords = unseen > 0 ? `; ${whole(unseen)} of ${whole(K)} unseen in fewer steps than that` : "";
  return (
    `K = ${countOf(K, "code")}, ceiling min(K, ${about.ceiling}) = ${whole(frame.ceiling)}. ` +
    `Perplexity ${significant(perplexity)} of ${whole(frame.ceiling)}, ${measured ? about.perplexity : "of these averages"}. ` +
    `Dead ${whole(dead)} of ${whole(K)} (${percent(dead, K)}): ${about.silent(frame)}${unseenWords}.`
  );
}

/** "code 17: 3.2 tokens a step (EMA), 0.2% of 2,000, live, silent for 0 steps" */
export function codeWords(frame, { counts, state, total }, code, about = LAB) {
  const silent = about.since(frame.silent?.array[code] ?? 0);
  const since = silent && `, not chosen for ${silent}`;
  const share = `${percent(counts[code], total)} of ${tokens(total)}`;
  return `Code ${numberOf(frame, code)}: ${tokens(counts[code])} tokens a step (${about.counts}), ${share}; ${STATES[state[code]]}${since}`;
}

/** Height share of a count; a log axis begins where the colour scale does. */
export function barHeight(count, { largest, scale }, log) {
  if (!(count > 0)) return 0;
  return log ? scale.share(count) : count / Math.max(largest, 1e-12);
}

export function createHistogram(root, env) {
  return new Histogram(root, env);
}

class Histogram extends Component {
  constructor(root, env) {
    super();
    this.env = env;
    this.about = env.about ?? LAB;
    this.frame = this.usage = null;
    this.byUsage = true;
    this.log = this.pointed = false;
    this.same = memory();
    const order = segments("Order of the codes", (id) => this.option({ byUsage: id === "usage" }));
    order.options(ORDERS, "usage");
    const scale = toggle("Log", "Tokens a step on a log axis", false, (on) => this.option({ log: on }));
    this.stage = this.part(
      chartStage({
        label: "Usage of the codes. Arrow keys move from code to code, Enter keeps one lit, Escape leaves.",
        className: "dte-lp-usage",
        paint: (ctx, size) => this.paint(ctx, size),
        mark: (ctx, size) => this.mark(ctx, size),
        on: {
          point: (x) => this.point(this.hit(x)),
          leave: () => this.point(null),
          press: (x) => this.choose(this.hit(x)),
          key: (key, shift) => this.key(key, shift),
        },
      }),
    );
    this.table = h("details", { class: "dte-lp-table" }, h("summary", {}, "As a table"), h("div", { class: "dte-lp-scroll" }));
    this.table.addEventListener("toggle", () => this.tabulate());
    const { caption } = furnish(root, "histogram", "Usage of each code", [scale, order.element], this.stage.element);
    root.append(helpTerms(["dead-lab", "perplexity", "ceiling"]), this.table);
    this.caption = caption;
    this.own(env.bus.subscribe(() => this.follow()));
    this.describe();
  }

  draw(view) {
    this.frame = view.frame;
    if (!this.same(view.frame)) this.stage.redraw();
  }

  option(change) {
    Object.assign(this, change);
    this.stage.redraw();
  }

  plot({ W, H }) {
    const { left, top } = MARGIN;
    return { left, top, width: Math.max(W - left - MARGIN.right, 1), height: Math.max(H - top - MARGIN.bottom, 1) };
  }

  paint(ctx, { W, H, theme }) {
    this.usage = this.frame?.counts ? usageOf(this.frame, this.byUsage) : null;
    this.describe();
    if (!this.usage) return smallText(ctx, theme, `${this.about.none}: each bar is one code.`, W / 2, H / 2, "center");
    const plot = this.plot({ W, H });
    this.drawAxis(ctx, plot, theme);
    this.drawBars(ctx, plot, theme);
    this.drawEven(ctx, plot, theme);
    if (this.table.open) this.tabulate();
    return undefined;
  }

  drawAxis(ctx, plot, theme) {
    const { largest, scale, K } = this.usage;
    const bottom = plot.top + plot.height;
    const ticks = this.log ? logTicks(scale.low, scale.high, 4) : niceTicks(0, largest, 4);
    ctx.strokeStyle = theme.line;
    ctx.lineWidth = 1;
    for (const tick of largest > 0 ? ticks : [0]) {
      const y = Math.round(bottom - plot.height * barHeight(tick, this.usage, this.log)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(plot.left, y);
      ctx.lineTo(plot.left + plot.width, y);
      ctx.stroke();
      smallText(ctx, theme, compact(tick), plot.left - 6, y, "right");
    }
    const below = bottom + STRIP.gap + STRIP.height + 13;
    const x = (place) => plot.left + ((place + 0.5) / K) * plot.width;
    if (this.byUsage) {
      smallText(ctx, theme, "busiest", plot.left, below);
      const codes = countOf(K, "code");
      const words = [`${codes}, by tokens a step (${this.about.counts})`, `${codes}, by tokens a step`, codes];
      smallText(ctx, theme, textFor(ctx, theme, words, plot.width - BUSIEST_PX), plot.left + plot.width, below, "right");
    } else {
      for (const code of stepTicks(0, K - 1, 4)) smallText(ctx, theme, String(code), x(code), below, "center");
      const words = [`tokens a step (${this.about.counts}), by number`, "tokens a step, by number"];
      haloText(ctx, theme, textFor(ctx, theme, words, plot.width), plot.left + plot.width - 2, plot.top - 6, "right", theme.muted);
    }
  }

  drawBars(ctx, plot, theme) {
    const { counts, state, order, scale, K } = this.usage;
    const unit = plot.width / K;
    const gap = unit > 4 ? 1 : 0;
    const bottom = plot.top + plot.height;
    ctx.fillStyle = theme.bar;
    for (const live of [true, false]) {
      ctx.globalAlpha = live ? 1 : FADING;
      ctx.beginPath();
      order.forEach((code, i) => {
        if ((state[code] === LIVE) !== live) return;
        const height = plot.height * barHeight(counts[code], this.usage, this.log);
        ctx.rect(plot.left + i * unit, bottom - height, Math.max(unit - gap, 0.5), height);
      });
      ctx.fill();
    }
    ctx.globalAlpha = 1;
    const top = bottom + STRIP.gap;
    order.forEach((code, i) => {
      const x = plot.left + i * unit;
      if (state[code] === LIVE) {
        ctx.fillStyle = viridis(scale.share(counts[code]));
        ctx.fillRect(x, top, Math.max(unit - gap, 0.7), STRIP.height);
      }
    });
    this.drawSilent(ctx, plot, theme, unit);
  }

  /** Dead: hollow at zero. Unseen: a dot. Where bars are thinner than a mark, a run of them is one hollow or dotted block. */
  drawSilent(ctx, plot, theme, unit) {
    const { state, order } = this.usage;
    const base = plot.top + plot.height + STRIP.gap + STRIP.height / 2;
    ctx.strokeStyle = ctx.fillStyle = theme.ink;
    ctx.lineWidth = 1.2;
    for (let from = 0; from < order.length; ) {
      const kind = state[order[from]];
      let to = from + 1;
      while (unit < 5 && to < order.length && state[order[to]] === kind) to += 1;
      const left = plot.left + from * unit;
      const width = (to - from) * unit;
      const half = STRIP.height / 2;
      if (kind === DEAD && width >= 5) ctx.strokeRect(left + 0.6, base - half + 0.6, Math.min(width - 2, unit < 5 ? width : 12), STRIP.height - 1.2);
      else if (kind === DEAD) ctx.fillRect(left, base - half, Math.max(width, 0.5), 1);
      else if (kind !== LIVE) for (let x = left + Math.min(width / 2, 3); x < left + width; x += 6) ctx.fillRect(x - 1, base - 1, 2, 2);
      from = to;
    }
  }

  /** The height that all bars would have if the codes were used alike. */
  drawEven(ctx, plot, theme) {
    const { total, K } = this.usage;
    if (!(total > 0)) return;
    const y = Math.round(plot.top + plot.height * (1 - barHeight(total / K, this.usage, this.log))) + 0.5;
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(plot.left, y);
    ctx.lineTo(plot.left + plot.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
    haloText(ctx, theme, `an even share of these: ${tokens(total / K)}`, plot.left + plot.width - 4, Math.max(y - 9, plot.top + 4), "right", theme.ink);
  }

  get lit() {
    const { hoverCode, code } = this.env.bus.state;
    const lit = hoverCode ?? code ?? null;
    return lit !== null && this.usage && lit < this.usage.K ? lit : null;
  }

  mark(ctx, { W, H, theme }) {
    const { lit, usage } = this;
    if (lit === null) return;
    const plot = this.plot({ W, H });
    const unit = plot.width / usage.K;
    const middle = plot.left + (usage.place[lit] + 0.5) * unit;
    const width = Math.max(unit, 3);
    const height = Math.max(plot.height * barHeight(usage.counts[lit], usage, this.log), 2);
    const bottom = plot.top + plot.height;
    ctx.fillStyle = theme.accent;
    ctx.fillRect(middle - width / 2, bottom - height, width, height);
    ctx.beginPath();
    ctx.moveTo(middle, bottom + STRIP.gap + STRIP.height + 1);
    ctx.lineTo(middle - 5, bottom + STRIP.gap + STRIP.height + 8);
    ctx.lineTo(middle + 5, bottom + STRIP.gap + STRIP.height + 8);
    ctx.fill();
    label(ctx, theme, `${numberOf(this.frame, lit)}  ·  ${tokens(usage.counts[lit])} tokens a step`, middle, bottom - height, W, H);
  }

  hit(px) {
    const { usage } = this;
    if (!usage) return null;
    const plot = this.plot(this.stage.size);
    const place = Math.floor(((px - plot.left) / plot.width) * usage.K);
    return place >= 0 && place < usage.K ? usage.order[place] : null;
  }

  point(code) {
    if (code === null && !this.pointed) return;
    this.pointed = code !== null;
    this.env.bus.set({ hoverCode: code });
  }

  choose(code) {
    if (code !== null) this.env.bus.set({ code: code === this.env.bus.state.code ? null : code });
  }

  key(key, shift) {
    const { usage } = this;
    if (!usage) return false;
    const at = this.lit === null ? 0 : usage.place[this.lit];
    const by = shift ? 10 : 1;
    if (key === "Enter" || key === " ") this.choose(usage.order[at]);
    else if (key === "Escape") this.point(null);
    else if (key === "ArrowLeft") this.point(usage.order[Math.max(at - by, 0)]);
    else if (key === "ArrowRight") this.point(usage.order[Math.min(at + by, usage.K - 1)]);
    else return false;
    return true;
  }

  follow() {
    this.stage.remark();
    this.describe();
  }

  describe() {
    const { usage, frame, lit } = this;
    if (!usage) return say(this.caption, "Nothing counted yet.");
    const words = usageWords(frame, usage, this.about);
    this.stage.describe(`Usage histogram at step ${whole(frame.step)}: ${words}`);
    return say(this.caption, lit === null ? words : `${codeWords(frame, usage, lit, this.about)}.`);
  }

  /** The same numbers as text, in the order of the bars; only while it is open. */
  tabulate() {
    if (!this.table.open || !this.usage) return;
    const { usage } = this;
    const rows = Array.from(usage.order.subarray(0, TABLE_ROWS), (code) =>
      h(
        "tr",
        {},
        ...[numberOf(this.frame, code), tokens(usage.counts[code]), percent(usage.counts[code], usage.total), STATES[usage.state[code]]].map((text) =>
          h("td", {}, String(text)),
        ),
      ),
    );
    const heads = ["Code", `Tokens a step (${this.about.counts})`, `Share of ${tokens(usage.total)}`, "State"].map((text) => h("th", { scope: "col" }, text));
    const more = usage.K > TABLE_ROWS ? h("p", { class: "dte-lp-none" }, `The first ${TABLE_ROWS} of ${countOf(usage.K, "code")}.`) : null;
    this.table.lastChild.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)), ...(more ? [more] : []));
  }
}
