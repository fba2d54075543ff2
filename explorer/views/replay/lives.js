// @ts-check
// The lives of codes over a run that was recorded: how much each took, when it died, and what revived it.

import { Component } from "../kit/component.js";
import { niceTicks, compact, stepTicks } from "../kit/draw/ticks.js";
import { smallText } from "../kit/draw/text.js";
import { memory } from "../kit/stage/pace.js";
import { chartStage } from "../kit/stage/stage.js";
import { h, say } from "../kit/widgets/dom.js";
import { saveFile } from "../kit/wire/files.js";
import { unpack } from "../kit/wire/encoding.js";
import { countOf, whole } from "../kit/wire/format.js";
import { rowOfCode } from "../kit/player/about.js";
import { furnish } from "../kit/player/panel.js";
import { deathWords, livesWords } from "./words.js";

const MARGIN = { left: 48, right: 10, top: 12, bottom: 24 };
const HEADS = ["Code", "Last chosen", "Seen dead", "Seen live again", "What revived it"];

export function createLives(root, env) {
  return new Lives(root, env);
}

class Lives extends Component {
  constructor(root, env) {
    super();
    this.env = env;
    this.lives = this.view = null;
    this.same = memory();
    this.stage = this.part(
      chartStage({ label: "Tokens of each code over the run, the busiest first", className: "dte-lp-usage", paint: (ctx, size) => this.paint(ctx, size) }),
    );
    this.body = h("tbody", {});
    const table = h(
      "table",
      { "aria-label": "Deaths of codes, newest first" },
      h("thead", {}, h("tr", {}, ...HEADS.map((text) => h("th", { scope: "col" }, text)))),
      this.body,
    );
    this.rows = h("div", { class: "dte-lp-scroll", tabindex: 0, role: "region", "aria-label": "Deaths of codes" }, table);
    this.look = h("button", { type: "button", class: "dte-button lab-button", title: "Read all kept frames", onclick: () => this.read() }, "Tell them");
    this.save = h("button", { type: "button", class: "dte-link", hidden: true, title: "One row a death", onclick: () => this.export() }, ".csv");
    const { caption } = furnish(root, "lives", "Lives of the codes", [this.save, this.look], this.stage.element, this.rows);
    this.caption = caption;
    this.listen(this.body, "click", (event) => this.press(event));
    this.forget();
  }

  draw(view) {
    this.view = view;
    const run = this.env.opened()[this.env.side];
    const level = view.frame?.level ?? 0;
    if (!this.same(view.run, level, run?.ended)) this.forget();
    if (!run?.ended || view.judged === null || this.asked) return;
    this.asked = true;
    this.read(); // a run that ended is told at once, after its diagnosis
  }

  forget() {
    this.lives = null;
    this.asked = false;
    this.stage.element.hidden = this.rows.hidden = this.save.hidden = true;
    this.look.hidden = false;
    say(this.caption, "When each code died, and what revived it: all kept frames are read for it.");
  }

  async read() {
    if (!this.view?.frame) return;
    const args = { side: this.env.side, level: this.view.frame.level };
    this.look.disabled = true;
    say(this.caption, "The frames are being read…");
    const answer = await this.env.act("lives", args);
    this.look.disabled = false;
    if (this.disposed) return;
    if (!answer.lives) return void say(this.caption, answer.error?.message ?? "They could not be told.");
    if (args.level !== (this.view.frame?.level ?? 0)) return; // another one is shown by now
    this.lives = { ...answer.lives, usage: unpack(answer.lives.usage).array, ranks: unpack(answer.lives.ranks).array };
    this.fill();
  }

  fill() {
    const { lives } = this;
    this.stage.element.hidden = this.save.hidden = false;
    this.rows.hidden = lives.rows.length === 0;
    this.look.textContent = "Tell them anew";
    this.look.hidden = Boolean(this.env.opened()[this.env.side]?.ended);
    this.body.replaceChildren(...lives.rows.map((row) => rowOf(row)));
    const cut = lives.deaths > lives.rows.length ? ` The newest ${whole(lives.rows.length)} are listed; the file has all.` : "";
    say(this.caption, livesWords(lives) + cut);
    this.stage.redraw();
  }

  async export() {
    const answer = await this.env.act("export", { kind: "lives", side: this.env.side, level: this.lives.level });
    if (answer.file) saveFile(answer.file);
    else say(this.caption, answer.error?.message ?? "The file could not be made.");
  }

  press(event) {
    const row = event.target.closest("tr");
    if (row) this.env.bus.set({ scrub: Number(row.dataset.step), code: rowOfCode(this.view.frame, Number(row.dataset.code)) });
  }

  /** Tokens by rank, on a log axis: what a codebook gave of itself over the whole run. */
  paint(ctx, { W, H, theme }) {
    const { lives } = this;
    if (!lives) return;
    const { left, top } = MARGIN;
    const [width, height] = [Math.max(W - left - MARGIN.right, 1), Math.max(H - top - MARGIN.bottom, 1)];
    const high = Math.log10(Math.max(10, ...lives.usage.subarray(0, 1)));
    const x = (rank) => left + ((rank + 0.5) / lives.K) * width;
    const y = (tokens) => top + height * (1 - Math.max(0, Math.log10(Math.max(tokens, 1))) / high);
    ctx.strokeStyle = theme.line;
    for (const tick of niceTicks(0, high, 4).filter(Number.isInteger)) {
      ctx.beginPath();
      ctx.moveTo(left, Math.round(y(10 ** tick)) + 0.5);
      ctx.lineTo(left + width, Math.round(y(10 ** tick)) + 0.5);
      ctx.stroke();
      smallText(ctx, theme, compact(10 ** tick), left - 6, y(10 ** tick), "right");
    }
    for (const tick of stepTicks(0, lives.K, Math.max(2, width / 90))) {
      smallText(ctx, theme, tick === 0 ? "busiest" : `#${compact(tick)}`, x(tick), top + height + 12, tick === 0 ? "left" : "center");
    }
    ctx.beginPath();
    lives.usage.forEach((tokens, i) => ctx[i ? "lineTo" : "moveTo"](x(lives.ranks[i]), y(tokens)));
    ctx.strokeStyle = theme.accent;
    ctx.lineWidth = 1.8;
    ctx.stroke();
    smallText(ctx, theme, "tokens over the run", left + width, top - 4, "right");
    this.stage.describe(
      `Tokens of ${countOf(lives.K, "code")} over the run: the busiest ${whole(Math.round(lives.usage[0]))}, ${whole(lives.never)} never seen live`,
    );
  }
}

function rowOf(row) {
  const cells = deathWords(row);
  const jump = h("button", { type: "button", title: `Show step ${cells[2]}` }, cells[2]);
  return h(
    "tr",
    { "data-code": row[0], "data-step": row[2] },
    h("td", {}, cells[0]),
    h("td", {}, cells[1]),
    h("td", {}, jump),
    h("td", {}, cells[3]),
    h("td", {}, cells[4]),
  );
}
