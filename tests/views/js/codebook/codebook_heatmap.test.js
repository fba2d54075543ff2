import assert from "node:assert/strict";
import test from "node:test";
import { countScale, gridShape, hilbert, layCells, moveCell } from "../../../../explorer/views/codebook/heatmap/grid.js";
import { cellColours, cellMask, cutTile, numberSize, TILE, visibleCells } from "../../../../explorer/views/codebook/heatmap/paint.js";
import { codeWords, heatmapCaption, heatmapTable, legendOf, shownCodes } from "../../../../explorer/views/codebook/heatmap/words.js";
import { percent } from "../../../../explorer/views/kit/wire/format.js";
import { codesIn, DEAD, LIVE, rankOf, tally, termsOf, UNSEEN, usageOrder } from "../../../../explorer/views/codebook/states.js";

const numbers = (K) => Uint32Array.from({ length: K }, (_, i) => i);
const level = (counts, state, more = {}) => ({
  codebook_size: counts.length,
  counts: Uint32Array.from(counts),
  state: Uint8Array.from(state),
  tokens: counts.reduce((a, b) => a + b, 0),
  used: counts.filter((count) => count > 0).length,
  ceiling: counts.length,
  dead: 1,
  unseen: null,
  over_used_from: 50,
  ...more,
});

test("usage order: most used first, ties by number; at 262,144 codes as a plain sort has it", () => {
  assert.deepEqual(Array.from(usageOrder(Uint32Array.from([3, 9, 3, 0]))), [1, 0, 2, 3]);
  const many = Uint32Array.from({ length: 2 ** 18 }, (_, i) => (i * 2654435761) % 1000);
  const plain = [...many.keys()].sort((a, b) => many[b] - many[a] || a - b);
  assert.deepEqual(Array.from(usageOrder(many)), plain);
  assert.deepEqual(Array.from(rankOf(Uint32Array.from([2, 0, 1]))), [1, 2, 0]);
});

test("the grid holds every code, in rows of a power of two", () => {
  assert.deepEqual(gridShape(1024, 540), { cols: 32, rows: 32 });
  assert.deepEqual(gridShape(262144, 540), { cols: 512, rows: 512 });
  assert.deepEqual(gridShape(64, 540), { cols: 16, rows: 4 });
  assert.deepEqual(gridShape(3, 540), { cols: 3, rows: 1 });
  assert.deepEqual(gridShape(1, 540), { cols: 1, rows: 1 });
  const { cols, rows } = gridShape(1000, 540);
  assert.ok(cols * rows >= 1000 && cols * (rows - 1) < 1000);
});

test("a Hilbert curve visits each cell once, and each step is to a neighbour", () => {
  const side = 16;
  const visited = Array.from({ length: side * side }, (_, d) => hilbert(side, d));
  assert.equal(new Set(visited.map(([x, y]) => y * side + x)).size, side * side);
  visited.slice(1).forEach(([x, y], i) => assert.equal(Math.abs(x - visited[i][0]) + Math.abs(y - visited[i][1]), 1));
});

for (const [K, kind] of [
  [1024, "usage"],
  [1024, "map"],
  [512, "map"],
  [1000, "map"],
  [300, "map"],
  [64, "map"],
  [5, "number"],
  [2 ** 14, "map"],
]) {
  test(`cells of ${K} codes by ${kind}: each code has one of its own`, () => {
    const order = numbers(K).reverse();
    const cells = layCells(order, kind, gridShape(K, 540));
    assert.equal(cells.codeAt.length, cells.cols * cells.rows);
    for (let code = 0; code < K; code++) assert.equal(cells.codeAt[cells.cellOf[code]], code);
    assert.equal(cells.codeAt.filter((code) => code >= 0).length, K);
    assert.ok(cells.rows <= gridShape(K, 540).rows * 1.4);
  });
}

test("neighbours of the map order are neighbours in the picture", () => {
  for (const K of [64, 1024]) {
    const { cellOf, cols } = layCells(numbers(K), "map", gridShape(K, 540));
    const place = (code) => [cellOf[code] % cols, Math.floor(cellOf[code] / cols)];
    for (let code = 1; code < K; code++) {
      const [[x, y], [u, v]] = [place(code - 1), place(code)];
      assert.ok(Math.abs(x - u) + Math.abs(y - v) === 1 || Math.floor(code / cols) === Math.ceil(K / cols) - 1, `${K}: ${code}`);
    }
  }
});

test("keys walk from cell to cell, stay inside, and do not step on empty ones", () => {
  const cells = layCells(numbers(10), "number", { cols: 4, rows: 3 });
  const walk = (cell, key, by) => moveCell(cell, key, cells, by);
  assert.deepEqual(
    [walk(0, "ArrowRight"), walk(0, "ArrowLeft"), walk(5, "ArrowUp"), walk(5, "ArrowDown"), walk(5, "Home"), walk(5, "End")],
    [1, 0, 1, 9, 4, 7],
  );
  assert.equal(walk(7, "ArrowDown"), 7); // cell 11 is empty
  assert.equal(walk(0, "ArrowRight", 8), 3);
  assert.equal(walk(0, "x"), null);
});

test("colours: the log of the count from the least to the most, none for the silent, patterns apart", () => {
  const scale = countScale([0, 1, 10, 100]);
  assert.deepEqual([scale.low, scale.high], [1, 100]);
  [
    [1, 0],
    [10, 0.5],
    [100, 1],
  ].forEach(([count, share]) => assert.ok(Math.abs(scale.share(count) - share) < 1e-12));
  assert.equal(countScale([0, 0]).share(0), 0);
  assert.equal(countScale([5, 5]).share(5), 1);
  const cells = layCells(numbers(5), "number", { cols: 3, rows: 2 });
  const viridis = Uint32Array.from([11, 12, 13]);
  const out = cellColours(cells, [1, 10, 100, 0, 0], [LIVE, LIVE, LIVE, DEAD, UNSEEN], scale, viridis, 7);
  assert.deepEqual(Array.from(out), [11, 12, 13, 7, 7, 0]);
  assert.deepEqual(Array.from(cellMask(cells, (code) => code === 3, 9)), [0, 0, 0, 9, 0, 0]);
});

test("tiles cut the picture without loss, and only what is in sight is listed", () => {
  const [cols, rows] = [TILE + 3, 2];
  const pixels = Uint32Array.from({ length: cols * rows }, (_, i) => i);
  const right = cutTile(pixels, cols, rows, TILE, 0);
  assert.deepEqual([right.w, right.h, Array.from(right.pixels)], [3, 2, [TILE, TILE + 1, TILE + 2, cols + TILE, cols + TILE + 1, cols + TILE + 2]]);
  const frame = { W: 100, H: 50, s: 10, place: (x, y) => [10 * x - 205, 10 * y - 30] };
  assert.deepEqual(visibleCells({ cols: 64, rows: 64 }, frame), { left: 20, right: 30, top: 3, bottom: 8 });
});

test("numbers are written where the longest of them fits its cell", () => {
  assert.equal(numberSize(16, 1024), 0);
  for (const [s, K] of [
    [30, 100],
    [45, 262144],
    [60, 1024],
  ])
    assert.ok(numberSize(s, K) * 0.62 * String(K - 1).length <= 0.85 * s && numberSize(s, K) >= 9);
});

test("words carry count, denominator, rank and state; the legend names what occurs and what could", () => {
  const one = level([60, 39, 1, 0], [4, 3, 0, 1]);
  const rank = rankOf(usageOrder(one.counts));
  assert.equal(codeWords(one, 1, rank), "Code 1: 39 of 100 tokens (39%), rank 2 of 3 used codes, in use, near-duplicate");
  assert.equal(codeWords(one, 3, rank), "Code 3: 0 of 100 tokens (0%), dead");
  const caption = heatmapCaption(one, "number");
  for (const part of ["one code of 4", "100 tokens", "25 a code", "ceiling min(K, N) = 4", "from 50 tokens"]) assert.ok(caption.includes(part), part);
  assert.ok(heatmapCaption({ ...one, state_words: "Over-used: as said." }, "map").endsWith("Over-used: as said."));
  assert.deepEqual(tally(one.state), [1, 1, 0, 1, 1]);
  assert.deepEqual(codesIn(one.state, 3), [1]);
  assert.deepEqual(codesIn(one.state, LIVE), [0, 1, 2], "in use is every code with a token, whatever else it is");
  assert.deepEqual(termsOf(one), ["used", "near-duplicate", "over-used", "dead"]);
  assert.deepEqual(
    legendOf(one, tally(one.state)).map(({ id, count, share }) => [id, count, share]),
    [
      ["live", 3, "75%"],
      ["duplicate", 1, "25%"],
      ["overused", 1, "25%"],
      ["dead", 1, "25%"],
    ],
  );
  const few = level([1, 0, 0, 0], [0, 2, 2, 2], { dead: null, unseen: 3 });
  assert.deepEqual(
    legendOf(few, tally(few.state)).map(({ id, count }) => [id, count]),
    [
      ["live", 1],
      ["overused", 0],
      ["unseen", 3],
    ],
  );
});

test("where it is not known which codes are dead, none is called so for certain, and nowhere are there 0 beside some", () => {
  const words = (one) => legendOf(one, tally(one.state)).map(({ word, count }) => `${word} ${count}`);
  const most = level([9, 0, 0, 0], [0, 1, 1, 1], { dead: 2, unseen: 1 });
  assert.deepEqual(words(most), ["in use 1", "of them over-used 0", "likely dead 3"]);
  assert.match(codeWords(most, 3, rankOf(usageOrder(most.counts))), /, likely dead$/);
  const some = level([9, 0, 0, 0], [0, 2, 2, 2], { dead: 1, unseen: 2 });
  assert.deepEqual(words(some), ["in use 1", "of them over-used 0", "dead or not seen yet 3"]);
  const trained = level([9, 0, 0, 0], [0, 1, 1, 2], { dead: 1, unseen: 2, by_training: true });
  assert.deepEqual(words(trained), ["in use 1", "of them over-used 0", "likely dead, in training too 2", "no token here, used in training 1"]);
});

test("a share that is not all is never called all", () => {
  assert.deepEqual(
    [percent(1022, 1024), percent(262143, 262144), percent(1023, 1024), percent(1024, 1024), percent(994, 1000)],
    ["99.8%", ">99.9%", "99.9%", "100%", "99%"],
  );
});

test("the table has every code in the order of the picture", () => {
  const one = level([1, 3, 0], [0, 0, 1]);
  const order = usageOrder(one.counts);
  const lines = heatmapTable(one, order, layCells(order, "usage", { cols: 2, rows: 2 }))
    .trim()
    .split("\n");
  assert.deepEqual(lines, ["place,row,column,code,count,tokens_counted,share,state", "1,1,1,1,3,4,0.75,live", "2,1,2,0,1,4,0.25,live", "3,2,1,2,0,4,0,dead"]);
});

test("the table on screen is the picture's order, or what is lassoed of it", () => {
  const one = level([1, 3, 0], [0, 0, 1]);
  const order = usageOrder(one.counts);
  assert.deepEqual(shownCodes(one, order, null, 2), [
    ["1", 1, "3", "75%", "in use"],
    ["2", 0, "1", "25%", "in use"],
  ]);
  assert.deepEqual(
    shownCodes(one, order, new Set([2, 0]), 9).map((row) => row[1]),
    [0, 2],
  );
  assert.equal(shownCodes(one, order, new Set(), 9).length, 3);
});
