// @ts-check
// A graph as the player reads it: which nodes are drawn where, and what the tuple of each says. Pure. See graph.py.

import { unpack } from "./encoding.js";
import { countOf, csv } from "./format.js";

const arrayOf = (packed) => (ArrayBuffer.isView(packed) ? packed : unpack(packed).array); // a bus unpacks what it brings

/** Where nodes stand and what they are called, unpacked once: {nodes, drawn, xy, pairs, named, names, groups} and how to
 *  ask for a node. */
export function readNodes(value) {
  const drawn = arrayOf(value.drawn);
  const named = value.named ? arrayOf(value.named) : null;
  const at = named && new Map(Array.from(named, (node, i) => [node, i]));
  const rowOf = (node) => (at ? (at.get(node) ?? -1) : node);
  return {
    ...value,
    drawn,
    xy: arrayOf(value.xy),
    pairs: arrayOf(value.pairs),
    placeOf: new Map(Array.from(drawn, (node, i) => [node, i])),
    nameOf: (node) => value.names[rowOf(node)] ?? `node ${node + 1}`,
    groupOf: (node) => value.groups?.of[rowOf(node)] ?? -1,
  };
}

/** The value of the player, unpacked once. */
export function readGraph(value) {
  return { ...readNodes(value), hash: unpack(value.hash).array, anchorAt: new Map(value.anchors.map((node, place) => [node, place])) };
}

/** The shortest ways from a node to others over the edges that are drawn, each [node, ..., end]; one that is not reached so
 *  is left out. Pure. */
export function waysTo({ drawn, pairs, placeOf }, node, ends) {
  const start = placeOf.get(node);
  if (start === undefined) return [];
  const beside = Array.from(drawn, () => []);
  for (let i = 0; i < pairs.length; i += 2) {
    beside[pairs[i]].push(pairs[i + 1]);
    beside[pairs[i + 1]].push(pairs[i]);
  }
  const from = new Map([[start, -1]]);
  for (let queue = [start]; queue.length; ) {
    const next = [];
    for (const at of queue)
      for (const other of beside[at])
        if (!from.has(other)) {
          from.set(other, at);
          next.push(other);
        }
    queue = next;
  }
  return ends.flatMap((end) => {
    const way = [];
    for (let at = placeOf.get(end) ?? -1; at >= 0 && from.has(at); at = from.get(at)) way.unshift(drawn[at]);
    return way[0] === node ? [way] : [];
  });
}

/** The other nodes of the same tuple, in their order. */
export function sharersOf(graph, node) {
  const found = [];
  for (let other = 0; other < graph.hash.length; other++) if (graph.hash[other] === graph.hash[node] && other !== node) found.push(other);
  return found;
}

/** How many nodes have each tuple: Uint32Array by its number. */
function countTuples(graph) {
  const counts = new Uint32Array(graph.hash.reduce((most, one) => Math.max(most, one), 0) + 1);
  for (const one of graph.hash) counts[one] += 1;
  return counts;
}

/** {anchors: [{place, node, name, distance}], relations: [words]} of a node. levels: of the page's model; kinds: what each
 *  holds, such as "1st anchor". The last code of a level is "none" and left out. */
export function tupleOf(graph, levels, kinds, node) {
  const codes = (kind) => levels.filter((_, i) => kinds[i].endsWith(kind)).map((level) => [level.indices[node], level.K - 1]);
  const far = codes("distance");
  const anchors = codes("anchor").flatMap(([place, none], i) =>
    place === none ? [] : [{ place, node: graph.anchors[place], name: graph.anchor_names[place], distance: far[i][0] }],
  );
  const relations = codes("relation").flatMap(([code, none]) => (code === none ? [] : [graph.relations[code] ?? `relation ${code}`]));
  return { anchors, relations };
}

const edgesAway = (distance) => (distance === 0 ? "itself" : countOf(distance, "edge"));

/** "member 34 (1 edge), member 1 (2 edges)" */
export const anchorText = ({ anchors }) => anchors.map(({ name, distance }) => `${name} (${edgesAway(distance)})`).join(", ") || "no anchor within reach";

export const relationText = ({ relations }) => relations.join(", ");

/** Who has the same tuple, in a sentence. */
export function sharedText(graph, node, most = 6) {
  const others = sharersOf(graph, node);
  if (others.length === 0) return "No other node has this tuple.";
  const shown = others.slice(0, most).map(graph.nameOf).join(", ");
  const rest = others.length > most ? ` and ${countOf(others.length - most, "other")}` : "";
  return `${countOf(others.length, "other node has", "other nodes have")} this tuple, and tokens do not tell them apart: ${shown}${rest}.`;
}

/** Nodes to list: those whose name or number has `text` in it, or only those that share their tuple; `most` at most.
 *  -> {nodes, found}: found: how many there are in all. */
export function findNodes(graph, { text = "", shared = false, most = 100 } = {}) {
  const wanted = text.trim().toLowerCase();
  const counts = shared ? countTuples(graph) : null;
  const nodes = [];
  let found = 0;
  for (let node = 0; node < graph.nodes; node++) {
    if (counts && counts[graph.hash[node]] < 2) continue;
    if (wanted && !graph.nameOf(node).toLowerCase().includes(wanted)) continue;
    found += 1;
    if (!counts && nodes.length >= most) continue;
    nodes.push(node);
  }
  if (counts) nodes.sort((a, b) => counts[graph.hash[b]] - counts[graph.hash[a]] || graph.hash[a] - graph.hash[b] || a - b);
  return { nodes: nodes.slice(0, most), found };
}

/** One row a node: its number, name, the codes of its places, and how many nodes have its tuple. */
export function tokensCsv(graph, levels, kinds) {
  const counts = countTuples(graph);
  const header = ["node", "name", ...kinds.map((kind) => kind.replaceAll(" ", "_")), "tuple", "nodes_of_the_tuple"];
  const rows = Array.from({ length: graph.nodes }, (_, node) => {
    const codes = levels.map((level) => (level.indices[node] === level.K - 1 ? "" : level.indices[node]));
    return [node, graph.nameOf(node), ...codes, graph.hash[node], counts[graph.hash[node]]];
  });
  return csv(header, rows);
}

/** The node that is drawn nearest to (px, py), if it is within `reach`; -1 for none. at(i) -> [x, y] on the screen. */
export function nodeUnder(graph, at, px, py, reach) {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < graph.drawn.length; i++) {
    const [x, y] = at(i);
    const far = (x - px) ** 2 + (y - py) ** 2;
    if (far <= least) [least, best] = [far, graph.drawn[i]];
  }
  return best;
}
