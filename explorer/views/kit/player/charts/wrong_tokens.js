// @ts-check
// What the decode loses when some tokens are wrong: error over the share of wrong tokens, beside what the mean of the
// inputs would reach. It is measured when it is looked at, and again as the run goes on.

import { Component } from "../../component.js";
import { chartStage } from "../../stage/stage.js";
import { haloText, smallText } from "../../draw/text.js";
import { h, say } from "../../widgets/dom.js";
import { countOf, whole } from "../../wire/format.js";
import { significant } from "../../wire/words.js";

const AGAIN_MS = 1000; // between two measurements of a run that goes on
const MARGIN = { left: 44, right: 26, top: 14, bottom: 20 };

/** 0.05 as "5%". */
const shareWords = (share) => `${Number((100 * share).toPrecision(3))}%`;

/** Places of the shares across, 0..1, evenly: most of them lie near 0. Pure. */
export const placeOf = (i, count) => (count > 1 ? i / (count - 1) : 0);

/** Least upper end of the axis that holds all values and the baseline. Pure. */
export const topOf = (missed) => 1.1 * Math.max(1, ...missed.filter((value) => value !== null));

/** "0% wrong: 3.1% missed; 1%: 3.9%": all numbers in a sentence. Pure. */
export function wrongWords({ step, tokens, shares, missed }) {
  const each = shares.map((share, i) => `${shareWords(share)} wrong: ${missed[i] === null ? "not measured" : `${significant(100 * missed[i])}%`}`);
  return `Squared error as a share of the variance of the inputs at step ${whole(step)}, of ${countOf(tokens, "token")}. ${each.join("; ")}. 100% is what their mean reaches.`;
}

export function createWrongTokens(env) {
  return new WrongTokens(env);
}

class WrongTokens extends Component {
  constructor(env) {
    super();
    this.env = env;
    this.found = this.view = null;
    this.shown = this.asking = false;
    this.askedAt = -Infinity;
    this.stage = this.part(
      chartStage({ label: "Error over the share of wrong tokens", className: "dte-lp-curve", paint: (ctx, size) => this.paint(ctx, size) }),
    );
    this.words = h("p", { class: "dte-lp-caption", role: "status" });
    const about = "A wrong token has a code drawn at random from all K alike, on every level; the rest is decoded as it is.";
    const title = h("figcaption", {}, h("b", {}, "Missed by the output"), h("span", {}, "over the share of wrong tokens"));
    this.figure = h("figure", { class: "dte-lp-plot", "data-plot": "wrong" }, title, this.stage.element);
    this.element = h(
      "div",
      { class: "dte-lp-wrong", hidden: true },
      h("div", { class: "dte-lp-plots" }, this.figure),
      h("p", { class: "dte-lp-caption" }, about),
      this.words,
    );
  }

  show(on) {
    this.shown = on;
    this.element.hidden = !on;
    this.askedAt = -Infinity;
    this.ask();
  }

  draw(view) {
    if (view.run !== this.view?.run) this.found = null;
    this.view = view;
    this.ask();
  }

  /** Measure anew where the run has gone on; one request at a time. */
  async ask() {
    const step = this.view?.status?.step;
    if (!this.shown || this.asking || step === undefined || this.view.status.ended) return;
    if (this.found?.step === step || performance.now() - this.askedAt < AGAIN_MS) return;
    this.asking = true;
    this.askedAt = performance.now();
    const answer = await this.env.act("wrong", { side: this.env.side ?? 0 });
    this.asking = false;
    if (this.disposed || !answer.wrong) return;
    this.found = answer.wrong;
    say(this.words, wrongWords(this.found));
    this.stage.describe(wrongWords(this.found));
    this.stage.redraw();
  }

  paint(ctx, { W, H, theme }) {
    const { left, top } = MARGIN;
    const [width, height] = [Math.max(W - left - MARGIN.right, 1), Math.max(H - top - MARGIN.bottom, 1)];
    if (!this.found) {
      smallText(ctx, theme, "Being measured", left, top + height / 2);
      return;
    }
    const { shares, missed } = this.found;
    const high = topOf(missed);
    const x = (i) => left + placeOf(i, shares.length) * width;
    const y = (value) => top + height * (1 - value / high);
    const line = (value, dash) => {
      ctx.strokeStyle = dash ? theme.muted : theme.line;
      ctx.setLineDash(dash ? [3, 4] : []);
      ctx.beginPath();
      ctx.moveTo(left, y(value));
      ctx.lineTo(left + width, y(value));
      ctx.stroke();
      ctx.setLineDash([]);
    };
    for (const tick of [0, 0.5, 1]) {
      line(tick, tick === 1);
      smallText(ctx, theme, shareWords(tick), left - 6, y(tick), "right");
    }
    haloText(ctx, theme, "the mean of the inputs", left + 6, y(1) - 9, "left", theme.muted);
    shares.forEach((share, i) => smallText(ctx, theme, shareWords(share), x(i), top + height + 11, "center"));
    ctx.strokeStyle = ctx.fillStyle = theme.accent;
    ctx.lineWidth = 1.8;
    ctx.beginPath();
    missed.forEach((value, i) => value !== null && ctx.lineTo(x(i), y(value)));
    ctx.stroke();
    missed.forEach((value, i) => value !== null && ctx.fillRect(x(i) - 3, y(value) - 3, 6, 6));
  }
}
