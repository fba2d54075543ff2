import assert from "node:assert/strict";
import test from "node:test";
import * as model from "../../../../explorer/views/compare/model.js";
import { progressWords } from "../../../../explorer/views/compare/view.js";
import { baselineOf, partsOf } from "../../../../explorer/views/compare/differences.js";
import { pointRows, spokenName } from "../../../../explorer/views/compare/rates.js";

const { FIRST } = model;

test("other media are looked at from the first and whole; a new round or picture has no vote", () => {
  const at = { ...FIRST, media: "sample:all", at: 3, zoom: "0.5,0.5,4", voted: "fsq", pictures: {} };
  const other = model.nextState(at, { media: "preset:text" });
  assert.deepEqual([other.at, other.zoom, other.voted], [0, "", "fsq"]);
  const scaled = model.nextState(at, { side: 512 });
  assert.deepEqual([scaled.at, scaled.zoom], [3, ""]); // the same picture, from the whole
  assert.equal(model.nextState(at, { seed: 2 }).voted, null);
  assert.equal(model.nextState(at, { pictures: {} }).voted, null);
  assert.equal(model.nextState(at, { sort: "bits" }).voted, "fsq");
  const named = { ...at, voted: null, named: true };
  assert.deepEqual(
    [{ seed: 2 }, { pictures: {} }, { sort: "bits" }].map((changes) => model.nextState(named, changes).named),
    [false, false, true],
  );
});

test("a link holds what was chosen, and gives it back", () => {
  const state = {
    ...FIRST,
    tokenizers: ["fsq", "rvq-4"],
    media: "preset:text",
    side: 512,
    at: 2,
    mode: "swipe",
    show: "signed",
    left: "fsq",
    right: "",
    zoom: "0.5,0.25,4",
    seed: 7,
    sort: "-psnr_db",
    baseline: "rvq-4",
    measure: "ssim",
    pin: 3,
  };
  const query = model.queryOf("?__theme=dark&left=old", state);
  const found = Object.fromEntries(new URLSearchParams(query));
  assert.equal(found.tokenizers, "fsq,rvq-4");
  assert.equal(found.__theme, "dark");
  const { tokenizers, media, own, run, job, pictures, result, voted, named, problem, ...rest } = state;
  assert.deepEqual(model.ownState(query), rest);
  assert.deepEqual(model.ownState("?mode=sideways&show=7&side=300&at=-1&seed=1e3&zoom=2,2,2&measure=bits"), {});
  assert.equal(model.queryOf("", { ...FIRST }), "");
});

test("the view travels as shares of the picture", () => {
  const view = { cx: 100, cy: 50, zoom: 4 };
  const text = model.writeZoom(view, 400, 200);
  assert.equal(text, "0.25,0.25,4");
  assert.deepEqual(model.readZoom(text, 800, 400), { cx: 200, cy: 100, zoom: 4 });
  assert.equal(model.writeZoom({ ...view, zoom: 1 }, 400, 200), "");
  for (const wrong of ["", "a,b,c", "0.5,0.5", "1.2,0,3", "0.5,0.5,0.5", "0.5,0.5,Infinity"]) assert.equal(model.readZoom(wrong, 1, 1), null, wrong);
});

test("a box is shown with as much again around it", () => {
  // 512 x 512 in a stage of 256 x 256: scale 0.5; a box of 64 fills half of the stage at 128 of 256 pixels, 4 times.
  assert.deepEqual(model.viewOfBox([100, 200, 64, 64], 256, 256, 0.5), { cx: 232, cy: 132, zoom: 4 });
  assert.equal(model.viewOfBox([0, 0, 512, 512], 256, 256, 0.5).zoom, 1);
});

test("the order of a seed is one and the same, and every order comes up", () => {
  assert.deepEqual(model.shuffle(["a", "b", "c", "d"], 5), model.shuffle(["a", "b", "c", "d"], 5));
  const seen = new Map();
  for (let seed = 0; seed < 6000; seed++) {
    const order = model.shuffle(["a", "b", "c"], seed).join("");
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  assert.equal(seen.size, 6);
  for (const count of seen.values()) assert.ok(Math.abs(count - 1000) < 150, String(count)); // 5 standard deviations
});

test("votes are counted against how often a tokenizer was shown", () => {
  let tally = model.withVote({}, ["a", "b", "c"], "b");
  tally = model.withVote(tally, ["a", "b"], "a");
  assert.deepEqual(tally, { a: { votes: 1, shown: 2 }, b: { votes: 1, shown: 2 }, c: { votes: 0, shown: 1 } });
  tally = model.withVote(tally, ["c", "b"], "c");
  assert.deepEqual(model.standings(tally), [
    ["a", 1, 2],
    ["c", 1, 2],
    ["b", 1, 3],
  ]);
});

test("rows are sorted by mean, by median, by number or by text; what was not measured is last", () => {
  const rows = [
    { id: "a", psnr: { mean: 20, count: 1, identical: 0, opposite: 0 }, ms: { median: 7, low: 1, high: 9, count: 3 }, size: 1024, licence: "MIT" },
    { id: "b", psnr: { mean: null, count: 1, identical: 1, opposite: 0 }, ms: null, size: 512, licence: "Apache" },
    { id: "c", psnr: null, ms: { median: 3, low: 2, high: 4, count: 3 }, size: 256, licence: "MIT" },
    { id: "d", psnr: { mean: 30, count: 1, identical: 0, opposite: 0 }, ms: { median: 5, low: 1, high: 9, count: 3 }, size: 2048, licence: "BSD" },
  ];
  const order = (sort) =>
    model
      .sortedRows(rows, sort)
      .map(({ id }) => id)
      .join("");
  assert.equal(order("psnr"), "adbc"); // identical pictures have an infinite PSNR
  assert.equal(order("-psnr"), "bdac");
  assert.equal(order("ms"), "cdab");
  assert.equal(order("-size"), "dabc");
  assert.equal(model.sortValue({ mean: null, count: 2, identical: 0, opposite: 2 }), -Infinity); // an SNR of silence
  assert.equal(order("licence"), "bdac");
  assert.equal(order("nothing"), "abcd");
  assert.equal(order(""), "abcd");
});

test("a column is sorted from its better end, then the other, then not", () => {
  assert.equal(model.nextSort("", "psnr", "high"), "-psnr");
  assert.equal(model.nextSort("-psnr", "psnr", "high"), "psnr");
  assert.equal(model.nextSort("psnr", "psnr", "high"), "");
  assert.equal(model.nextSort("psnr", "bits", "low"), "bits");
});

test("error maps: right is white or dark, the ends are the ends of the scale", () => {
  const [black, grey, white] = [
    [0, 0, 0, 255],
    [51, 51, 51, 255],
    [255, 255, 255, 255],
  ]; // 51 / 255 = 0.2
  const original = Uint8ClampedArray.from([...grey, ...grey, ...grey, ...black]);
  const other = Uint8ClampedArray.from([...grey, ...black, ...white, 51, 0, 0, 255]);
  const signed = model.errorPixels(original, other, "signed", 0.2);
  assert.deepEqual([...signed.slice(0, 4)], [247, 247, 244, 255]); // 128 of 255 of the diverging map
  assert.deepEqual([...signed.slice(4, 8)], [0x14, 0x46, 0x7f, 255]); // too dark by the whole scale
  assert.deepEqual([...signed.slice(8, 12)], [0x9c, 0x4a, 0x07, 255]); // beyond the other end
  const absolute = model.errorPixels(original, other, "absolute", 0.2);
  assert.deepEqual([...absolute.slice(0, 4)], [0x44, 0x01, 0x54, 255]);
  assert.deepEqual([...absolute.slice(4, 8)], [0xfd, 0xe7, 0x25, 255]);
  assert.deepEqual([...absolute.slice(12, 16)], [0x31, 0x68, 0x8e, 255]); // 0.2 / 3 of 0.2: a third of the way, an anchor
});

test("panes stand in even rows that leave each its width", () => {
  assert.equal(model.columnsOf(5, 1400), 5);
  assert.equal(model.columnsOf(9, 1400), 5);
  assert.equal(model.columnsOf(7, 1060, 200), 4); // 5 would fit; 4 and 3 are more even than 5 and 2
  assert.equal(model.columnsOf(5, 380, 180), 2);
  assert.equal(model.columnsOf(3, 100), 1);
});

test("files that are too large or too many are refused before they are sent", () => {
  const limits = { file_bytes: 100, upload_bytes: 150, media: 3 };
  const words = (n) => `${n} B`;
  const files = (...sizes) => sizes.map((size, i) => ({ name: `${i}.png`, size }));
  assert.equal(model.fileTrouble(files(10, 100), limits, words), "");
  assert.match(model.fileTrouble(files(10, 101), limits, words), /^1\.png has 101 B; 100 B is the most/);
  assert.match(model.fileTrouble(files(90, 90), limits, words), /180 B together; 150 B/);
  assert.match(model.fileTrouble(files(1, 1, 1, 1), limits, words), /4 files; at most 3/);
});

test("the points of the curves: in few digits on screen, whole in the file, and nothing where nothing was measured", () => {
  const point = (name, rate, psnr) => ({ name, rate, rate_other: rate / 3, values: { psnr_db: psnr, ms_ssim: null } });
  const curves = [{ points: [point("a", 1, 20.126)] }, { points: [point("b, level 1", 0.5, 30)] }];
  assert.deepEqual(pointRows(curves, ["psnr_db", "ms_ssim"]), [
    ["a", "1.000", "0.333", "20.13", "–"],
    ["b, level 1", "0.500", "0.167", "30.00", "–"],
  ]);
  assert.deepEqual(pointRows(curves, ["psnr_db", "ms_ssim"], false)[0], ["a", 1, 1 / 3, 20.126, null]);
});

test("a difference is told from the baseline that was chosen, else from the one that it began with", () => {
  const table = { baseline: "a", differences: { a: {}, b: {} } };
  assert.deepEqual([baselineOf(table, "b"), baselineOf(table, ""), baselineOf(table, "gone")], ["b", "a", "a"]);
  assert.deepEqual(partsOf("+0.43 ± 0.12 dB, better on 24 of 24 pictures, alike on 1"), ["+0.43 ± 0.12 dB", "better on 24 of 24 pictures, alike on 1"]);
  assert.deepEqual(partsOf("not measured"), ["not measured", ""]);
});

test("progress is said in words", () => {
  const job = { state: "running", seen: false, seconds: 1, planned: 1, done: 0, name: "", message: "" };
  assert.equal(progressWords(job), "Encoding and decoding…");
  assert.equal(progressWords({ ...job, seen: true, seconds: 3.4 }), "Measuring, with familiar codecs at the same bits… 3 s");
  assert.equal(progressWords({ ...job, seen: true, planned: 14, done: 2, name: "sample:china" }), "Comparing 3 of 14: sample:china.");
  assert.equal(progressWords({ ...job, state: "stopped", message: "Stopped." }), "Stopped.");
  assert.equal(progressWords(null), "");
});

test("a reader is told the titles of tokenizers and how many levels, not their ids", () => {
  const curves = [
    { id: "rvq", title: "RVQ" },
    { id: "rvq-4", title: "RVQ, 4 levels" },
  ];
  const said = ["rvq", "rvq-4", "rvq-4, 1 level", "rvq-4, 3 levels", "gone, 1 level"].map((name) => spokenName(name, curves));
  assert.deepEqual(said, ["RVQ", "RVQ, 4 levels", "1 level of RVQ, 4 levels", "3 levels of RVQ, 4 levels", "gone, 1 level"]);
});

test("a range is told from its number, and nothing else in brackets is one", () => {
  assert.deepEqual(model.rangeOf("93.5 (91.7 to 99.6)"), { value: "93.5", range: "(91.7 to 99.6)" });
  for (const text of ["24.11 ± 2.03 (22 of 24, 2 identical left out)", "research only (its training pictures)", "not measured"])
    assert.deepEqual(model.rangeOf(text), { value: text, range: "" });
});
