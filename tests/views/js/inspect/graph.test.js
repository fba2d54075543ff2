import assert from "node:assert/strict";
import test from "node:test";
import { gridCaption, sentence } from "../../../../explorer/views/kit/wire/format.js";
import { placeText } from "../../../../explorer/views/kit/wire/places.js";
import { anchorText, findNodes, nodeUnder, readGraph, sharedText, sharersOf, tokensCsv, tupleOf } from "../../../../explorer/views/kit/wire/graph.js";
import { drawChosen, radiusOf } from "../../../../explorer/views/kit/draw/graph.js";

const pack = (array, shape, dtype) => ({ dtype, shape, data: Buffer.from(array.buffer).toString("base64") });
const ints = (list, shape = [list.length]) => pack(Uint32Array.from(list), shape, "uint32");

// A path a-b-c-d with the anchors a and d; b and c share no tuple, "e" and "f" stand apart and share theirs.
const VALUE = {
  key: "one",
  nodes: 6,
  drawn: ints([0, 1, 2, 3]),
  xy: pack(Float32Array.from([0, 0, 0.3, 0, 0.6, 0, 1, 1]), [4, 2], "float32"),
  pairs: ints([0, 1, 1, 2, 2, 3], [3, 2]),
  named: null,
  names: ["a", "b", "c", "d", "e", "f"],
  groups: { names: ["left", "right"], of: [0, 0, 1, 1, 1, 1] },
  anchors: [0, 3],
  anchor_names: ["a", "d"],
  relations: ["next →", "next ←"],
  hash: ints([0, 1, 2, 3, 4, 4]),
  caption: "",
};
const level = (indices, K) => ({ indices: Uint32Array.from(indices), K, palette: new Uint8Array(3 * K), tokensOf: () => [] });
const KINDS = ["1st anchor", "2nd anchor", "1st distance", "2nd distance", "1st relation"];
const LEVELS = [
  level([0, 0, 1, 1, 2, 2], 3),
  level([1, 1, 0, 0, 2, 2], 3),
  level([0, 1, 1, 0, 9, 9], 10),
  level([3, 2, 2, 3, 9, 9], 10),
  level([0, 0, 0, 1, 2, 2], 3),
];

test("a tuple names its anchors with their distances, and its relations; none is left out", () => {
  const graph = readGraph(VALUE);
  const tuple = tupleOf(graph, LEVELS, KINDS, 1);
  assert.deepEqual(tuple, {
    anchors: [
      { place: 0, node: 0, name: "a", distance: 1 },
      { place: 1, node: 3, name: "d", distance: 2 },
    ],
    relations: ["next →"],
  });
  assert.equal(anchorText(tuple), "a (1 edge), d (2 edges)");
  assert.equal(anchorText(tupleOf(graph, LEVELS, KINDS, 0)), "a (itself), d (3 edges)");
  assert.equal(anchorText(tupleOf(graph, LEVELS, KINDS, 4)), "no anchor within reach");
  assert.deepEqual(tupleOf(graph, LEVELS, KINDS, 4).relations, []);
});

test("who shares a tuple is found, and said with a number", () => {
  const graph = readGraph(VALUE);
  assert.deepEqual(sharersOf(graph, 4), [5]);
  assert.deepEqual(sharersOf(graph, 1), []);
  assert.equal(sharedText(graph, 1), "No other node has this tuple.");
  assert.match(sharedText(graph, 5), /^1 other node has this tuple, and tokens do not tell them apart: e\.$/);
  const many = readGraph({ ...VALUE, hash: ints([0, 0, 0, 0, 0, 0]) });
  assert.match(sharedText(many, 0, 2), /5 other nodes have .*: b, c and 3 others\.$/);
});

test("nodes are listed by name, or only those that share a tuple", () => {
  const graph = readGraph(VALUE);
  assert.deepEqual(findNodes(graph, { text: " C" }), { nodes: [2], found: 1 });
  assert.deepEqual(findNodes(graph, { most: 2 }), { nodes: [0, 1], found: 6 });
  assert.deepEqual(findNodes(graph, { shared: true }), { nodes: [4, 5], found: 2 });
  assert.deepEqual(findNodes(graph, { shared: true, text: "f", most: 1 }), { nodes: [5], found: 1 });
});

test("of a large graph only those that are drawn have names", () => {
  const graph = readGraph({ ...VALUE, nodes: 9, named: ints([2, 7]), names: ["c", "h"], groups: null });
  assert.equal(graph.nameOf(7), "h");
  assert.equal(graph.nameOf(3), "node 4");
  assert.equal(graph.groupOf(7), -1);
});

test("the table of all tuples has a row a node, and nothing where there is none", () => {
  const lines = tokensCsv(readGraph(VALUE), LEVELS, KINDS).trim().split("\n");
  assert.equal(lines[0], "node,name,1st_anchor,2nd_anchor,1st_distance,2nd_distance,1st_relation,tuple,nodes_of_the_tuple");
  assert.equal(lines[2], "1,b,0,1,1,2,0,1,1");
  assert.equal(lines[6], "5,f,,,,,,4,2");
});

test("the node under the pointer is the nearest that is drawn, within reach", () => {
  const graph = readGraph(VALUE);
  const at = (i) => [100 * i, 0];
  assert.equal(nodeUnder(graph, at, 104, 3, 14), 1);
  assert.equal(nodeUnder(graph, at, 150, 0, 14), -1);
});

test("nodes are as large as their number allows", () => {
  assert.equal(radiusOf(4, 800, 500), 9);
  assert.ok(radiusOf(1500, 800, 500) < radiusOf(300, 800, 500) && radiusOf(1e6, 800, 500) === 2);
});

test("the ways that are drawn have gaps where a node is not drawn", () => {
  const calls = [];
  const ctx = new Proxy({}, { get: (_, name) => (name === "measureText" ? () => ({ width: 10 }) : (...args) => calls.push([name, ...args])), set: () => true });
  const scene = { graph: readGraph(VALUE), level: LEVELS[0], at: (i) => [100 * i, 7], radius: 5, theme: {}, W: 900, H: 500, written: [] };
  drawChosen(ctx, scene, { code: 0, token: 1, anchors: [], ways: [[1, 2, 5, 3]], sharers: [] });
  const pairs = calls.findIndex(([name]) => name === "fillRect");
  const lines = calls.slice(pairs).filter(([name]) => name === "moveTo" || name === "lineTo");
  const way = lines.slice(6, 9);
  assert.deepEqual(way, [
    ["moveTo", 100, 7],
    ["lineTo", 200, 7],
    ["moveTo", 300, 7],
  ]);
});

test("names of anchors that lie close are written beside each other, and none over another", () => {
  const boxes = [];
  const own = { measureText: (text) => ({ width: 7 * text.length }), roundRect: (...box) => boxes.push(box.slice(0, 4)) };
  const ctx = new Proxy({}, { get: (_, name) => own[name] ?? (() => {}), set: () => true });
  const graph = readGraph({ ...VALUE, names: ["member 27", "member 34", "member 33", "member 32", "e", "f"] });
  const at = (i) => [300 + [200, 20, 0, 8][i], 200 + [100, 0, 4, 2][i]]; // three anchors within 20 px of each other
  const scene = { graph, level: LEVELS[0], at, radius: 5, theme: {}, W: 900, H: 500, written: [] };
  drawChosen(ctx, scene, { code: 0, token: 0, anchors: [1, 2, 3].map((node) => ({ node })), ways: [], sharers: [] });
  assert.equal(boxes.length, 4);
  boxes.forEach(([x, y, w, h], i) => {
    for (const [ox, oy, ow, oh] of boxes.slice(0, i)) assert.ok(x >= ox + ow || ox >= x + w || y >= oy + oh || oy >= y + h);
  });
});

test("the words of the page speak of nodes and places", () => {
  const place = { kind: "graph", places: KINDS };
  assert.equal(placeText(1203, [40, 40], place), "node 1,204");
  assert.match(gridCaption({ ...LEVELS[0], rows: 2, cols: 3, D: 1, metric: "implicit" }, false, place), /^6 tokens, one a node/);
  assert.equal(sentence({ code: 1, count: 2, total: 6, level: 2, held: "1st distance", noun: "group" }), "1st distance, code 1, 2 of 6 tokens");
});
