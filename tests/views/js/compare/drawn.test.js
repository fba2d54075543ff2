import assert from "node:assert/strict";
import test from "node:test";
import { numberOf } from "../../../../explorer/views/compare/beneath.js";
import { detailsFor, headingOf } from "../../../../explorer/views/compare/details.js";
import { seriesGeometry } from "../../../../explorer/views/kit/draw/series_lanes.js";
import { linesOf, paneGeometry } from "../../../../explorer/views/compare/drawn_series.js";
import { graphsOf } from "../../../../explorer/views/compare/drawn_graph.js";
import { treesOf } from "../../../../explorer/views/compare/drawn_items.js";
import { nextState, FIRST, ownState, queryOf } from "../../../../explorer/views/compare/model.js";
import { waysTo } from "../../../../explorer/views/kit/wire/graph.js";
import { byPrefix } from "../../../../explorer/views/kit/wire/prefix_tree.js";

const shaped = (array, shape) => Object.assign(array, { shape });

test("lanes fill a pane and leave room for the axis", () => {
  const { lanes, gutter, axis } = paneGeometry(3, 500, 320);
  assert.deepEqual(
    lanes.map(({ top }) => top),
    [0, 100, 200],
  );
  assert.equal(lanes[0].curve, 94);
  assert.equal(axis, 300);
  assert.ok(gutter > paneGeometry(3, 300, 320).gutter);
  assert.equal(paneGeometry(3, 300, 320).gutter, seriesGeometry(3, 300).gutter, "an error and its unit have room on both pages");
});

test("a row of a series is told in all panes, in units and as a difference", () => {
  const drawn = {
    rows: 3,
    rate: 2,
    left: 0,
    columns: [
      { name: "hip", unit: "deg", low: 0, high: 9 },
      { name: "knee", unit: "", low: 0, high: 9 },
    ],
    errors: { a: [1, 2] },
    values: { "": shaped(Float32Array.from([1, 2, 3, 4, 5, 6]), [2, 3]), a: shaped(Float32Array.from([1, 2.5, 3, 4, 5, 2]), [2, 3]) },
  };
  const found = linesOf({ drawn, width: 960, panes: [{ tokenizer: "a" }] });
  assert.equal(
    found.say({ row: 1, column: 0 }, (id) => id.toUpperCase()),
    "0.50 s, hip in deg: original 2.00 · A 2.50 (+0.500)",
  );
  assert.match(
    found.say({ row: 2, column: 1 }, (id) => id),
    /knee: original 6.00 · a 2.00 \(−4.00\)/,
  );
  assert.deepEqual(found.markOf(2), { row: 2, column: 0 });
  assert.equal(found.markOf(3), null);
  assert.deepEqual(found.worst({ worst: [0, 100, 200, 80] }).box, [0, 100, 1, 80]);
  assert.deepEqual([...found.get("a").decoded[1]], [4, 5, 2]);
});

test("items that share the longest prefix come first", () => {
  const levels = [Uint32Array.from([1, 1, 1, 2, 1]), Uint32Array.from([5, 5, 6, 5, 5]), Uint32Array.from([7, 8, 7, 7, 7])];
  assert.deepEqual(byPrefix(levels, 0, 3), [
    [4, 3],
    [1, 2],
    [2, 1],
  ]);
  assert.deepEqual(byPrefix(levels, 3, 3), []);
  const drawn = {
    count: 5,
    names: ["a", "b", "c", "d", "e"],
    category: null,
    near: null,
    xy: shaped(new Float32Array(10), [5, 2]),
    ids: { t: shaped(Uint32Array.from(levels.flatMap((one) => [...one])), [3, 5]) },
    sizes: { t: [9, 9, 9] },
  };
  const found = treesOf({ drawn, width: 700, panes: [{ tokenizer: "t" }] });
  assert.equal(
    found.say({ item: 2 }, (id) => id),
    "c: t 1 · 6 · 7",
  );
  assert.deepEqual(found.worst({ worst: [0, 280, 90, 140] }).mark, { item: 2 });
  assert.equal(found.blind, false);
});

test("ways lead over the edges that are drawn, and a node is told by each tokenizer", () => {
  // A path 0-1-2-3, of which 4 stands apart.
  const placeOf = new Map([0, 1, 2, 3, 4].map((node) => [node, node]));
  const graph = { drawn: Uint32Array.from([0, 1, 2, 3, 4]), pairs: Uint32Array.from([0, 1, 1, 2, 2, 3]), placeOf };
  assert.deepEqual(waysTo(graph, 0, [2, 0, 4]), [[0, 1, 2], [0]]);
  assert.deepEqual(waysTo(graph, 9, [0]), []);
  const drawn = {
    nodes: 5,
    drawn: graph.drawn,
    xy: new Float32Array(10),
    pairs: graph.pairs,
    named: null,
    names: ["a", "b", "c", "d", "e"],
    groups: null,
    relations: [],
    left: 0,
    tuples: {
      t: {
        anchors: shaped(Int32Array.from([0, 0, 0, 0, -1]), [5, 1]),
        distances: shaped(Int32Array.from([0, 1, 2, 3, -1]), [5, 1]),
        relations: shaped(new Int32Array(0), [5, 0]),
        nodes: [1],
        hash: Uint32Array.from([0, 1, 2, 2, 3]),
      },
    },
  };
  const found = graphsOf({ drawn, width: 384, panes: [{ tokenizer: "t" }] });
  assert.equal(
    found.say({ node: 2 }, () => "T"),
    "c: T: b (2 edges); tuple shared by 1 other node",
  );
  assert.equal(
    found.say({ node: 4 }, () => "T"),
    "e: T: no anchor within reach",
  );
  assert.equal(found.original, false);
});

test("details are those of the baseline that is chosen, or of the first", () => {
  const details = [
    { key: "x", baseline: "" },
    { key: "a", baseline: "a" },
    { key: "b", baseline: "b" },
  ];
  const keys = (base) => detailsFor(details, base).map(({ key }) => key);
  assert.deepEqual(keys("b"), ["x", "b"]);
  assert.deepEqual(keys(""), ["x", "a"]);
  assert.deepEqual(keys("gone"), ["x", "a"]);
});

test("what is chosen travels in a link, and goes with its medium", () => {
  assert.equal(numberOf({ node: 0 }), 0);
  const state = nextState({ ...FIRST, media: "sample:walk" }, { pin: 0 });
  assert.equal(queryOf("", state), "media=sample%3Awalk&pin=0");
  assert.equal(ownState("?pin=0").pin, 0);
  assert.equal(nextState(state, { media: "sample:reach" }).pin, null);
});

test("a table against a baseline names it, and another keeps its title", () => {
  const title = (id) => ({ "items-rq": "RQ-VAE, $& ids" })[id];
  assert.equal(headingOf({ title: "Against items-rq: share assigned anew", baseline: "items-rq" }, title), "Against RQ-VAE, $& ids: share assigned anew");
  assert.equal(headingOf({ title: "Coverage by prefix", baseline: "" }, title), "Coverage by prefix");
});
