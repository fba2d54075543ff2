import assert from "node:assert/strict";
import test from "node:test";
import { ceilingWords, plotsOf, referenceOf } from "../../../../explorer/views/kit/player/charts/curves_model.js";
import { placeOf, topOf, wrongWords } from "../../../../explorer/views/kit/player/charts/wrong_tokens.js";
import { codeWords, deadWords, lagWords } from "../../../../explorer/views/kit/player/plane/words.js";

const NAMES = ["missed", "drift", "lag_0", "lag_1", "latent_dimension", "code_dimension_0", "active_0"];

test("drift, lag and dimensions are plots of their own group, and codes in use share theirs with the latents", () => {
  const plots = plotsOf({ names: NAMES, labels: NAMES, units: NAMES.map(() => ""), kinds: NAMES.map(() => "measure") });
  const of = (group) => plots.filter((plot) => plot.group === group).map(({ id, lines }) => [id, ...lines.map(({ name }) => name)]);
  assert.deepEqual(of("learning"), [
    ["perplexity", "active_0"],
    ["missed", "missed"],
  ]);
  assert.deepEqual(of("movement"), [
    ["drift", "drift"],
    ["lag", "lag_0", "lag_1"],
    ["dimension", "latent_dimension", "code_dimension_0"],
  ]);
});

test("what the model reaches without a quantizer is a line with its steps, where it was measured", () => {
  const plot = { id: "missed" };
  assert.equal(referenceOf(plot, { ceiling: null }), null);
  assert.equal(referenceOf(plot, { ceiling: { step: 0, target: 500, missed: null } }), null);
  const found = referenceOf(plot, { ceiling: { step: 500, target: 500, missed: 0.0123 } });
  assert.deepEqual(found, { value: 0.0123, words: "no quantizer, 500 steps: 1.23%" });
  assert.equal(referenceOf({ id: "perplexity" }, { frame: { ceiling: 64 } }).value, 64);
  assert.equal(referenceOf({ id: "dead" }, { frame: { ceiling: 64 }, ceiling: { missed: 1 } }), null);
});

test("the button of the ceiling says how far it is, and is not there without a model", () => {
  const settings = { model: "mlp" };
  assert.equal(ceilingWords({ settings: { model: "none" }, ceiling: null }), null);
  assert.equal(ceilingWords({ settings: null, ceiling: null }), null);
  assert.equal(ceilingWords({ settings, ceiling: null }), "Ceiling");
  assert.equal(ceilingWords({ settings, ceiling: { step: 20, target: 1500 } }), "Ceiling: step 20 of 1,500");
  assert.equal(ceilingWords({ settings, ceiling: { step: 1500, target: 1500 } }), "Ceiling of step 1,500");
});

test("wrong tokens in words, with what was counted; a value that is not there is said to be missing", () => {
  const found = { step: 1200, tokens: 2000, shares: [0, 0.01, 0.5], missed: [0.031, 0.05, null] };
  assert.equal(
    wrongWords(found),
    "Squared error as a share of the variance of the inputs at step 1,200, of 2,000 tokens. 0% wrong: 3.10%; 1% wrong: 5.00%; 50% wrong: not measured. 100% is what their mean reaches.",
  );
  assert.equal(topOf(found.missed), 1.1);
  assert.equal(topOf([0.1, 2]), 2.2);
  assert.deepEqual(
    [0, 1, 2].map((i) => placeOf(i, 3)),
    [0, 0.5, 1],
  );
  assert.equal(placeOf(0, 1), 0);
});

test("the lag of a code is said where it is known, and why there are no lines", () => {
  const frame = {
    counts: { array: [8, 8] },
    silent: { array: [0, 0] },
    state: { array: [0, 0] },
    lag: { array: [0.1234, NaN] },
    won: { array: [0, 0, NaN, NaN] },
  };
  assert.equal(codeWords(frame, 0), "Code 0 · 8 latents a step (EMA) · live · 0.12 spreads from the latents it last won");
  assert.equal(codeWords(frame, 1), "Code 1 · 8 latents a step (EMA) · live");
  assert.match(lagWords(frame), /^Lines: from each live code/);
  assert.match(lagWords({ ...frame, won: null }), /up to K = 1,024/);
  assert.match(lagWords({ ...frame, won: null, lag: null }), /follow from a rule/);
});

test("codes that wait are told apart from dead and unseen ones", () => {
  const facts = { dead: 2, unseen: 49, codebook_size: 64, active: 16, window: 20 };
  assert.equal(deadWords(facts), "Dead: 2 of 64 codes, not chosen for 20 steps. Unseen so far: 1 of 64. At work: 16 of 64; the others wait for their turn.");
  assert.equal(deadWords({ ...facts, unseen: 0, active: 64 }), "Dead: 2 of 64 codes, not chosen for 20 steps.");
});
