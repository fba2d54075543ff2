// @ts-check
// Two halves of the media, code by code: do they tell the same story? One dot a code, linked with all other panels.

import { axis, clipTo, drawAxes, line, plotBox } from "../../kit/draw/axes.js";
import { figure } from "./figure.js";
import { chanceBand, halvesCsv, halvesOf, halvesRows, halvesWords } from "./model.js";
import { litCode } from "../link.js";
import { h } from "../../kit/widgets/dom.js";
import { whole } from "../../kit/wire/format.js";
import { label, outline } from "../../kit/draw/colours.js";
import { say, smallText } from "../../kit/widgets/stage.js";

const REACH_PX = 14;

export function createHalves(bus) {
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
    table: { head: ["Code", "Tokens", "Even media", "Odd media"], rows: (most) => rowsOf(bus, halves, most), total: () => bus.level().codebook_size },
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
      own.file.hidden = own.folded.element.hidden = !halves;
      own.folded.refresh();
      spots = [];
      say(own.readout, level.halves?.words ?? "One of the halves is empty: count at least two media.");
      say(own.words, halves ? halvesWords(halves) : "");
      own.stage.redraw();
    },
  };
}

function rowsOf(bus, halves, most) {
  const button = (code) => h("button", { type: "button", onclick: () => bus.set({ code }) }, String(code));
  return halves ? halvesRows(bus.level(), most).map(([code, ...rest]) => [button(code), ...rest]) : [];
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
