import assert from "node:assert/strict";
import test from "node:test";
import { placing, tokensAStep, usageColour, usageShare } from "../../../../explorer/views/kit/player/plane/draw.js";
import { arrowScale, boxOf, FLASH_MS, follow, Motion, trailLength } from "../../../../explorer/views/kit/player/plane/motion.js";
import { scatter } from "../../../../explorer/views/kit/player/plane/paint.js";
import { cellKind, codeWords, deadWords, planeWords } from "../../../../explorer/views/kit/player/plane/words.js";
import { keptStep, replayStride, timelineWords } from "../../../../explorer/views/kit/player/charts/timeline.js";
import { otherSeed, statusWords } from "../../../../explorer/views/lab/controls/transport.js";
import { messageOf } from "../../../../explorer/views/lab/messages.js";

const array = (values) => ({ array: Float32Array.from(values), shape: [values.length / 2, 2] });

function frameOf(patch = {}) {
  const plane = { kind: "exact", explained: null, fitted_at: null, dims: 2, metric: "euclidean" };
  return {
    step: 10,
    latents_seen: 5120,
    batch_size: 512,
    level: 0,
    levels: 1,
    codebook_size: 64,
    ceiling: 64,
    z: { array: new Float32Array(1024), shape: [512, 2] },
    codes: array([0, 0, 1, 1]),
    reseeds: [],
    gradient: null,
    dead: 41,
    unseen: 0,
    window: 20,
    ...patch,
    plane: { ...plane, ...patch.plane },
  };
}

test("the caption says which plane, which latents, how many codes are dead", () => {
  const words = planeWords(frameOf());
  assert.match(words, /Exact plane of 2-D latents\. Cells: exact/);
  assert.match(words, /512 latents of fixed inputs, encoded anew at step 10\./);
  assert.match(deadWords(frameOf()), /^Dead: 41 of 64 codes, not chosen for 20 steps\.$/);
  assert.match(deadWords(frameOf({ unseen: 3 })), /Unseen so far: 3 of 64\./);
  assert.match(planeWords(frameOf({ levels: 4, level: 2 })), /^Level 3 of 4\./);
});

test("of projected codes there are no cells, and the caption says why", () => {
  const frame = frameOf({ plane: { kind: "pca", explained: 0.42, fitted_at: 300, dims: 32 } });
  assert.equal(cellKind(frame), null);
  assert.match(
    planeWords(frame),
    /PCA of 32-D latents and codes, 42% of the variance of the latents and codes that .*axes of step 300.*No cells: cells of projected codes would not be/,
  );
  const codesAlone = { ...frame, z: { array: new Float32Array(0), shape: [0, 2] } };
  assert.match(planeWords(codesAlone), /PCA of 32-D codes, 42% of the variance of the codes that it was fitted to; axes/);
});

test("cells: by distance, by angle, on a line, of a rule by distance, none above 1,024 codes", () => {
  assert.equal(cellKind(frameOf()), "euclidean");
  assert.equal(cellKind(frameOf({ plane: { metric: "cosine" } })), "cosine");
  const ruled = frameOf({ plane: { metric: "implicit" } });
  assert.equal(cellKind(ruled), "euclidean");
  assert.equal(cellKind(frameOf({ plane: { kind: "line", dims: 1, metric: "implicit" } })), "euclidean");
  assert.equal(cellKind(frameOf({ plane: { kind: "pca", dims: 4, metric: "implicit" } })), null);
  assert.match(planeWords(ruled, null, "fsq"), /Cells: exact\. Latents are drawn behind FSQ's bound/);
  assert.match(planeWords(ruled, null, "bsq"), /Cells: exact\. Latents are drawn on the unit sphere/);
  assert.match(planeWords(ruled, null, "lfq"), /Cells: exact\. The sign of each dimension/);
  assert.equal(cellKind(frameOf({ plane: { kind: "line", dims: 1 } })), "euclidean");
  assert.equal(cellKind(frameOf({ codebook_size: 1025 })), null);
  assert.match(planeWords(frameOf({ codebook_size: 1025 })), /up to K = 1,024/);
});

test("one of a thing is said in the singular", () => {
  const one = frameOf({ dead: 0, window: 1, codebook_size: 1, z: { array: new Float32Array(2), shape: [1, 2] } });
  assert.equal(deadWords(one), "Dead: 0 of 1 code, not chosen for 1 step.");
  assert.match(planeWords(one), /1 latent of fixed inputs/);
});

test("gradients that do not come through are said to be 0", () => {
  const frame = frameOf();
  assert.match(planeWords(frame, arrowScale(new Float32Array(1024))), /is 0 at 256 of 512 latents/);
  assert.match(planeWords(frame, arrowScale(new Float32Array(1024).fill(0.3))), /one scale, 90% shorter than 0\.42/);
});

test("arrows share one scale: the 90th percentile is the wished length", () => {
  const gradient = new Float32Array(200);
  for (let i = 0; i < 100; i++) gradient[2 * i] = i;
  const { typical, scale, stride } = arrowScale(gradient, 400, 26);
  assert.deepEqual([typical, stride], [89, 1]);
  assert.ok(Math.abs(typical * scale - 26) < 1e-9);
});

test("a code in words: count, state, silence", () => {
  const frame = frameOf({ counts: { array: [8.123, 0] }, state: { array: [0, 1] }, silent: { array: [0, 1310] } });
  assert.equal(codeWords(frame, 0), "Code 0 · 8.1 latents a step (EMA) · live");
  assert.equal(codeWords(frame, 1), "Code 1 · 0 latents a step (EMA) · dead, silent for 1,310 steps");
});

test("codes glide between slow frames, arrive, and jump when reseeded", () => {
  const motion = new Motion();
  motion.push(frameOf(), 0);
  assert.deepEqual([...motion.positions(0)], [0, 0, 1, 1]);
  motion.push(frameOf({ step: 11, codes: array([2, 0, 9, 9]), reseeds: [[1, 1, 1, 1]] }), 200);
  assert.deepEqual([...motion.positions(200)], [0, 0, 9, 9]);
  const [x] = motion.positions(300);
  assert.ok(x > 0.5 && x < 2);
  assert.deepEqual([...motion.positions(401)], [2, 0, 9, 9]);
  assert.deepEqual(
    motion.glowing(201).map(({ code, x, y, again }) => [code, x, y, again]),
    [[1, 1, 1, true]],
  );
  assert.equal(motion.moving(201), true);
  assert.deepEqual(motion.glowing(200 + FLASH_MS), []);
  assert.equal(motion.moving(200 + FLASH_MS), false);
});

test("quick frames do not glide; trails are bounded; an earlier step, another basis or codebook starts afresh", () => {
  const motion = new Motion();
  for (let i = 0; i < 100; i++) motion.push(frameOf({ step: i, codes: array([i, 0]) }), 20 * i);
  assert.deepEqual([...motion.positions(99 * 20 + 1)], [99, 0]);
  assert.equal(motion.trail.length, trailLength(1));
  motion.push(frameOf({ step: 5, codes: array([1, 1]) }), 5000);
  assert.equal(motion.trail.length, 1);
  motion.push(frameOf({ step: 6, codes: array([1, 1]), plane: { kind: "pca", fitted_at: 6 } }), 5100);
  assert.equal(motion.trail.length, 1);
  motion.push(frameOf({ step: 7, codes: array([1, 1, 2, 2]) }), 5200);
  assert.deepEqual([...motion.positions(5200)], [1, 1, 2, 2]);
});

test("the camera shows everything at once, and forgets slowly what went away", () => {
  assert.deepEqual(boxOf(Float32Array.of(0, 1, NaN, 9, -2, 3)), [-2, 1, 0, 3]);
  assert.equal(boxOf(Float32Array.of(NaN, NaN)), null);
  const first = follow(null, [-1, -1, 1, 1]);
  assert.equal(follow(first, [-0.95, -0.9, 0.9, 0.95]), first);
  const grown = follow(first, [-1, -1, 5, 1]);
  assert.ok(grown.x - grown.half < -1 && grown.x + grown.half > 5);
  let shown = grown;
  const halves = Array.from({ length: 60 }, () => (shown = follow(shown, [-1, -1, 1, 1])).half);
  assert.ok(halves[0] > 0.85 * grown.half && halves.at(-1) < 1.6);
  for (const box of [[-1, -1, 1, 1]]) assert.ok(shown.x - shown.half <= box[0] && shown.x + shown.half >= box[2]);
});

test("world and screen invert each other, y upwards; the box is what is on screen", () => {
  const view = placing({ x: 1, y: 2, half: 3 }, 600, 500);
  const [x, y] = view.world(view.left + view.scale * 2.5, view.top - view.scale * 1.25);
  assert.ok(Math.abs(x - 2.5) < 1e-9 && Math.abs(y - 1.25) < 1e-9);
  assert.ok(view.box[0] < -2 && view.box[1] < -1 && view.box[2] > 4 && view.box[3] > 5);
});

test("colour: logarithmic between nothing and all latents of a step", () => {
  assert.equal(usageShare(0, 512), 0);
  assert.equal(usageShare(512, 512), 1);
  assert.ok(usageShare(8, 512) > 0.3 && usageShare(8, 512) < 0.4);
  assert.equal(usageColour(512, 512), "rgb(253,231,37)");
  assert.equal(tokensAStep({ counts: { array: [3, 5] } }), 8);
});

test("painted points lie near the pointer, inside the paper, with two decimals, and not beyond the room", () => {
  const points = scatter(2.999, 0, 0.05, 3);
  assert.equal(points.length, 3);
  for (const [x, y] of points) {
    assert.ok(Math.abs(x - 3) < 0.4 && x <= 3 && Math.abs(y) < 0.4);
    assert.equal(Math.round(100 * x) / 100, x);
  }
  assert.equal(scatter(0, 0, 1, 0).length, 0);
});

test("timeline: kept steps, and a replay that lasts as long for any run", () => {
  const kept = { first: 0, last: 1003, stride: 4 };
  assert.equal(keptStep(501, kept), 500);
  assert.equal(keptStep(2000, kept), 1003);
  assert.equal(keptStep(-5, kept), 0);
  assert.equal(replayStride({ first: 0, last: 100, stride: 1 }), 1);
  assert.equal(replayStride({ first: 0, last: 9600, stride: 4 }), 40);
  assert.match(timelineWords(500, 500, kept), /Looking back: step 500 of 1,003/);
});

test("status in words; another seed is another", () => {
  const status = { step: 1240, playing: true, steps_per_second: 312.4, device: "CPU, 1 thread" };
  assert.equal(statusWords(status, { latents_seen: 634880 }), "step 1,240 · 634,880 latents · 312 steps a second · CPU, 1 thread");
  assert.match(statusWords({ ...status, playing: false }, null), /paused/);
  assert.equal(statusWords({ playing: false, ended: "Idle." }, { step: 157, latents_seen: 40192 }), "step 157 · 40,192 latents · ended");
  assert.equal(statusWords({ playing: false, ended: "Idle." }, null), "ended");
  assert.equal(statusWords(null, null), "Starting…");
  assert.equal(statusWords(null, { step: 0, latents_seen: 0 }, true), "No run", "what it would have begun with is still shown");
  assert.equal(statusWords(null, { step: 0, latents_seen: 0 }), "step 0 · the run is starting…");
  assert.notEqual(
    otherSeed(7, () => 0.007),
    7,
  );
});

test("the most pressing message: no place, no answer, ended, stopped", () => {
  assert.equal(messageOf({ token: "", first: "All 8 places are taken", problem: "x", status: null }).text, "All 8 places are taken");
  assert.equal(messageOf({ token: "", first: "", problem: "", status: null, waiting: true }), null, "its run is on its way");
  assert.equal(messageOf({ token: "t", first: "", problem: "gone", status: null }).text, "gone");
  assert.equal(messageOf({ token: "t", first: "", problem: "", status: { ended: "Idle." } }).button.action, "resume");
  const stopped = { step: 512, term: "commitment", words: "" };
  assert.match(messageOf({ token: "t", first: "", problem: "", status: { stopped } }).text, /step 512: commitment/);
  assert.equal(messageOf({ token: "t", first: "", problem: "", status: {} }), null);
});
