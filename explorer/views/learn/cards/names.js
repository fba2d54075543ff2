// @ts-check
// Names beside marks: off all marks, off each other, and within the picture, however small it is.

import { drawName } from "./marks.js";

const HIGH = 16; // of a name, px
const AIR = 5; // between a mark and its name
const TURNS = [0, 0.8, -0.8, 1.6, -1.6, 2.4, -2.4, 3.14]; // about a mark, from where its name would stand best
const FURTHER = [0, 12, 26]; // px, where all places right beside the mark are taken
const STEP = 4; // square px: less is no reason to stand further away

const common = (a, b) =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));

const boxAt = (x, y, width) => ({ left: x - width / 2, right: x + width / 2, top: y - HIGH / 2, bottom: y + HIGH / 2, x, y });

/** Where each name stands: the boxes, one after the other, each at the first place around its mark at which it covers least of
 *  marks, of names before it, and of what is outside of the picture. Pure.
 *  @param {{width: number, mark: number[], r?: number, towards?: number}[]} names  towards: the angle at which it stands best
 *  @param {number[][]} marks of all that is not to be covered: x, y, radius  @param {{W: number, H: number}} room */
export function placeNames(names, marks, { W, H }) {
  const discs = marks.map(([x, y, r]) => ({ left: x - r, right: x + r, top: y - r, bottom: y + r }));
  const room = { left: 2, right: W - 2, top: 2, bottom: H - 2 };
  const placed = /** @type {ReturnType<typeof boxAt>[]} */ ([]);
  for (const { width, mark, r = 8, towards = -0.8 } of names) {
    const places = FURTHER.flatMap((more) =>
      TURNS.map((turn) => {
        const [across, down] = [Math.cos(towards + turn), Math.sin(towards + turn)];
        const away = r + AIR + more;
        return boxAt(mark[0] + across * (width / 2 + away), mark[1] + down * (HIGH / 2 + away), width);
      }),
    );
    const cost = (box) => width * HIGH - common(box, room) + [...discs, ...placed].reduce((sum, one) => sum + common(box, one), 0);
    placed.push(places.reduce((best, box) => (cost(box) < cost(best) - STEP ? box : best)));
  }
  return placed;
}

/** Write names beside their marks. names: {text, mark, r, towards, colour}. marks: see placeNames. */
export function drawNames(ctx, scene, names, marks) {
  ctx.save();
  ctx.font = `600 13px ${scene.theme.font}`;
  const wide = names.map((one) => ({ ...one, width: ctx.measureText(one.text).width }));
  ctx.restore();
  placeNames(wide, marks, scene).forEach(({ x, y }, i) => {
    drawName(ctx, scene, names[i].text, x, y, { colour: names[i].colour, align: "center" });
  });
}
