// @ts-check
// A table of items as the tree of their semantic ids: a row of boxes for each level, as wide as the prefix has items; under
// it the items that share the chosen prefix.

import { Component } from "../../kit/component.js";
import { h, say } from "../../kit/widgets/dom.js";
import { outline } from "../../kit/draw/colours.js";
import { colormap } from "../../kit/draw/colormaps.js";
import { chartFigure } from "../../kit/widgets/chart_figure.js";
import { Painter } from "../../kit/stage/pace.js";
import { Stage } from "../../kit/stage/stage.js";
import { unpack } from "../../kit/wire/encoding.js";
import { saveText } from "../../kit/wire/files.js";
import { countOf, csv, fileStem, percent, whole } from "../../kit/wire/format.js";
import { selection } from "../../kit/wire/selection.js";
import { shown } from "../../kit/wire/shown.js";
import { boxRows, byPrefix, idOf, idRows, nodeAt, prefixTree } from "../../kit/wire/prefix_tree.js";
import { drawBand } from "../../kit/draw/prefix_tree.js";
import { listenForWindow } from "./pan.js";
import { toTime, toX } from "../../kit/draw/time.js";

const ORIGIN = "player";
const [ROW, GAP, KINDS, LISTED, NEAREST] = [58, 3, 14, 40, 12];
const HINT = "Each row is a level, each box a prefix, as wide as it has items. Click a box to see who shares it; scroll to zoom.";

export class ItemsPlayer extends Component {
  constructor(root, desk) {
    super();
    this.root = root;
    this.desk = desk;
    this.value = this.tree = this.window = this.pointed = null;
    this.levels = [];
    this.build();
    this.pointer();
    this.own(selection.subscribe(() => this.follow()));
    this.own(shown.subscribe(() => this.takeLevels()));
  }

  build() {
    this.find = h("input", { type: "search", class: "dte-player-find", placeholder: "Find an item", "aria-label": "Find an item by its name" });
    this.listen(this.find, "change", () => this.search(this.find.value));
    this.reset = h("button", { type: "button", class: "dte-link", hidden: true, onclick: () => this.setWindow(null) }, "Whole tree");
    const save = h("button", { type: "button", class: "dte-link", onclick: () => this.save() }, "Ids, CSV");
    const words = "Tree of semantic ids: a row for each level. Left and right arrows move from item to item, up and down from level to level.";
    this.field = h("div", { class: "dte-player-stage", tabindex: 0, role: "application", "aria-label": words });
    const painter = this.part(new Painter(() => this.count()));
    this.stage = this.part(new Stage(this.field, { base: (ctx) => this.drawBase(ctx), marks: (ctx) => this.drawMarks(ctx) }, { finest: 3, painter }));
    this.readout = h("p", { class: "dte-player-readout", "data-part": "readout" }, HINT);
    this.key = h("p", { class: "dte-player-kinds" });
    this.heading = h("h4", { class: "dte-player-shared" });
    this.list = h("ul", { class: "dte-player-items" });
    this.nearHeading = h("h4", { class: "dte-player-shared" });
    this.nearList = h("ul", { class: "dte-player-items", "data-part": "near" });
    this.caption = h("p", { class: "dte-player-caption" });
    this.chart = this.treeChart();
    this.lists = h("div", { class: "dte-player-lists" }, h("div", {}, this.heading, this.list), h("div", {}, this.nearHeading, this.nearList));
    const tools = h("div", { class: "dte-player-tools" }, this.find, save, this.reset);
    this.body = h("div", {}, h("h3", {}, "Semantic ids"), tools, this.field, this.readout, this.key, this.lists, this.caption, this.chart.element);
  }

  /** The tree as a figure, with its numbers as a table and its files. */
  treeChart() {
    const rows = () =>
      this.tree
        ? boxRows(
            this.tree,
            this.levels.map(({ indices }) => indices),
          )
        : [];
    const head = ["prefix", "codes", "items", "share of all"];
    const chart = chartFigure("prefix_tree", "Tree of semantic ids", {
      files: { stem: () => fileStem(shown.model?.title ?? "items", "prefix-tree"), about: () => shown.model?.title ?? "" },
      csv: () => csv(head, rows()),
      table: {
        head,
        rows: (most) =>
          rows()
            .slice(0, most)
            .map((row) => row.map((cell, i) => (i === 3 ? percent(cell, 1) : String(cell)))),
        total: () => rows().length,
      },
      chart: {
        className: "dte-items-chart",
        ask: (theme) => this.desk.figure("tokens", { figure: "prefix_tree", theme }),
        on: {
          pick: ([item]) => item !== undefined && this.tree && this.choose({ item, level: Math.min(selection.state.level, this.levels.length - 1) }),
          shown: ({ layout }) => chart.say(layout.meta.words),
        },
      },
    });
    this.part(chart.chart);
    return chart;
  }

  load(value) {
    if (this.value?.key !== value.key) this.window = null;
    this.value = value;
    this.near = value.near && unpack(value.near);
    this.category = value.category ? { names: value.category.names, of: unpack(value.category.of).array } : null;
    const swatch = (name, i) => h("span", {}, h("i", { style: `background: rgb(${this.kindColour(i)})` }), name);
    this.key.replaceChildren(...(this.category ? ["Category: ", ...this.category.names.map(swatch)] : []));
    this.key.hidden = !this.category;
    say(this.caption, value.caption);
    this.caption.hidden = !value.caption;
    this.takeLevels();
  }

  stop() {
    this.value = this.tree = null;
  }

  takeLevels() {
    const { model } = shown;
    const fits = this.value && model?.place?.kind === "items" && model.levels.every(({ indices }) => indices.length === this.value.count);
    if (!fits) return;
    if (this.levels !== model.levels) {
      this.levels = model.levels;
      this.tree = prefixTree(model.levels.map(({ indices }) => indices));
      this.chart.refresh();
    }
    this.field.style.height = `${this.levels.length * (ROW + GAP) + (this.category ? KINDS : 0)}px`;
    this.stage.redraw();
    this.fillList();
  }

  kindColour(kind) {
    return colormap("viridis", (kind + 0.5) / Math.max(1, this.category.names.length));
  }

  nameOf(item) {
    return this.value.names[item] ?? `item ${whole(item + 1)}`;
  }

  get view() {
    return this.window ?? { from: 0, to: this.value.count };
  }

  setWindow(window) {
    this.window = window !== null && window.to - window.from >= this.value.count - 1e-6 ? null : window;
    this.reset.hidden = this.window === null;
    this.stage.redraw();
  }

  frame() {
    const { W, theme } = this.stage.size;
    return this.value && this.tree && W > 20 ? { window: this.view, width: W, theme } : null;
  }

  drawBase(ctx) {
    const frame = this.frame();
    if (!frame) return;
    this.levels.forEach(({ palette }, q) => drawBand(ctx, frame, this.tree.nodes[q], palette, { top: q * (ROW + GAP), height: ROW }));
    if (!this.category) return;
    const top = this.levels.length * (ROW + GAP);
    const { from, to } = frame.window;
    const step = Math.max(1, (to - from) / frame.width);
    for (let at = Math.floor(from); at < to; at += step) {
      const [left, right] = [at, at + step].map((one) => toX(frame.window, one, frame.width));
      ctx.fillStyle = `rgb(${this.kindColour(this.category.of[this.tree.order[Math.floor(at)]])})`;
      ctx.fillRect(left, top, Math.max(1, right - left), KINDS - 4);
    }
  }

  drawMarks(ctx) {
    const frame = this.frame();
    if (!frame) return;
    const { code, token, hoverCode, hoverToken } = selection.state;
    const lit = hoverCode === null ? { code, token } : { code: hoverCode, token: hoverToken };
    const { window, width, theme } = frame;
    const box = (q, { first, end }) => {
      const [left, right] = [first, end].map((at) => toX(window, at, width));
      return /** @type {[number, number, number, number]} */ ([left, q * (ROW + GAP), Math.max(1.5, right - left), ROW]);
    };
    const level = Math.min(selection.state.level, this.levels.length - 1);
    if (lit.code !== null && lit.token === null) {
      ctx.globalAlpha = 0.66;
      ctx.fillStyle = theme.surface;
      ctx.fillRect(0, level * (ROW + GAP), width, ROW);
      ctx.globalAlpha = 1;
      for (const node of this.tree.nodes[level]) if (node.code === lit.code) ctx.clearRect(...box(level, node));
    }
    if (lit.token === null || lit.token >= this.value.count) return;
    for (let q = 0; q < this.levels.length; q++) {
      const node = nodeAt(this.tree.nodes[q], this.tree.place[lit.token]);
      if (node) outline(ctx, (c) => c.rect(...box(q, node)), q === level ? 3 : 1.5);
    }
  }

  /** How often something was drawn, for whoever waits for it. */
  count() {
    if (this.frame()) this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
  }

  // The pointer and the keyboard.
  under(event) {
    const frame = this.frame();
    if (!frame) return null;
    const [x, y] = this.stage.at(event);
    const level = Math.min(this.levels.length - 1, Math.floor(y / (ROW + GAP)));
    const at = Math.floor(toTime(frame.window, x, frame.width));
    if (level < 0 || at < 0 || at >= this.value.count) return null;
    return { level, item: this.tree.order[at], node: nodeAt(this.tree.nodes[level], at), at };
  }

  pointer() {
    listenForWindow(this, () => this.value.count);
    this.listen(this.field, "keydown", (event) => this.pressKey(event));
  }

  point(under) {
    this.pointed = under;
    if (under) selection.hover({ code: this.levels[under.level].indices[under.item], token: under.item, origin: ORIGIN });
    else selection.hover({ origin: ORIGIN });
    const shared = under?.node ? `${countOf(under.node.end - under.node.first, "item")} share the first ${under.level + 1}` : "";
    say(
      this.readout,
      under
        ? `${this.nameOf(under.item)}: ${idOf(
            this.levels.map(({ indices }) => indices),
            under.item,
          )} · ${shared}`
        : HINT,
    );
    this.stage.remark();
  }

  choose(under) {
    if (!under) return;
    selection.set({ level: under.level, code: this.levels[under.level].indices[under.item], token: under.item, origin: ORIGIN });
  }

  pressKey(event) {
    if (!this.tree || event.altKey || event.ctrlKey || event.metaKey) return;
    const { token, level } = selection.state;
    const at = token === null ? 0 : this.tree.place[token];
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
    if (event.key === "Escape") selection.set({ pinned: false, origin: ORIGIN });
    else if (event.key === "0") this.setWindow(null);
    else if (by || down) {
      const item = this.tree.order[Math.min(Math.max(at + by, 0), this.value.count - 1)];
      this.choose({ item, level: Math.min(Math.max(level + down, 0), this.levels.length - 1) });
    } else return;
    event.preventDefault();
  }

  search(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted || !this.tree) return;
    const item = this.value.names.findIndex((name) => name.toLowerCase().includes(wanted));
    if (item < 0) return void say(this.readout, `No item here has “${text.trim()}” in its name.`);
    this.choose({ item, level: this.levels.length - 1 });
  }

  follow() {
    if (!this.tree) return;
    this.stage.remark();
    this.fillList();
  }

  /** The items that share the prefix of the chosen one up to the level. */
  fillList() {
    const { token, level: chosen } = selection.state;
    const level = Math.min(chosen, this.levels.length - 1);
    const key = `${this.value?.key} ${token} ${level}`;
    if (key === this.listed) return;
    this.listed = key;
    const node = token === null || !this.tree || token >= this.value.count ? null : nodeAt(this.tree.nodes[level], this.tree.place[token]);
    this.lists.hidden = !node;
    if (!node) return;
    this.fillNear(token, level);
    const indices = this.levels.map((one) => one.indices);
    const items = Array.from(this.tree.order.subarray(node.first, node.end));
    const prefix = idOf(indices.slice(0, level + 1), token);
    const more = items.length > LISTED ? `, of which ${LISTED} are listed` : "";
    say(this.heading, `${countOf(items.length, "item")} with ${prefix}${more}`);
    const row = (item) =>
      h(
        "li",
        { "aria-current": item === token ? "true" : null },
        h("button", { type: "button", class: "dte-link", onclick: () => this.choose({ item, level }) }, this.nameOf(item)),
        h("span", {}, `${this.category ? `${this.category.names[this.category.of[item]]} · ` : ""}${idOf(indices, item)}`),
      );
    this.list.replaceChildren(...items.slice(0, LISTED).map(row));
  }

  /** The items that share the longest prefix with the chosen one, and how many of its nearest by vectors share as much. */
  fillNear(token, level) {
    const indices = this.levels.map((one) => one.indices);
    const close = new Set(this.near ? this.near.array.subarray(token * this.near.shape[1], (token + 1) * this.near.shape[1]) : []);
    const found = byPrefix(indices, token, NEAREST);
    const same = [...close].filter((item) => indices[0][item] === indices[0][token]).length;
    const kept = this.near ? ` Of the ${close.size} nearest by their vectors ${same} ${same === 1 ? "has" : "have"} the same first code.` : "";
    say(this.nearHeading, `Nearest to ${this.nameOf(token)} by shared prefix.${kept}`);
    const row = ([item, shared]) =>
      h(
        "li",
        {},
        h("button", { type: "button", class: "dte-link", onclick: () => this.choose({ item, level }) }, this.nameOf(item)),
        h("span", {}, `${countOf(shared, "code")} shared · ${idOf(indices, item)}${close.has(item) ? " · also near by its vector" : ""}`),
      );
    this.nearList.replaceChildren(...(found.length ? found.map(row) : [h("li", {}, "No other item shares its first code.")]));
  }

  save() {
    if (!this.tree) return;
    const categories = this.category ? Array.from(this.category.of, (kind) => this.category.names[kind]) : null;
    const header = ["item", ...(categories ? ["category"] : []), ...this.levels.map((_, q) => `code_${q + 1}`)];
    const rows = idRows(
      this.levels.map(({ indices }) => indices),
      this.value.names,
      categories,
    );
    saveText(csv(header, rows), `${fileStem(shown.model.title)}-semantic-ids.csv`);
  }
}
