// The token editor's pure parts, and the editor itself against a server that answers by hand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Editor } from "../../../../explorer/views/edit/editor.js";
import { clear, did, emptyHistory, historyOf, redone, runsOf, textOf, undone, WORDS } from "../../../../explorer/views/edit/history.js";
import * as model from "../../../../explorer/views/edit/model.js";
import { bounce } from "../../../../explorer/views/edit/path.js";
import { laidOut } from "../../../../explorer/views/edit/side.js";
import { excerpt, formOf } from "../../../../explorer/views/edit/text.js";

const GRID = { rows: 4, cols: 5 };

test("words are those of the link", () => {
  assert.equal(runsOf([5, 3, 4, 9, 9]), "3-5_9");
  assert.equal(runsOf([]), "-");
  assert.equal(WORDS.paint(0, 7, [2, 1]), "p.0.7.1-2");
  assert.equal(WORDS.fill(1, 7, [0, 1, 2, 3]), "f.1.7.0-1-2-3");
  assert.equal(WORDS.drop([1, 2, 3], [0, 0, 4, 4]), "d.1-3.0-0-4-4");
  assert.equal(WORDS.transplant("coffee", [1, 2, 3, 4], 5, 6), "t.coffee.1-2-3-4.5.6");
});

test("undo and redo go back and forth without limit, and reset can be undone step by step", () => {
  let history = emptyHistory();
  for (let i = 0; i < 3000; i++) history = did(history, `s.0.${i}`);
  assert.equal(history.done.length, 3000);
  const all = textOf(history);
  history = clear(history);
  assert.equal(textOf(history), "");
  assert.equal(textOf(redone(history)), "s.0.0");
  for (let i = 0; i < 3000; i++) history = redone(history);
  assert.equal(textOf(history), all);
  assert.equal(textOf(undone(history), "p.0.1.2").endsWith("s.0.2998~p.0.1.2"), true);
  assert.equal(did(undone(history), "z").undone.length, 0);
  assert.equal(did(history, ""), history);
  assert.equal(undone(emptyHistory()), emptyHistory());
  assert.deepEqual(historyOf("a~b").done, ["a", "b"]);
});

test("a brush is a square cut at the border, and a quick stroke has no gaps", () => {
  assert.deepEqual(model.brushCells(7, 1, GRID), [7]);
  assert.deepEqual(model.brushCells(0, 3, GRID), [0, 1, 5, 6]);
  assert.equal(model.brushCells(12, 3, GRID).length, 9);
  assert.deepEqual(model.lineCells(0, 18, GRID), [0, 6, 12, 18]);
  assert.deepEqual(model.lineCells(8, 8, GRID), [8]);
  const cells = model.lineCells(0, 14, GRID);
  assert.ok(
    cells.every((cell, i) => i === 0 || (Math.abs((cell % 5) - (cells[i - 1] % 5)) <= 1 && Math.abs(Math.floor(cell / 5) - Math.floor(cells[i - 1] / 5)) <= 1)),
  );
});

test("boxes lie between corners, and a region stays inside", () => {
  assert.deepEqual(model.boxBetween(13, 6, GRID), [1, 1, 2, 3]);
  assert.deepEqual(model.place(0, 2, 3, GRID), [0, 0]);
  assert.deepEqual(model.place(19, 2, 3, GRID), [2, 2]);
  assert.deepEqual(model.place(12, 3, 3, GRID), [1, 1]);
  assert.equal(model.place(0, 5, 1, GRID), null);
});

test("a typed code is a whole number of the codebook", () => {
  assert.deepEqual(model.codeFrom(" 12 ", 16), { code: 12 });
  assert.match(model.codeFrom("16", 16).error, /outside 0 to 15/);
  for (const text of ["", "-1", "1.5", "x", "9999999999999"]) assert.ok(model.codeFrom(text, 16).error, text);
  assert.equal(model.commonest([4, 2, 2, 4, 1]), 2);
});

test("pixels are laid into a copy, and differ as told", () => {
  const base = model.rgba(Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => i));
  const edited = model.patch(base, 4, [1, 2, 2, 1], Uint8Array.from([18, 19, 90, 30, 31, 32]));
  assert.equal(base[4 * 6 + 2], 20);
  const { steps, most, pixels } = model.differenceOf(base, edited, 4, [1, 2, 2, 1]);
  assert.deepEqual([steps[6], steps[10], most, pixels], [70, 0, 70, 1]);
  assert.deepEqual([0, 8, 9, 128, 129].map(model.scaleTop), [8, 8, 16, 128, 255]);
  assert.deepEqual(Array.from(laidOut(Float32Array.from([1, 0.5]), [1, 0, 1, 2], 2, 2)), [0, 0, 255, 127.5]);
  assert.deepEqual(
    model.changedCells(
      [
        [1, 2, 3],
        [1, 1, 1],
      ],
      [
        [1, 9, 3],
        [1, 1, 1],
      ],
      [
        [1, 1, 1],
        [1, 1, 0],
      ],
    ),
    [1, 2],
  );
});

test("words say how much, and when nothing", () => {
  assert.match(model.summary({ steps: 0, changed: 0, tokens: 1024 }), /Nothing edited yet/);
  const words = model.summary({ steps: 2, changed: 9, tokens: 1024, pixels: 1, most: 3, leftOut: 0 });
  assert.equal(words, "2 edits · 9 of 1,024 tokens changed · 1 pixel differs, at most by 3 of 255.");
  const grid = { rows: 4, cols: 5 };
  const open = { width: 40, height: 32, placed: true, modality: "image" };
  assert.match(model.reachWords({ cell: 6, grid, open, box: null }), /row 2, column 2 changes no pixel/);
  const found = { cell: 6, box: [0, 0, 30, 40], own_share: 0.52, pixels: 900 };
  assert.match(model.reachWords({ ...found, grid, open }), /900 pixels, within 30 × 40 px, 52% of the change within its own 8 × 8 px/);
  const line = { rows: 1, cols: 20 };
  assert.match(model.reachWords({ ...found, grid: line, open: { ...open, modality: "audio" } }), /^Token 7 of 20 visibly changes/);
  assert.match(model.reachWords({ ...found, own_share: null, grid, open: { ...open, placed: false } }), /^Token 7 of 20 .* 30 × 40 px\.$/);
  const frames = [
    [0, 1],
    [1, 5],
  ];
  const clip = { placed: true, modality: "video", place: { kind: "clip", tiles: [1, 2], frames } };
  assert.equal(model.placeWords(8, { rows: 2, cols: 6 }, clip), "frame 1, row 2, column 3");
  assert.equal(model.placeWords(9, { rows: 2, cols: 6 }, clip), "frames 2–5, row 2, column 1");
});

test("levels with grids of their own are counted and marked apart", () => {
  const grids = [
    { rows: 1, cols: 2 },
    { rows: 1, cols: 4 },
  ];
  assert.deepEqual([model.sameGrids(grids), model.sameGrids([grids[0], { rows: 1, cols: 2 }])], [false, true]);
  assert.deepEqual([model.tokenCount({ grids, same: false }), model.tokenCount({ grids: [grids[0], grids[0]], same: true })], [6, 2]);
  const [before, after] = [
    [
      [1, 2],
      [3, 4, 5, 6],
    ],
    [
      [1, 9],
      [3, 4, 5, 6],
    ],
  ];
  const kept = [
    [1, 1],
    [1, 0, 1, 1],
  ];
  assert.deepEqual(model.changedByLevel(before, after, kept, false), [[1], [1]]);
  assert.deepEqual(
    model.changedByLevel(
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [0, 4],
      ],
      null,
      true,
    ),
    [[0], [0]],
  );
});

test("frames of a path go to the end and back", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((tick) => bounce(tick, 3)),
    [0, 1, 2, 1, 0, 1],
  );
  assert.equal(bounce(7, 1), 0);
});

test("the form of the text is checked beside its fields, and faults are shown with their surroundings", () => {
  const fields = { style: "tags", order: "raster", by: "level", offset: "", tag: "img", separate: false };
  assert.deepEqual(formOf(fields).form, { style: "tags", order: "raster", by: "level", offset: 0, tag: "img", separate_levels: false });
  assert.ok(formOf({ ...fields, offset: "-3" }).error && formOf({ ...fields, tag: "1x" }).error);
  assert.equal(formOf({ ...fields, style: "numbers", tag: "1x" }).form.tag, "img");
  assert.deepEqual(excerpt("1 2 banana 4", 4, 10), { before: "1 2 ", wrong: "banana", after: " 4" });
  assert.equal(excerpt("1 2", 3, 3).wrong, "␣");
});

const packed = (Type, dtype, values) => ({ dtype, shape: [values.length], data: Buffer.from(Type.from(values).buffer).toString("base64") });
const OPEN = {
  ok: true,
  grids: [[1, 2]],
  placed: true,
  modality: "image",
  K: [9],
  combination: "single",
  reach: 7,
  indices: [packed(Uint8Array, "uint8", [3, 4])],
  base: { ...packed(Uint8Array, "uint8", [1, 2, 3, 4, 5, 6]), shape: [1, 2, 3] },
};
const edit = (codes) => ({
  ok: true,
  indices: [packed(Uint8Array, "uint8", codes)],
  kept: null,
  changed: 1,
  box: null,
  pixels: packed(Uint8Array, "uint8", []),
});
const settled = () => new Promise((done) => setTimeout(done, 5));

test("one request at a time, and the newest edits win", async () => {
  const asked = [];
  const editor = new Editor(
    (request) => {
      if (request.what === "open") return Promise.resolve(JSON.stringify(OPEN));
      return new Promise((answer) => asked.push({ edits: request.edits, answer }));
    },
    { token: "t" },
  );
  await editor.start();
  for (const step of ["a", "b", "c"]) editor.do(step);
  assert.deepEqual(
    asked.map(({ edits }) => edits),
    ["a"],
  );
  asked[0].answer(JSON.stringify(edit([5, 4])));
  await settled();
  assert.deepEqual(
    asked.map(({ edits }) => edits),
    ["a", "a~b~c"],
  );
  asked[1].answer(JSON.stringify(edit([6, 4])));
  await settled();
  assert.deepEqual([editor.busy, editor.tokens.indices[0][0], asked.length], [false, 6, 2]);
});

test("an impossible edit is taken back and said; a silent server loses nothing", async () => {
  let answer = () => edit([3, 4]);
  const editor = new Editor(async ({ what }) => JSON.stringify(what === "open" ? OPEN : answer()), { token: "t" });
  await editor.start();
  editor.do("good");
  await settled();
  let bad = true;
  answer = () => {
    if (!bad) return edit([3, 4]);
    bad = false;
    return { ok: false, error: { message: "no such code", field: "edits" } };
  };
  editor.do("bad");
  await settled();
  assert.deepEqual([editor.text, editor.message], ["good", "no such code"]);
  answer = () => {
    throw new Error("gone");
  };
  editor.do("more");
  await settled();
  assert.equal(editor.text, "good~more");
  assert.match(editor.message, /Your edits are kept/);
});
