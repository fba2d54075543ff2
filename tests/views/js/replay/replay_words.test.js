import assert from "node:assert/strict";
import test from "node:test";

import { numberOf, rowOfCode } from "../../../../explorer/views/kit/player/about.js";
import { keptStep, stepBeside, timelineWords } from "../../../../explorer/views/kit/player/charts/timeline.js";
import { pace } from "../../../../explorer/views/kit/player/link.js";
import { plotsOf } from "../../../../explorer/views/kit/player/charts/curves_model.js";
import { codeWords, deadWords } from "../../../../explorer/views/kit/player/plane/words.js";
import { queryOf, stateOf } from "../../../../explorer/views/replay/address.js";
import {
  CHECKPOINTS,
  deathWords,
  levelWords,
  livesWords,
  pairWords,
  RECORDED,
  runWords,
  sideWords,
  stateWords,
} from "../../../../explorer/views/replay/words.js";

test("an address holds which runs are open and what is on screen, and keeps what is not the page's", () => {
  const state = { runs: ["first", "second run"], scrub: 1200, level: 1, code: 7 };
  const query = queryOf("?learn=x.1&step=3&run=old", state);
  assert.deepEqual(stateOf(`?${query}`), state);
  assert.equal(new URLSearchParams(query).get("level_no"), "2");
  assert.deepEqual(stateOf("?run=first&b=second+run&step=1200&level=1&code=7"), state, "older links counted from 0");
  assert.equal(new URLSearchParams(query).get("learn"), "x.1");
  assert.equal(queryOf("", { runs: [], scrub: null, level: 0, code: null }), "");
  assert.deepEqual(stateOf("?step=-1&level=a&code=1e3"), { runs: [], scrub: null, level: 0, code: null });
});

test("moments of a recording lie where they were kept, not at even steps", () => {
  const kept = { first: 1, last: 700, stride: 100, steps: [1, 100, 150, 600, 700], all: 5 };
  assert.deepEqual(
    [0, 120, 126, 400, 650, 9000].map((step) => keptStep(step, kept)),
    [1, 100, 150, 600, 600, 700],
  );
  assert.deepEqual([stepBeside(150, 1, kept), stepBeside(150, -1, kept), stepBeside(null, -1, kept), stepBeside(700, 1, kept)], [600, 100, 600, null]);
  assert.equal(timelineWords(null, null, kept), "5 moments kept, from step 1 to 700");
});

test("a run that rests is asked seldom, one that trains as often as it says", () => {
  assert.equal(pace({ failures: 0, playing: false, changed: false, restMs: 15_000 }), 15_000);
  assert.equal(pace({ failures: 0, playing: true, changed: false, perSecond: 1 }), 997);
});

test("words say how a run stands, in its own numbers", () => {
  const run = { title: "first", last: 1200, records: 13, interval: 100, frames: 1, live: true, ended: false };
  assert.equal(runWords(run), "first: step 1,200 · live · 13 records, every 100 steps · 1 frame kept");
  assert.equal(stateWords({ live: false, ended: true }), "ended");
  assert.match(stateWords({ live: false, ended: false }), /not ended/);
  assert.equal(sideWords(run, 400), "first, step 400 of 1,200 (live)");
  const level = { name: "level 2", K: 131072, dim: 8, kept: 16384, source: "ResidualVQ at quantizer" };
  assert.equal(levelWords(level), "level 2: 131,072 codes, 8 dimensions, 16,384 of them kept (ResidualVQ at quantizer)");
});

test("of a codebook that was kept in part, codes have their own numbers", () => {
  const numbers = { array: Int32Array.from([4, 90, 700]) };
  const frame = {
    kept: { of: 1000, numbers },
    codebook_size: 3,
    step: 5,
    z: { shape: [2, 2] },
    counts: { array: [1, 2, 3] },
    silent: { array: [0, 0, 9] },
    state: { array: [0, 0, 1] },
  };
  assert.deepEqual([numberOf(frame, 2), rowOfCode(frame, 90), rowOfCode(frame, 5), numberOf({}, 2), rowOfCode({}, 5)], [700, 1, -1, 2, 5]);
  assert.match(codeWords(frame, 2, RECORDED), /^Code 700 · 3 latents a step \(mean since the frame before\) · dead, silent for 9 steps/);
  assert.equal(RECORDED.latents(frame), "2 latents as they came at step 5. 3 of 1,000 codes were kept.");
  assert.equal(RECORDED.latents({ step: 500, z: { shape: [2048, 2] }, batch_size: 256 }), "The newest 2,048 latents, up to step 500.");
  assert.equal(RECORDED.latents({ step: 500, z: { shape: [256, 2] }, batch_size: 256 }), "256 latents as they came at step 500.");
});

test("the lives of codes in words count what was told, and from what", () => {
  const lives = { K: 8, whole: 8, steps: [10, 60], frames: 6, tokens: 3840, alive: 6, never: 1, deaths: 4, back: 3, by: [["random latent", 2]] };
  assert.equal(
    livesWords(lives),
    "8 codes over steps 10 to 60, told from 6 frames: 6 live at the end, 1 never seen live. 4 deaths in all. " +
      "3 times a dead code was seen live again (random latent: 2). 3,840 tokens counted.",
  );
  assert.deepEqual(deathWords([7, -1, 30, -1, ""]), ["7", "never", "30", "–", "nothing yet"]);
});

test("of checkpoints nothing is said that only tokens could tell", () => {
  const frame = { dead: 2, unseen: 0, codebook_size: 8, window: 1, counted: true };
  assert.equal(deadWords(frame, CHECKPOINTS), "Dead: 2 of 8 codes, kept counts below 1% of their mean.");
  assert.equal(deadWords({ ...frame, dead: 0, counted: false }, CHECKPOINTS), "Dead: 0 of 8 codes, since no counts were kept that would tell it.");
  const code = { counts: { array: [0] }, silent: { array: [1] }, state: { array: [1] } };
  assert.equal(codeWords(code, 0, CHECKPOINTS), "Code 0 · 0 latents a step (as training kept them) · dead");
  const run = { title: "ck", last: 80, live: false, ended: true, records: 4, frames: 4, interval: 20, checkpoints: true };
  assert.equal(runWords(run), "ck: 4 checkpoints, up to step 80");
  assert.equal(sideWords(run, 40), "ck, step 40 of 80 (checkpoints)");
});

test("levels share the plots of tokens, reseeds and what checkpoints tell", () => {
  const names = ["tokens_0", "reseeded_0", "tokens_1", "reseeded_1", "moved_0", "moved_1", "norm_0"];
  const plots = plotsOf({ names, labels: names, units: names.map(() => ""), kinds: names.map(() => "measure") });
  assert.deepEqual(
    plots.map(({ id, lines }) => [id, lines.length]),
    [
      ["norms", 1],
      ["moved", 2],
      ["reseeded", 2],
      ["tokens", 2],
    ],
  );
});

test("checkpoints beside a training say what is held against what; two of a kind need no words", () => {
  const [made, trained] = [{ checkpoints: true }, { checkpoints: false }];
  assert.match(pairWords([trained, made]), /^Steps of B .* training A\. .* training kept in B, and of the tokens as they came in A/);
  assert.match(pairWords([made, trained]), /^Steps of A .* training B\./);
  assert.deepEqual(
    [[made, made], [trained, trained], [made], []].map((opened) => pairWords(opened)),
    ["", "", "", ""],
  );
});
