// Whatever a view listens to, observes and waits for ends with it: mounted and ended a hundred times, it leaves nothing.

import assert from "node:assert/strict";
import test from "node:test";

import { Component, openOnce } from "../../../../explorer/views/kit/component.js";
import { load, whenGone } from "../../../../explorer/views/kit/page/component.js";
import { Painter } from "../../../../explorer/views/kit/stage/pace.js";
import { Stage } from "../../../../explorer/views/kit/stage/stage.js";
import { ZoomStage } from "../../../../explorer/views/kit/stage/zoom.js";
import { createChart } from "../../../../explorer/views/kit/widgets/chart.js";
import { selection } from "../../../../explorer/views/kit/wire/selection.js";
import { shown } from "../../../../explorer/views/kit/wire/shown.js";
import { withPage } from "../made_page.js";

const TIMES = 100;

test("what a component owns ends once, the newest first, and nothing new lasts after it", () => {
  const ended = [];
  const whole = new Component();
  const early = whole.own(() => ended.push("early"));
  whole.own(() => ended.push("first"));
  whole.own(() => {
    throw new Error("this one fails");
  });
  const part = whole.part(new Component());
  part.own(() => ended.push("part"));
  early();
  early();
  assert.deepEqual(ended, ["early"]);
  const { error } = console;
  console.error = () => {};
  whole.destroy();
  whole.destroy();
  console.error = error;
  assert.deepEqual(ended, ["early", "part", "first"]); // one that fails keeps no other
  assert.ok(whole.disposed && part.disposed);
  whole.own(() => ended.push("late"));
  assert.equal(ended.at(-1), "late");
});

test("a part that goes earlier is not ended again", () => {
  const whole = new Component();
  let ends = 0;
  const part = whole.part(new Component());
  part.own(() => (ends += 1));
  part.destroy();
  whole.destroy();
  assert.equal(ends, 1);
});

test("timers, frames and listeners run until the component goes, and are forgotten once they have run", () =>
  withPage(async (page) => {
    const told = [];
    const life = new Component();
    life.after(() => told.push("timer"), 1);
    life.nextFrame(() => told.push("frame"));
    life.after(() => told.push("never"), 1)();
    life.listen(document, ["keydown", "wheel"], () => {}, { capture: true });
    await new Promise((resolve) => setTimeout(resolve, 2)); // after the one of 1 ms, however late both are
    await page.settle();
    assert.deepEqual(told.sort(), ["frame", "timer"]);
    life.after(() => told.push("late"), 5);
    life.repeat(() => told.push("often"), 5);
    assert.deepEqual(page.alive(), { listeners: 2, observers: 0, waiting: 2 });
    life.destroy();
    assert.deepEqual(page.alive(), { listeners: 0, observers: 0, waiting: 0 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(told.length, 2);
  }));

test("a view that opens once is ended with what it opened, and opens nothing after that", () => {
  let [look, opened, ended] = [null, 0, 0];
  const props = { value: "" };
  const create = (value) => {
    opened += value.n;
    const page = new Component();
    page.own(() => (ended += 1));
    return page;
  };
  const life = openOnce({ props, watch: (_, callback) => (look = callback) }, create);
  props.value = '{"n": 7}';
  look();
  look();
  life.destroy();
  assert.deepEqual([opened, ended], [7, 1]);
  const other = openOnce({ props: { value: "" }, watch: (_, callback) => (look = callback) }, create);
  other.destroy();
  look();
  assert.equal(opened, 7);
});

test("layers are drawn once a frame, all stages of a painter together, and none after the end", () =>
  withPage(async (page) => {
    const drawn = [];
    const painter = new Painter((jobs) => drawn.push([...jobs.values()].map((layers) => [...layers].sort().join("+"))));
    const made = ["one", "two"].map((name) => new Stage(page.root(), { base: () => drawn.push(name), marks: () => {} }, { painter }));
    await page.settle();
    assert.deepEqual(drawn, ["one", ["base+marks"], "two", ["base+marks"]]); // at once: they have just got their size
    drawn.length = 0;
    for (const stage of [...made, ...made]) stage.redraw();
    made[1].remark();
    await page.settle();
    assert.deepEqual(drawn, ["one", "two", ["base+marks", "base+marks"]]);
    assert.deepEqual([made[0].canvases.base.width, made[0].size.W, made[0].hidden], [300, 300, false]);
    drawn.length = 0;
    made[0].redraw();
    made[0].destroy();
    made[0].redraw();
    await page.settle();
    assert.ok(!drawn.includes("one"));
    made[1].destroy();
    painter.destroy();
    assert.deepEqual(page.alive(), { listeners: 0, observers: 0, waiting: 0 });
  }));

test("what a stage was pointed at and what it is pressed at are one place, although a click is told in whole pixels", () =>
  withPage((page) => {
    const told = [];
    const root = page.root();
    const stage = new Stage(root, { base: () => {} }, { on: { point: (...at) => told.push(at), press: (...at) => told.push(at) } });
    for (const callback of root.heard.get("pointermove false")) callback({ clientX: 20.75, clientY: 10.25 });
    for (const callback of root.heard.get("click false")) callback({ clientX: 20, clientY: 10 });
    assert.deepEqual(told, [
      [20, 10],
      [20, 10],
    ]);
    stage.destroy();
  }));

test("a zooming stage tells what is under the pointer in units of its content", () =>
  withPage(async (page) => {
    const told = [];
    const content = { size: () => ({ w: 30, h: 30 }), drawBase() {}, drawOverlay() {}, hit: (x, y) => [x, y] };
    const on = { moved: () => told.push("moved"), hover: (_, hit) => told.push(hit), click() {} };
    const stage = new ZoomStage(page.root(), content, on);
    await page.settle();
    const [move] = stage.element.heard.get("pointermove false");
    move({ clientX: 150, clientY: 30, pointerId: 1 });
    assert.deepEqual(told, [[15, 3]]); // 300 pixels show 30 units
    stage.zoomBy(2);
    move({ clientX: 0, clientY: 0, pointerId: 1 });
    assert.deepEqual(told.slice(1), ["moved", [7.5, 7.5]]);
    stage.destroy();
    assert.deepEqual(page.alive(), { listeners: 0, observers: 0, waiting: 0 });
  }));

test("a chart that goes lets go of what plotly holds", () =>
  withPage(async (page) => {
    const purged = [];
    const chart = createChart({ label: "A chart.", ask: () => new Promise(() => {}) });
    chart.Plotly = { purge: (plot) => purged.push(plot) };
    chart.held = true;
    chart.destroy();
    assert.deepEqual([purged.length, purged[0] === chart.plot, chart.disposed], [1, true, true]);
    assert.deepEqual(page.alive(), { listeners: 0, observers: 0, waiting: 0 });
  }));

test("a root that leaves the page ends its view, and nothing looks on when all have gone", () =>
  withPage(async (page) => {
    const [one, two] = [page.root(), page.root()];
    const gone = [];
    whenGone(one, () => gone.push("one"));
    whenGone(two, () => gone.push("two"));
    assert.equal(page.alive().observers, 1);
    one.remove();
    page.change();
    assert.deepEqual(gone, ["one"]);
    two.remove();
    page.change();
    assert.deepEqual([gone, page.alive().observers], [["one", "two"], 0]);
    whenGone(one, () => gone.push("never there")); // it went while its module came
    assert.deepEqual([gone.at(-1), page.alive().observers], ["never there", 0]);
  }));

const SUBSCRIBED = { selection, shown };

/** How many of the page's own buses are listened to by whom: {selection, shown}, counted from now on. */
function counting() {
  const counts = Object.fromEntries(Object.keys(SUBSCRIBED).map((name) => [name, 0]));
  const real = Object.fromEntries(Object.entries(SUBSCRIBED).map(([name, bus]) => [name, bus.subscribe]));
  for (const [name, bus] of Object.entries(SUBSCRIBED)) {
    bus.subscribe = (callback) => {
      const leave = real[name](callback);
      counts[name] += 1;
      return () => {
        counts[name] -= 1;
        return leave();
      };
    };
  }
  return { counts, restore: () => Object.entries(SUBSCRIBED).forEach(([name, bus]) => Object.assign(bus, { subscribe: real[name] })) };
}

const asked = () => new Promise(() => {});
const packed = (array, dtype, shape) => ({ dtype, shape, data: Buffer.from(array.buffer).toString("base64") });
const ofCodes = { tokenizers: [], tokenizer: "a", audit: null, level: 0, code: null, token: "t", message: "" };
const media = {
  tokenizers: [{ id: "a", title: "A", modality: "image" }],
  limits: { least: 2, most: 4, sides: [256] },
  chosen: ["a"],
  media: "sample:china",
  token: "t",
};
const brought = {
  ...{ token: "t", known: [], own: [], wanted: "", missing: false, shown: false, asks_hub: true, until: "later" },
  ...{ names_files: true, upload_bytes: 10, budget_bytes: 10 },
};
const sound = { kind: "sound", key: "k", seconds: 1, original: WAV(), reconstruction: null, spectrograms: [], caption: "" };
const card = {
  ...{ code: 1, level: 0, num_levels: 1, noun: "level", given: "latent", token: 0, tokens: [0], num_tokens: 1, used_codes: 1, codebook_size: 2, rank: 1 },
  ...{ grid: [1, 1], patches: [], nearest: [], distance_name: "distance", second: null, digits: null, digit_levels: null },
  vector: packed(Float32Array.from([1, -2]), "float32", [2]),
};

const picture = {
  ...{ key: "k", title: "A", picture: { url: "data:", width: 8, height: 8, note: "" }, placed: true, place: { kind: "picture" }, about: {} },
  ...{ combination: "single", decodes: true, notes: [], mode: "all", selected: {}, opened: null, progress: "", map_kind: null, help: {} },
  levels: [
    {
      ...{ rows: 2, cols: 2, K: 2, D: 2, metric: "euclidean", training: null, umap: false, fault: "" },
      indices: packed(Uint8Array.from([0, 1, 1, 0]), "uint8", [4]),
    },
  ],
  maps: [
    {
      ...{ level: 0, kind: "pca", title: "PCA", caption: "", codes: null, box: null, raster: null },
      xy: packed(Float32Array.from([0, 1, 2, 3]), "float32", [2, 2]),
    },
  ],
};

/** A WAV file of eight samples, as a data URL. */
function WAV() {
  const file = Buffer.alloc(60);
  file.write("RIFF", 0);
  file.writeUInt32LE(52, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(8, 24);
  file.writeUInt32LE(16, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(16, 40);
  return `data:audio/wav;base64,${file.toString("base64")}`;
}

const parts = { view: picture, card, player: sound, address: {} };
const results = {
  ...{ token: "t", turn: 1, chosen: true },
  parts: Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, JSON.stringify(value)])),
};

const VIEWS = {
  "inspect/page": results,
  "inspect/facts": "",
  "codebook/view": ofCodes,
  "compare/view": media,
  "bring/panel": brought,
  "kit/widgets/folds": [],
  "kit/widgets/sample_strip": "",
};

for (const [name, value] of Object.entries(VIEWS)) {
  test(`${name}, mounted and ended ${TIMES} times, leaves no listener, observer or timer`, () =>
    withPage(async (page) => {
      const { counts, restore } = counting();
      const server = new Proxy({}, { get: () => asked });
      const held = [];
      for (let turn = 0; turn < TIMES; turn++) {
        const root = page.root();
        const element = { querySelector: () => root };
        const props = { value: value === "" ? "" : JSON.stringify(value) };
        const base = new URL("../../../../explorer/views/", import.meta.url).href;
        await load({ base, name, events: [], element, trigger() {}, props, watch() {}, server });
        const there = { ...page.alive(), ...counts };
        root.remove();
        page.change();
        await page.settle();
        held.push([there, { ...page.alive(), ...counts }]);
      }
      restore();
      const [first] = held[0];
      assert.ok(first.observers > 0, "its root is looked after"); // the count counts
      assert.deepEqual(held.at(-1), held[1]);
      assert.deepEqual(held.at(-1)[1], { listeners: 0, observers: 0, waiting: 0, selection: 0, shown: 0 });
    }));
}
