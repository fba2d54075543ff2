import assert from "node:assert/strict";
import test from "node:test";
import { apartWords, measuresOf, momentOf } from "../../../../explorer/views/kit/player/versus_words.js";
import { settingsApart, verdict } from "../../../../explorer/views/lab/versus_words.js";
import { drawingWords, drawnChanges } from "../../../../explorer/views/kit/player/plane/paint.js";
import { playsOrPauses } from "../../../../explorer/views/kit/player/keys.js";
import { sideWords } from "../../../../explorer/views/lab/view.js";

const NAMES = ["reconstruction", "quantization_error", "perplexity_0", "dead_0"];

/** A view of one side: rows of [step, loss, error, perplexity, dead share]; events [id, step]. */
function viewOf(rows, events = []) {
  const curves = { names: NAMES, rows: { array: Float32Array.from(rows.flat()), shape: [rows.length, 5] } };
  return { curves, frame: { codebook_size: 64, ceiling: 64, level: 0 }, events: { total: events.length, rows: events } };
}

const CONTROLS = [
  { name: "decay", label: "EMA decay", kind: "number", unit: "" },
  { name: "hard", label: "Hard", group: "Choice", kind: "toggle" },
  {
    name: "start",
    label: "Start",
    group: "Codes",
    kind: "choice",
    options: [
      ["a", "Gaussian"],
      ["b", "k-means"],
    ],
  },
];

test("settings that differ, in words; those that are the same are not named", () => {
  const [a, b] = [
    { decay: 0.99, hard: true, start: "a" },
    { decay: 0.99, hard: false, start: "b" },
  ];
  assert.deepEqual(settingsApart(CONTROLS, a, b), [
    { label: "Hard (Choice)", a: "on", b: "off" },
    { label: "Start (Codes)", a: "Gaussian", b: "k-means" },
  ]);
  assert.deepEqual(settingsApart(CONTROLS, a, a), []);
  const twice = CONTROLS.map((one) => ({ ...one, group: one.label }));
  assert.deepEqual(
    settingsApart(twice, a, b).map(({ label }) => label),
    ["Hard", "Start"],
    "a group of the same name is not told twice",
  );
  assert.equal(sideWords(CONTROLS, [a, b], 0), "Hard (Choice): on; Start (Codes): Gaussian", "the sides are called as in the table");
  assert.equal(sideWords(CONTROLS, [a, b], 1), "Hard (Choice): off; Start (Codes): k-means");
  assert.equal(sideWords(CONTROLS, [a], 0), "");
});

const A = viewOf(
  [
    [0, 1, 0.5, 60, 0],
    [10, 0.5, 0.2, 8, 0.640625],
  ],
  [[0, 10]],
);
const B = viewOf(
  [
    [0, 1, 0.5, 60, 0],
    [10, 0.25, 0.05, 32, 0.046875],
  ],
  [
    [0, 5],
    [1, 10],
    [2, 10],
  ],
);
const APART = [{ label: "Start", a: "Gaussian", b: "k-means" }];

test("both runs in numbers with their denominators, and how far they are apart", () => {
  const rows = measuresOf(momentOf(A), momentOf(B));
  assert.deepEqual(
    rows.map(({ label, a, b, apart }) => [label, a, b, apart]),
    [
      ["Dead codes", "41 of 64 (64%)", "3 of 64 (4.7%)", "A is 14 times B"],
      ["Quantization error", "0.200", "0.0500", "A is 4.0 times B"],
      ["Perplexity", "8.00 of at most 64", "32.0 of at most 64", "B is 4.0 times A"],
      ["Reseeds so far", "1", "3", "B is 3.0 times A"],
    ],
  );
  assert.equal(rows[1].unit, "mean squared distance of a latent to its code");
});

test("of codebooks of two sizes the shares are held against each other", () => {
  const small = { ...momentOf(A), K: 16, ceiling: 16 }; // 10 of 16 codes dead, perplexity 8 of 16
  const rows = measuresOf(momentOf(A), small);
  assert.deepEqual(
    rows.slice(0, 3).map(({ a, b, apart }) => [a, b, apart]),
    [
      ["41 of 64 (64%)", "10 of 16 (63%)", "A is 2.5% above B, as a share"],
      ["0.200", "0.200", "the same"],
      ["8.00 of at most 64", "8.00 of at most 16", "B is 4.0 times A, as a share"],
    ],
  );
});

test("the sentence says what is apart at that step, and that the rest is the same", () => {
  assert.equal(
    verdict(APART, momentOf(A), momentOf(B)),
    "A and B differ in Start: Gaussian against k-means. At step 10 A has 41 of 64 codes dead and B 3 of 64, and the quantization error of B is smaller: 0.0500 against 0.200 of A.",
  );
  assert.match(verdict(APART, momentOf(A, 0), momentOf(B, 0)), /At step 0 every number measured of them is still the same\./);
  assert.match(verdict([], momentOf(A), momentOf(B)), /one run, seen twice/);
  assert.match(verdict(APART, null, null), /Nothing is measured yet/);
  const later = viewOf([[12, 0.5, 0.2, 8, 0.640625]]);
  assert.match(verdict(APART, momentOf(A), momentOf(later)), /At step 10 of A and step 12 of B both have/, "rows need not be of the same steps");
  const near = viewOf([[10, 0.5, 0.2001, 8, 0.640625]]);
  assert.match(verdict(APART, momentOf(A), momentOf(near)), /both have 41 of 64 codes dead, and their quantization errors are within 1%/);
});

test("looking back counts the reseeds up to then; what the log no longer holds is not made up", () => {
  assert.equal(momentOf(B, 4).reseeds, 0);
  assert.equal(momentOf(B, 9).step, 10);
  const long = { ...B, events: { total: 900, rows: [[899, 10]] } };
  assert.equal(momentOf(long).reseeds, 900);
  assert.equal(momentOf({ ...long, curves: B.curves }, 0).reseeds, null);
  assert.equal(measuresOf(momentOf(long, 0), momentOf(B, 0)).at(-1).a, "not kept");
});

test("however many there were since, a row that counts them says how many there were up to it", () => {
  const rows = [
    [0, 1, 0.5, 60, 0, 0],
    [10, 0.5, 0.2, 8, 0.64, 700],
    [20, 0.5, 0.2, 8, 0.64, 900],
  ];
  const curves = { names: [...NAMES, "reseeds"], rows: { array: Float32Array.from(rows.flat()), shape: [3, 6] } };
  const counted = { curves, frame: A.frame, events: { total: 900, rows: [[899, 20]] } };
  assert.deepEqual(
    [0, 10, 14, null].map((step) => momentOf(counted, step).reseeds),
    [0, 700, 700, 900],
  );
  assert.equal(measuresOf(momentOf(counted, 10), momentOf(B, 0)).at(-1).a, "700");
});

test("two numbers in words", () => {
  assert.equal(apartWords(3, 3), "the same");
  assert.equal(apartWords(100, 100.5), "within 1%");
  assert.equal(apartWords(100, 105), "B is 5.0% above A");
  assert.equal(apartWords(0, 5), "only B");
  assert.equal(apartWords(NaN, 5), "not known");
});

test("the first stroke takes the model away, a model chosen afterwards stays", () => {
  assert.deepEqual(drawnChanges([[1, 2]], { dataset: "ring", model: "mlp" }), { dataset: "drawn", points: [[1, 2]], model: "none" });
  assert.deepEqual(drawnChanges([[1, 2]], { dataset: "drawn", model: "mlp" }), { dataset: "drawn", points: [[1, 2]] });
  assert.match(drawingWords({ dataset: "drawn", model: "mlp" }), /shows them bent/);
  assert.match(drawingWords({ dataset: "ring", model: "mlp" }), /^You draw the latents themselves/);
});

test("the space bar plays or pauses where it has no other meaning", () => {
  const body = { closest: () => null };
  const inside = { closest: () => null, ownerDocument: { body } };
  const outside = { closest: () => null, ownerDocument: { body } };
  body.ownerDocument = { body };
  const root = { contains: (element) => element === inside };
  const press = (target, more = {}) => playsOrPauses({ key: " ", target, ...more }, root);
  assert.equal(press(body), true);
  assert.equal(press(inside), true);
  assert.equal(press(outside), false);
  assert.equal(press({ ...inside, closest: () => ({}) }), false, "a button, a field");
  assert.equal(press(body, { ctrlKey: true }), false);
  assert.equal(press(body, { key: "a" }), false);
});
