// @ts-check
// A graph and the tuples of its nodes: drawn with its anchors, a node with the ways to its own, a table beside it, linked
// with the page. A token of a graph is a node, so a node is chosen as a token is.

import { Component } from "../../kit/component.js";
import { chartFigure } from "../../kit/widgets/chart_figure.js";
import { h, say } from "../../kit/widgets/dom.js";
import { readTheme } from "../../kit/draw/colours.js";
import { Painter } from "../../kit/stage/pace.js";
import { ZoomStage } from "../../kit/stage/zoom.js";
import { mergeLayers, saveCanvas, saveText } from "../../kit/wire/files.js";
import { fileStem } from "../../kit/wire/format.js";
import { selection } from "../../kit/wire/selection.js";
import { shown } from "../../kit/wire/shown.js";
import { drawChosen, drawGraph, radiusOf } from "../../kit/draw/graph.js";
import { anchorText, nodeUnder, readGraph, relationText, sharedText, sharersOf, tokensCsv, tupleOf } from "../../kit/wire/graph.js";
import { AnchorWalk } from "./graph_walk.js";
import { NodeTable } from "./graph_table.js";

const ORIGIN = "player";
const HINT = "Point at a node; click to keep it. Scroll to zoom, drag to move.";
const REACH_PX = 14;
const PAUSE_MS = 120; // Python hears of the last of several choices
const HEIGHT = 1000; // of the plane of nodes; it is as wide as the stage is
const CHARTS = [
  { figure: "tuple_collisions", title: "Nodes of the same tuple" },
  { figure: "anchor_coverage", title: "How far anchors reach" },
];

export class GraphPlayer extends Component {
  constructor(root, desk) {
    super();
    this.root = root;
    this.desk = desk;
    this.graph = null;
    this.levels = [];
    this.kinds = [];
    this.ways = { token: null, list: [] };
    this.tried = this.exampleOf = null;
    this.example = null; // the node that is shown while nobody has chosen one
    this.build();
    this.own(selection.subscribe((state, before) => this.follow(state, before)));
    this.own(shown.subscribe(() => this.takeLevels()));
  }

  build() {
    const words = "The graph: nodes coloured by code, anchors with a ring. Plus and minus zoom, Escape lets go; the table beside it lists the nodes.";
    this.field = h("div", { class: "dte-player-stage dte-graph-stage", tabindex: 0, role: "application", "aria-label": words });
    const painter = this.part(new Painter(() => this.count()));
    const events = {
      moved: (stage) => {
        this.reset.hidden = !stage.zoomed;
        stage.redraw();
      },
      hover: (_, hit) => this.point(hit),
      click: (_, hit) => this.choose(hit.token),
    };
    this.stage = this.part(new ZoomStage(this.field, this.content(), events, { painter }));
    this.listen(this.field, "keydown", (event) => this.pressKey(event));
    this.reset = h("button", { type: "button", class: "dte-link", hidden: true, onclick: () => this.stage.reset() }, "Whole graph");
    const save = (text, title, act) => h("button", { type: "button", class: "dte-link", title, "aria-label": title, onclick: act }, text);
    const tools = h(
      "div",
      { class: "dte-player-tools" },
      this.reset,
      save("PNG", "Save the graph as PNG", () => this.savePng()),
      save("CSV", "Save the tuples of all nodes as CSV", () => this.saveCsv()),
    );
    this.key = h("p", { class: "dte-player-caption" });
    this.readout = h("p", { class: "dte-player-readout", "data-part": "readout" }, HINT);
    this.node = h("div", { class: "dte-graph-node", role: "status" });
    this.table = this.part(
      new NodeTable(
        (node) => this.choose(node),
        (node) => this.point(node === null ? null : { token: node }),
      ),
    );
    this.charts = CHARTS.map((one) => this.figureOf(one));
    const figures = this.charts.map(({ element }) => element);
    this.caption = h("p", { class: "dte-player-caption" });
    this.walk = this.part(
      new AnchorWalk({
        ask: (request) => this.desk.figure("anchors", request),
        show: (nodes) => this.tryAnchors(nodes),
        chosen: () => selection.state.token ?? this.example,
        nameOf: (node) => this.graph?.nameOf(node) ?? "",
      }),
    );
    this.body = h(
      "div",
      {},
      h("div", { class: "dte-graph-head" }, h("h3", {}, "Graph"), tools),
      h(
        "div",
        { class: "dte-graph-sides" },
        h("div", {}, this.field, this.readout, this.key, this.caption, this.walk.element),
        h("div", {}, this.node, this.table.element),
      ),
      h("div", { class: "dte-graph-figures" }, ...figures),
    );
  }

  figureOf({ figure, title }) {
    const files = { stem: () => fileStem(shown.model?.title ?? "graph", figure), about: () => shown.model?.title ?? "" };
    const ask = (theme) => this.desk.figure("tokens", { figure, theme });
    const one = chartFigure(figure, title, { files, chart: { className: "dte-graph-chart", ask, on: { shown: ({ layout }) => one.say(layout.meta.words) } } });
    this.part(one.chart);
    return one;
  }

  load(value) {
    const same = this.graph?.key === value.key;
    this.graph = readGraph(value);
    if (!same) {
      this.ways = { token: null, list: [] };
      this.stage.shared.view = null;
      this.walk.forget();
      this.reset.hidden = true;
    }
    const groups = this.graph.groups?.names ?? [];
    const shapes = groups.length ? ` ${groups.map((name, i) => `${["Round", "Square", "Diamond"][Math.min(i, 2)]}: ${name}.`).join(" ")}` : "";
    say(
      this.key,
      `Ringed: anchors.${shapes} Colours are codes of the place that is chosen above the tokens, first the nearest anchor. This tokenizer has no decoder: a tuple tells where a node stands, not which edges it has.`,
    );
    say(this.caption, value.caption);
    this.caption.hidden = !value.caption;
    this.takeLevels();
    for (const chart of this.charts) chart.refresh();
  }

  /** Anchors to draw instead of those of the tokenizer; null for its own. */
  tryAnchors(nodes) {
    this.tried = nodes && { anchors: nodes, anchorAt: new Map(nodes.map((node, place) => [node, place])) };
    this.root.dataset.anchors = String((nodes ?? this.graph?.anchors ?? []).length);
    this.stage.redraw();
  }

  stop() {
    this.exampleOf = null;
    this.graph = null;
    this.levels = [];
  }

  takeLevels() {
    if (!this.graph) return;
    const { model } = shown;
    const fits = model?.place?.kind === "graph" && model.levels[0].indices.length === this.graph.nodes;
    if (fits && this.exampleOf !== this.graph.key) {
      this.exampleOf = this.graph.key;
      this.example = selection.state.code === null ? (model.opened?.token ?? null) : null;
    }
    this.levels = fits ? model.levels : [];
    this.kinds = fits ? model.place.places : [];
    if (fits) this.table.load(this.graph, this.levels, this.kinds);
    this.chosen();
    this.tell();
    this.stage.redraw();
  }

  get level() {
    return this.levels[Math.min(selection.state.level, this.levels.length - 1)] ?? null;
  }

  /** What the stage shows; see zoom.js. */
  content() {
    return {
      size: (W, H) => this.graph && { w: (HEIGHT * W) / Math.max(1, H), h: HEIGHT, pad: 18 },
      hit: (_x, _y, frame, px, py) => {
        const node = this.level ? nodeUnder(this.graph, this.placing(frame), px, py, REACH_PX) : -1;
        return node < 0 ? null : { token: node };
      },
      drawBase: (ctx, frame) => this.graph && drawGraph(ctx, this.scene(frame)),
      drawOverlay: (ctx, frame) => this.graph && this.level && drawChosen(ctx, this.scene(frame), this.marks()),
    };
  }

  placing(frame) {
    const { xy } = this.graph;
    return (i) => frame.place(xy[2 * i] * frame.w, (1 - xy[2 * i + 1]) * frame.h);
  }

  scene(frame) {
    const zoom = Math.min(2, Math.sqrt(frame.view.zoom));
    const radius = radiusOf(this.graph.drawn.length, frame.W, frame.H) * zoom;
    return {
      graph: this.tried ? { ...this.graph, ...this.tried } : this.graph,
      level: this.level,
      at: this.placing(frame),
      radius,
      theme: readTheme(this.field),
      W: frame.W,
      H: frame.H,
      written: [],
    };
  }

  marks() {
    const { code, token, hoverCode, hoverToken } = selection.state;
    const pinned = token !== null && token < this.graph.nodes;
    const pointed = hoverCode !== null && !(pinned && hoverToken === null && hoverCode === code) && !this.opened({ code: hoverCode, token: hoverToken });
    const lit = pointed ? { code: hoverCode, token: hoverToken } : (this.shownExample() ?? { code, token });
    const known = lit.code !== null && lit.code < this.level.K;
    if (!known) return { code: null, token: null, anchors: [], ways: [], sharers: [] };
    if (lit.token === null) return { code: lit.code, token: null, anchors: [], ways: [], sharers: [] };
    const { anchors } = tupleOf(this.graph, this.levels, this.kinds, lit.token);
    return { code: lit.code, token: lit.token, anchors, ways: this.ways.token === lit.token ? this.ways.list : [], sharers: sharersOf(this.graph, lit.token) };
  }

  /** The node that is shown while nobody has chosen one, with its code of the level; null where somebody has. */
  shownExample() {
    const node = this.example;
    return node === null || selection.state.code !== null ? null : { code: this.level.indices[node], token: node };
  }

  /** Whether it is the code that the page opened with, which nobody has pointed at. */
  opened({ code, token }) {
    const first = shown.model?.opened;
    return selection.state.code === null && Boolean(first) && first.code === code && first.token === token && !this.pointed;
  }

  /** How often something was drawn, for whoever waits for it. */
  count() {
    if (this.graph && this.level) this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
  }

  point(hit) {
    this.pointed = hit !== null;
    if (hit && this.level) selection.hover({ code: this.level.indices[hit.token], token: hit.token, origin: ORIGIN });
    else selection.hover({ origin: ORIGIN });
  }

  choose(node) {
    if (!this.level) return;
    selection.hover({ origin: ORIGIN }); // what was lit while nothing was chosen
    selection.set({ code: this.level.indices[node], token: node, origin: ORIGIN });
    const place = this.graph.placeOf.get(node);
    const frame = this.stage.frame();
    if (place !== undefined && frame) this.stage.reveal(this.graph.xy[2 * place] * frame.w, (1 - this.graph.xy[2 * place + 1]) * frame.h);
  }

  pressKey(event) {
    if (!this.graph || event.altKey || event.ctrlKey || event.metaKey) return;
    const zoom = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") selection.set({ pinned: false, origin: ORIGIN });
    else if (event.key === "0") this.stage.reset();
    else if (zoom) this.stage.zoomBy(zoom);
    else if (step) this.choose(Math.min(Math.max((selection.state.token ?? -1) + step, 0), this.graph.nodes - 1));
    else return;
    event.preventDefault();
  }

  follow(state, before) {
    if (!this.graph) return;
    if (state.level !== before.level) this.stage.redraw();
    if (state.code !== null || before.code !== null) this.example = null; // somebody chose, or let go
    if (state.token !== before.token || state.level !== before.level) this.chosen();
    this.tell();
    this.stage.remark();
  }

  /** What is said of the node under the pointer, here or elsewhere on the page. */
  tell() {
    const { hoverCode: code, hoverToken: node } = selection.state;
    const known = this.level !== null && node !== null && node < this.graph.nodes && !this.opened({ code, token: node });
    say(this.readout, known ? this.sentence(node) : HINT);
  }

  sentence(node) {
    return `${this.graph.nameOf(node)}: ${anchorText(tupleOf(this.graph, this.levels, this.kinds, node))}`;
  }

  /** Another node is chosen, or none: its tuple in words, and the ways to its anchors. */
  chosen() {
    const token = this.graph && this.level ? (selection.state.token ?? this.shownExample()?.token ?? null) : null;
    const there = token !== null && token < this.graph.nodes;
    this.table.light(there ? token : null);
    this.pause?.();
    if (!there) return this.node.replaceChildren(h("p", {}, "Choose a node to see its tuple, the ways to its anchors, and who shares it."));
    this.describe(token);
    if (this.ways.token !== token) this.pause = this.after(() => this.fetchWays(token), PAUSE_MS);
    return undefined;
  }

  describe(token, ways = null, failed = "") {
    const { graph } = this;
    const tuple = tupleOf(graph, this.levels, this.kinds, token);
    Object.assign(this.root.dataset, { edges: tuple.anchors[0]?.distance ?? "", sharers: sharersOf(graph, token).length });
    const group = graph.groups ? ` · ${graph.groups.names[graph.groupOf(token)] ?? ""}` : "";
    const anchor = graph.anchorAt.has(token) ? ` · anchor ${graph.anchorAt.get(token)}` : "";
    const items = tuple.anchors.map(({ name, distance }, i) => {
      const between = ways?.list[i]?.slice(1, -1).map((node) => ways.names[node]) ?? [];
      const over = between.length ? ` over ${between.join(", ")}` : "";
      return h("li", {}, h("strong", {}, name), ` · ${distance === 0 ? "itself" : `${distance} ${distance === 1 ? "edge" : "edges"}${over}`}`);
    });
    this.node.replaceChildren(
      h("p", { class: "dte-graph-name" }, h("strong", {}, graph.nameOf(token)), `${group}${anchor}`),
      tuple.anchors.length ? h("ol", {}, ...items) : h("p", {}, "No anchor is within reach."),
      tuple.relations.length ? h("p", {}, `Relations: ${relationText(tuple)}`) : "",
      h("p", {}, sharedText(graph, token)),
      graph.placeOf.has(token) ? "" : h("p", {}, "It is not among the nodes that are drawn."),
      failed ? h("p", {}, failed) : "",
    );
  }

  async fetchWays(token) {
    const now = () => !this.disposed && this.graph !== null && (selection.state.token ?? this.example) === token;
    try {
      const answer = await this.desk.figure("ways", { position: token });
      if (!now()) return;
      this.ways = { token, list: answer.ways };
      this.describe(token, { list: answer.ways, names: answer.names });
    } catch (error) {
      if (error.stale || !now()) return;
      this.describe(token, null, error.message);
    }
    this.stage.remark();
  }

  savePng() {
    const canvas = mergeLayers(Object.values(this.stage.canvases), readTheme(this.field).surface);
    saveCanvas(canvas, `${fileStem(shown.model?.title ?? "graph", "graph")}.png`);
  }

  saveCsv() {
    if (this.level) saveText(tokensCsv(this.graph, this.levels, this.kinds), `${fileStem(shown.model.title, "tuples")}.csv`);
  }
}
