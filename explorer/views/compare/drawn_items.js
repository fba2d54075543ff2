// @ts-check
// Semantic ids on the compare page: the tree of each tokenizer, the items by their vectors beside it. An item that is
// pointed at is lit in all of them; one that is chosen has its nearest by shared prefix listed.

import { colormap } from "../kit/draw/colormaps.js";
import { outline } from "../kit/draw/colours.js";
import { drawBand } from "../kit/draw/prefix_tree.js";
import { toTime, toX } from "../kit/draw/time.js";
import { h } from "../kit/widgets/dom.js";
import { countOf } from "../kit/wire/format.js";
import { byPrefix, idOf, nodeAt, prefixTree } from "../kit/wire/prefix_tree.js";
import { DrawnPane } from "./drawn_pane.js";

const [GAP, KIND_PX, REACH_PX, PAD, LISTED] = [3, 12, 18, 12, 8];

const paletteOf = (size) => Uint8Array.from(Array.from({ length: size }, (_, code) => colormap("viridis", size > 1 ? code / (size - 1) : 0)).flat());

class ItemsPane extends DrawnPane {
  hit(_x, _y, frame, px, py) {
    if (!this.source) return null;
    return this.source.tree ? this.inTree(frame, px) : this.inPlane(frame, px, py);
  }

  inTree(frame, px) {
    const { tree, count } = this.source;
    const at = Math.floor(toTime(this.span(frame, count), px, frame.W));
    return at >= 0 && at < count ? { item: tree.order[at] } : null;
  }

  inPlane(frame, px, py) {
    let [best, least] = [-1, REACH_PX ** 2];
    for (let item = 0; item < this.source.count; item++) {
      const [x, y] = this.placeOf(frame, item);
      const far = (x - px) ** 2 + (y - py) ** 2;
      if (far < least) [best, least] = [item, far];
    }
    return best < 0 ? null : { item: best };
  }

  placeOf({ place, w, h: tall }, item) {
    const { xy } = this.source;
    const inside = (share, extent) => PAD + share * (extent - 2 * PAD);
    return place(inside(xy[2 * item], w), inside(1 - xy[2 * item + 1], tall));
  }

  band(frame, q) {
    const { tree, category } = this.source;
    const room = frame.H - (category ? KIND_PX : 0);
    const each = room / tree.nodes.length;
    return { top: q * each, height: each - GAP };
  }

  drawBase(ctx, frame) {
    const { tree, palettes, count, category } = this.source;
    if (!tree) return void this.drawPlane(ctx, frame);
    const window = this.span(frame, count);
    const scene = { window, width: frame.W, theme: this.theme };
    tree.nodes.forEach((nodes, q) => drawBand(ctx, scene, nodes, palettes[q], this.band(frame, q)));
    if (!category) return;
    const step = Math.max(1, (window.to - window.from) / frame.W);
    for (let at = Math.floor(window.from); at < window.to; at += step) {
      const [left, right] = [at, at + step].map((one) => toX(window, one, frame.W));
      ctx.fillStyle = this.source.colour(tree.order[Math.floor(at)]);
      ctx.fillRect(left, frame.H - KIND_PX + 2, Math.max(1, right - left), KIND_PX - 2);
    }
  }

  drawPlane(ctx, frame) {
    for (let item = 0; item < this.source.count; item++) {
      const [x, y] = this.placeOf(frame, item);
      ctx.beginPath();
      ctx.arc(x, y, 3, 0, 2 * Math.PI);
      ctx.fillStyle = this.source.category ? this.source.colour(item) : this.theme.accent;
      ctx.fill();
    }
  }

  drawOverlay(ctx, frame) {
    const { mark, source } = this;
    if (!mark) return;
    const { item } = mark;
    if (!source.tree) {
      const ring = (one, radius, width) => outline(ctx, (c) => c.arc(...this.placeOf(frame, one), radius, 0, 2 * Math.PI), width);
      for (const one of source.nearOf(item)) ring(one, 5, 1);
      return void ring(item, 8, 2.5);
    }
    const window = this.span(frame, source.count);
    source.tree.nodes.forEach((nodes, q) => {
      const node = nodeAt(nodes, source.tree.place[item]);
      if (!node) return;
      const [left, right] = [node.first, node.end].map((at) => toX(window, at, frame.W));
      const { top, height } = this.band(frame, q);
      outline(ctx, (c) => c.rect(left + 1, top + 1, Math.max(2, right - left - 2), height - 2), 1.8);
    });
  }
}

/** See `openDrawn`. */
export function treesOf({ drawn, width, panes }) {
  const { count, names } = drawn;
  const ids = panes.map(({ tokenizer }) => tokenizer);
  const { category, near } = drawn;
  const nearOf = (item) => (near ? Array.from(near.subarray(item * near.shape[1], (item + 1) * near.shape[1])) : []);
  const colours = category?.names.map((_, kind) => `rgb(${colormap("viridis", (kind + 0.5) / category.names.length)})`) ?? [];
  const base = { unit: width, count, category, colour: (item) => colours[category.of[item]], nearOf };
  const levels = Object.fromEntries(
    ids.map((id) => {
      const every = drawn.ids[id];
      return [id, Array.from({ length: every.shape[0] }, (_, q) => every.subarray(q * count, (q + 1) * count))];
    }),
  );
  const sources = Object.fromEntries(ids.map((id) => [id, { ...base, tree: prefixTree(levels[id]), palettes: drawn.sizes[id].map(paletteOf) }]));
  const nameOf = (item) => names[item] ?? `item ${item + 1}`;
  const kindOf = (item) => (category ? `, ${category.names[category.of[item]]}` : "");
  const listOf = (id, item, title, choose) => {
    const found = byPrefix(levels[id], item, LISTED);
    const close = new Set(nearOf(item));
    const row = ([other, shared]) =>
      h(
        "li",
        {},
        h("button", { type: "button", class: "dte-link", onclick: () => choose({ item: other }) }, nameOf(other)),
        h("span", {}, `${countOf(shared, "code")} shared${kindOf(other)}${close.has(other) ? " · also near by its vector ✓" : ""}`),
      );
    const rows = found.length ? found.map(row) : [h("li", {}, "No other item shares its first code.")];
    return h("div", {}, h("h4", {}, `${title(id)}: ${idOf(levels[id], item)}`), h("ul", {}, ...rows));
  };
  return {
    ...{ width, height: width, ids, original: true, first: "Items by their vectors", blind: false, Pane: ItemsPane },
    ratio: 1.5,
    get: (id) => (id === "" ? { ...base, xy: drawn.xy, tree: null } : sources[id]),
    hint:
      "In a tree each row is a level and each box a prefix, as wide as it has items; of the vectors the first two principal axes are drawn" +
      `${near ? ", with rings around the 10 nearest in all of their numbers" : ""}. Click an item to list its nearest by shared prefix.`,
    say: ({ item }, title) => `${nameOf(item)}${kindOf(item)}: ${ids.map((id) => `${title(id)} ${idOf(levels[id], item)}`).join(" | ")}`,
    markOf: (item) => (item < count ? { item } : null),
    worst: ({ worst: [, left, , wide] }) => {
      const item = Math.min(count - 1, Math.floor(left / Math.max(1, wide)));
      return { label: "worst item", mark: { item } };
    },
    lists: ({ item }, title, choose) => [
      h("h3", {}, `Nearest to ${nameOf(item)} by shared prefix`),
      h("div", { class: "cp-listed" }, ...ids.map((id) => listOf(id, item, title, choose))),
    ],
  };
}
