import assert from "node:assert/strict";
import test from "node:test";
import { boxRows, idOf, idRows, nodeAt, prefixTree } from "../../../../explorer/views/kit/wire/prefix_tree.js";

const LEVELS = [
  [1, 1, 1, 1, 0, 0, 0],
  [2, 2, 2, 5, 2, 2, 2],
  [3, 3, 4, 3, 3, 3, 3],
];

test("every prefix is one run, the fullest first", () => {
  const { order, place, nodes } = prefixTree(LEVELS);
  assert.deepEqual([...order], [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(nodes[0], [
    { code: 1, first: 0, end: 4 },
    { code: 0, first: 4, end: 7 },
  ]);
  assert.deepEqual(
    nodes[2].map(({ code, first, end }) => [code, end - first]),
    [
      [3, 2],
      [4, 1],
      [3, 1],
      [3, 3],
    ],
  );
  order.forEach((item, at) => assert.equal(place[item], at));
});

test("a place is in one node of each level", () => {
  const { nodes } = prefixTree(LEVELS);
  for (const level of nodes) for (const node of level) for (let at = node.first; at < node.end; at++) assert.equal(nodeAt(level, at), node);
  assert.equal(nodeAt(nodes[0], 7), null);
});

test("ids are told in words and in a table", () => {
  assert.equal(idOf(LEVELS, 3), "1 · 5 · 3");
  assert.deepEqual(idRows(LEVELS, ["a"], null)[0], ["a", 1, 2, 3]);
  assert.deepEqual(idRows(LEVELS, [], Array(7).fill("x"))[6], ["item 7", "x", 0, 2, 3]);
});

test("no items have no tree", () => {
  assert.equal(prefixTree([[], []]).order.length, 0);
});

test("every box of a tree is a row of its table", () => {
  const levels = [Uint32Array.from([1, 1, 2]), Uint32Array.from([5, 6, 5])];
  assert.deepEqual(boxRows(prefixTree(levels), levels), [
    ["1", 1, 2, 2 / 3],
    ["2", 1, 1, 1 / 3],
    ["1 · 5", 2, 1, 1 / 3],
    ["1 · 6", 2, 1, 1 / 3],
    ["2 · 5", 2, 1, 1 / 3],
  ]);
});
