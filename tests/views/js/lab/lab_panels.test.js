import assert from "node:assert/strict";
import test from "node:test";
import { codeOrder, compact, logTicks, niceTicks, perplexityOf, rgbOf, stepTicks, tokens, usageScale } from "../../../../explorer/views/kit/draw/ticks.js";
import {
  DEAD,
  LIVE,
  UNSEEN,
  blockOf,
  columnAt,
  columnsOf,
  largestCount,
  paintCells,
  pattern,
  spans,
  tally,
  timeAxis,
} from "../../../../explorer/views/kit/player/charts/heatmap_cells.js";
import { cellWords, heatWords, shownEvents, tickWords } from "../../../../explorer/views/kit/player/charts/heatmap.js";
import { barHeight, codeWords, usageOf, usageWords } from "../../../../explorer/views/kit/player/charts/histogram.js";
import { memory, throttle } from "../../../../explorer/views/kit/stage/pace.js";

/** K = 3 codes, 3 columns: code 0 lives, code 1 dies, code 2 was never seen. */
function storedHeat() {
  const counts = Float32Array.from([4, 2, 0, 5, 1, 0, 6, 0.5, 0]);
  const state = Uint8Array.from([0, 0, 2, 0, 0, 2, 0, 1, 2]);
  return { stride: 10, steps: [0, 10, 20], counts: { array: counts, shape: [3, 3] }, state: { array: state, shape: [3, 3] } };
}

test("ticks are round, inside the range, and whole for steps", () => {
  assert.deepEqual(niceTicks(0, 100, 4), [0, 50, 100]);
  assert.deepEqual(niceTicks(0.11, 0.42, 3), [0.2, 0.4]);
  assert.deepEqual(niceTicks(3, 3), [3]);
  assert.deepEqual(stepTicks(0, 3, 6), [0, 1, 2, 3]); // halves are no steps
  assert.deepEqual(logTicks(0.005, 20, 4), [0.01, 0.1, 1, 10]);
  assert.deepEqual(logTicks(0.21, 0.9), [0.5]);
  assert.ok(logTicks(1e-9, 1e6, 4).length <= 4);
});

test("numbers are short, and a fading average is not spelled out", () => {
  assert.deepEqual([0, 950, 12_345, 2_500_000, -0.5, 0.00002].map(compact), ["0", "950", "12.3k", "2.5M", "−0.5", "2e−5"]);
  assert.deepEqual([0, 1e-9, 3.21, 1204].map(tokens), ["0", "under 0.001", "3.21", "1,204"]);
  assert.deepEqual(rgbOf("#14171e"), [20, 23, 30]);
  assert.deepEqual(rgbOf("rgb(1, 2, 3)"), [1, 2, 3]);
});

test("the usage scale is logarithmic over three decades", () => {
  const { low, share } = usageScale(1000);
  assert.equal(low, 1);
  [
    [0, 0],
    [1, 0],
    [10, 1 / 3],
    [1000, 1],
    [5000, 1],
  ].forEach(([count, wanted]) => assert.ok(Math.abs(share(count) - wanted) < 1e-12));
  assert.equal(usageScale(0).share(0), 0);
});

test("perplexity: K for even use, 1 for a single code, 0 for none", () => {
  assert.ok(Math.abs(perplexityOf([3, 3, 3, 3]) - 4) < 1e-12);
  assert.equal(perplexityOf([0, 7, 0]), 1);
  assert.equal(perplexityOf([0, 0]), 0);
  assert.deepEqual(Array.from(codeOrder([1, 5, 1], true)), [1, 0, 2]);
  assert.deepEqual(Array.from(codeOrder([1, 5, 1], false)), [0, 1, 2]);
});

test("columns of the heatmap are views of the store, made once", () => {
  const stored = storedHeat();
  const heat = columnsOf(stored);
  assert.deepEqual(Array.from(heat.counts[1]), [5, 1, 0]);
  assert.deepEqual(Array.from(heat.states[2]), [LIVE, DEAD, UNSEEN]);
  assert.equal(heat.counts[1].buffer, stored.counts.array.buffer);
  assert.equal(columnsOf(stored), heat);
  assert.equal(columnsOf(null), null);
  assert.equal(columnsOf({ ...stored, steps: [] }), null);
  assert.equal(largestCount(heat), 6);
  assert.deepEqual(tally(heat.states[2]), { live: 1, dead: 1, unseen: 1 });
});

test("a column lasts until the next one begins", () => {
  assert.deepEqual(timeAxis(columnsOf(storedHeat())), { low: 0, high: 30 });
  assert.deepEqual(
    [-5, 0, 9, 10, 19.9, 20, 99].map((step) => columnAt([0, 10, 20], step)),
    [0, 0, 0, 1, 1, 2, 2],
  );
});

test("spans cover every pixel once and leave no item out", () => {
  for (const [pixels, count] of [
    [10, 3],
    [10, 10],
    [7, 100],
    [1, 5],
  ]) {
    const found = spans(pixels, count, (x) => Math.floor((x * count) / pixels));
    assert.equal(found[0].from, 0);
    assert.equal(found[found.length - 1].to, pixels);
    found.slice(1).forEach((span, i) => assert.equal(span.from, found[i].to));
    const items = new Set(found.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i)));
    assert.equal(items.size, count);
  }
});

test("a block is dead only where more than half of its cells are", () => {
  const heat = columnsOf(storedHeat());
  const all = { first: 0, end: 3 };
  const order = [0, 1, 2];
  assert.equal(blockOf(heat, order, { first: 0, end: 1 }, { first: 0, end: 2 }), 3);
  assert.equal(blockOf(heat, order, { first: 2, end: 3 }, { first: 1, end: 2 }), -DEAD);
  assert.equal(blockOf(heat, order, all, { first: 2, end: 3 }), -UNSEEN);
  assert.ok(blockOf(heat, order, all, all) > 0); // 4 of 9 cells are silent
});

test("cells: colours where codes live, patterns where they do not", () => {
  const heat = columnsOf(storedHeat());
  const [ground, ink] = [1, 2];
  const inks = { viridis: Uint32Array.from([10, 11, 12, 13]), ground, ink };
  const [width, height] = [30, 30];
  const out = paintCells({ heat, order: [0, 1, 2], width, height, scale: usageScale(6), inks, unit: 1 });
  const at = (x, y) => out[y * width + x];
  assert.equal(at(25, 5), 13); // the busiest cell
  assert.ok(at(5, 15) >= 10 && at(15, 15) >= 10);
  for (const [x, y, state] of [
    [25, 15, DEAD],
    [5, 25, UNSEEN],
    [28, 29, UNSEEN],
  ]) {
    assert.equal(at(x, y), pattern(state, x, y, 1) ? ink : ground);
  }
  const values = (x0, y0) => new Set(Array.from({ length: 100 }, (_, i) => at(x0 + (i % 10), y0 + Math.floor(i / 10))));
  assert.deepEqual([...values(20, 10)].sort(), [ground, ink]);
  assert.equal(values(0, 0).size, 1);
});

test("the heatmap in words names code, step, count, state and denominators", () => {
  const heat = columnsOf(storedHeat());
  assert.equal(cellWords(heat, 2, 1), "Code 1 at step 20: 0.500 tokens a step (EMA), dead");
  assert.equal(heatWords(heat), "3 codes, steps 0 to 20. Newest: 1 live, 1 dead (33% of 3), 1 unseen.");
  const rows = [
    [0, 5, 0, 1, "split", 0, 0],
    [1, 12, 1, 1, "split", 0, 0],
    [2, 15, 0, 2, "split", 0, 1],
    [3, 99, 0, 2, "split", 0, 1],
  ];
  assert.deepEqual(
    shownEvents({ rows }, 0, { low: 0, high: 30 }).map(([id]) => id),
    [0, 2],
  );
  assert.deepEqual(shownEvents(null, 0, { low: 0, high: 30 }), []);
  assert.equal(tickWords({ total: 1204, rows }), " Ticks: the newest 4 of 1,204 reseeds.");
  assert.equal(tickWords({ total: 4, rows }), "");
});

test("the histogram names K, ceiling, perplexity and the dead share", () => {
  const frame = {
    level: 0,
    ceiling: 4,
    window: 20,
    counts: { array: Float32Array.from([1, 6, 0, 1]) },
    state: { array: Uint8Array.from([0, 0, 1, 2]) },
    silent: { array: Int32Array.from([0, 0, 31, 4]) },
    measures: {},
  };
  const usage = usageOf(frame, true);
  assert.deepEqual(Array.from(usage.order), [1, 0, 3, 2]);
  assert.equal(usage.place[2], 3);
  assert.ok(Math.abs(usage.perplexity - perplexityOf([1, 6, 1])) < 1e-9);
  assert.match(
    usageWords(frame, usage),
    /K = 4 codes.*= 4\. Perplexity 2\.\d+ of 4, of these averages\. Dead 1 of 4 \(25%\): not chosen for 20 steps; 1 of 4 unseen/,
  );
  assert.equal(usageOf({ ...frame, measures: { perplexity_0: 3.5 } }, true).perplexity, 3.5);
  assert.equal(codeWords(frame, usage, 2), "Code 2: 0 tokens a step (EMA), 0% of 8.00; dead, not chosen for 31 steps");
  assert.equal(barHeight(3, usage, false), 0.5);
  assert.equal(barHeight(0, usage, true), 0);
  assert.ok(barHeight(3, usage, true) > 0.5);
});

test("the throttle never loses the last request, and slow work rests longer", () => {
  const clock = { time: 0, timers: [], now: () => clock.time, later: (work, wait) => clock.timers.push({ work, at: clock.time + wait }), cancel: () => {} };
  const tick = (time) => {
    clock.time = time;
    const due = clock.timers.filter(({ at }) => at <= time);
    clock.timers = clock.timers.filter(({ at }) => at > time);
    due.forEach(({ work }) => work());
  };
  let [runs, cost] = [0, 0];
  const run = () => {
    runs += 1;
    clock.time += cost;
  };
  const slow = throttle(run, 200, clock);
  for (let i = 0; i < 5; i++) slow.request();
  tick(0);
  assert.equal(runs, 1);
  slow.request();
  tick(199);
  assert.equal(runs, 1);
  cost = 100;
  tick(200);
  assert.equal(runs, 2);
  slow.request();
  tick(1000);
  assert.equal(runs, 2); // 100 ms of work: the next not before 1,200 ms after it began
  tick(1400);
  assert.equal(runs, 3);
});

test("heavy drawing is spread over frames, and a panel that fails holds up no other", (t) => {
  const frames = [];
  globalThis.requestAnimationFrame = (work) => frames.push(work);
  t.after(() => delete globalThis.requestAnimationFrame);
  const failures = t.mock.method(console, "error", () => {});
  const drawn = [];
  const busy = (name) => () => {
    for (const start = performance.now(); performance.now() - start < 8; );
    drawn.push(name);
  };
  const fails = () => {
    throw new Error("no canvas");
  };
  const panels = [fails, busy("a"), busy("b"), busy("c")].map((work) => throttle(work, 200));
  for (const panel of panels) panel.request();
  panels[3].cancel();
  const counts = [];
  while (frames.length > 0) {
    frames.shift()();
    counts.push(drawn.length);
  }
  assert.deepEqual(drawn, ["a", "b"]);
  assert.deepEqual(counts.slice(0, 2), [1, 2]); // one long drawing a frame
  assert.equal(failures.mock.callCount(), 1);
});

test("memory tells new values from the same ones", () => {
  const same = memory();
  assert.deepEqual([same(1, NaN), same(1, NaN), same(2, NaN), same(2)], [false, true, false, false]);
});
