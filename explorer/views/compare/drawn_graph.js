// @ts-check
// Graphs on the compare page: the same nodes at the same places in every pane, with the anchors that each tokenizer chose.
// Colours tell how many edges a node is from its nearest anchor.

import { colormap } from "../kit/draw/colormaps.js";
import { drawChosen, drawGraph, radiusOf } from "../kit/draw/graph.js";
import { countOf } from "../kit/wire/format.js";
import { anchorText, nodeUnder, readNodes, relationText, sharersOf, waysTo } from "../kit/wire/graph.js";
import { DrawnPane } from "./drawn_pane.js";

const [REACH_PX, PAD, BESIDE] = [14, 18, 4]; // BESIDE: edges from which on the colour is the same

class GraphPane extends DrawnPane {
  size(W, H) {
    const size = super.size(W, H);
    return size && { ...size, pad: PAD };
  }

  placing(frame) {
    const { xy } = this.source.graph;
    return (i) => frame.place(xy[2 * i] * frame.w, (1 - xy[2 * i + 1]) * frame.h);
  }

  scene(frame) {
    const { graph, level } = this.source;
    const radius = radiusOf(graph.drawn.length, frame.W, frame.H) * Math.min(2, Math.sqrt(frame.view.zoom));
    return { graph, level, at: this.placing(frame), radius, theme: this.theme, W: frame.W, H: frame.H, written: [] };
  }

  hit(_x, _y, frame, px, py) {
    if (!this.source) return null;
    const node = nodeUnder(this.source.graph, this.placing(frame), px, py, REACH_PX);
    return node < 0 ? null : { node };
  }

  drawBase(ctx, frame) {
    drawGraph(ctx, this.scene(frame));
  }

  drawOverlay(ctx, frame) {
    const { mark, source } = this;
    if (!mark) return drawChosen(ctx, this.scene(frame), { code: null, token: null, anchors: [], ways: [], sharers: [] });
    const { anchors } = source.tupleOf(mark.node);
    const ways = waysTo(
      source.graph,
      mark.node,
      anchors.map(({ node }) => node),
    );
    return drawChosen(ctx, this.scene(frame), { code: 0, token: mark.node, anchors, ways, sharers: sharersOf(source.graph, mark.node) });
  }
}

/** See `openDrawn`. */
export function graphsOf({ drawn, width, panes }) {
  const ids = panes.map(({ tokenizer }) => tokenizer);
  const nodes = readNodes(drawn);
  const palette = Uint8Array.from(
    Array.from({ length: BESIDE + 2 }, (_, far) => (far > BESIDE ? [128, 128, 128] : colormap("viridis", 1 - far / BESIDE))).flat(),
  );
  const sourceOf = (id) => {
    const { anchors: near, distances: far, relations: kinds, nodes: chosen, hash } = drawn.tuples[id];
    const graph = { ...nodes, anchors: chosen, anchorAt: new Map(chosen.map((node, place) => [node, place])), hash };
    const [k, m] = [near.shape[1], kinds.shape[1]];
    const indices = Uint8Array.from({ length: drawn.nodes }, (_, node) => (far[node * k] < 0 ? BESIDE + 1 : Math.min(BESIDE, far[node * k])));
    const tupleOf = (node) => ({
      anchors: Array.from({ length: k }, (_, i) => node * k + i)
        .filter((at) => near[at] >= 0)
        .map((at) => ({ node: chosen[near[at]], name: nodes.nameOf(chosen[near[at]]), distance: far[at] })),
      relations: Array.from({ length: m }, (_, i) => kinds[node * m + i])
        .filter((code) => code >= 0)
        .map((code) => drawn.relations[code]),
    });
    return { unit: width, graph, level: { indices, palette, tokensOf: () => [] }, tupleOf };
  };
  const sources = Object.fromEntries(ids.map((id) => [id, sourceOf(id)]));
  const told = (id, node) => {
    const tuple = sources[id].tupleOf(node);
    const others = sharersOf(sources[id].graph, node).length;
    const relations = tuple.relations.length ? `; ${relationText(tuple)}` : "";
    return `${anchorText(tuple)}${relations}${others ? `; tuple shared by ${countOf(others, "other node")}` : ""}`;
  };
  return {
    ...{ width, height: width, ids, original: false, first: "", blind: false, Pane: GraphPane },
    ratio: 1.15,
    get: (id) => sources[id] ?? null,
    hint:
      "Ringed: anchors. Colours: edges to the nearest anchor, from yellow (itself) to violet (4 or more), grey where none is within reach. Point at a node to see its anchors in all panes." +
      `${drawn.left ? ` ${drawn.left.toLocaleString("en-US")} nodes are not drawn; figures are of all.` : ""}`,
    say: ({ node }, title) => `${nodes.nameOf(node)}: ${ids.map((id) => `${title(id)}: ${told(id, node)}`).join(" | ")}`,
    markOf: (node) => (node < drawn.nodes ? { node } : null),
    worst: () => null,
  };
}
