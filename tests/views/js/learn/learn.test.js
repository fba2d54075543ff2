import assert from "node:assert/strict";
import test from "node:test";

import { nextStep } from "../../../../explorer/views/learn/chapters.js";
import { coverOf, headPx, overlap, seekBy } from "../../../../explorer/views/learn/place.js";
import { answersCsv, keepAnswer, markDone, readProgress, stepsDone } from "../../../../explorer/views/learn/progress.js";
import { addressOf, placeAt, placeOf, rootOf, staysOnPage } from "../../../../explorer/views/learn/route.js";
import { farSide } from "../../../../explorer/views/learn/sides.js";

import { factsOf, findsMend, holds, isDone, namesOf, standing } from "../../../../explorer/views/learn/task.js";
import { splitIndices, splitLines, splitSymbols } from "../../../../explorer/views/learn/written.js";

const steps = [
  { page: "", query: "tokenizer=vq" },
  { page: "", query: null },
  { page: "lab", query: "preset=x&speed=60" },
];
const chapter = { id: "one", title: "One", steps };

const storage = (first = {}) => {
  const kept = new Map(Object.entries(first));
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
};

test("an address names a step, and what is no step names none", () => {
  assert.equal(placeOf("?learn=one.2&x=1", [chapter]).step, steps[2]);
  assert.equal(placeOf("?learn=one", [chapter]).number, 0);
  for (const odd of ["", "?learn=two.0", "?learn=one.3", "?learn=one.x", "?learn=one.-1", "?learn=__proto__.0"]) assert.equal(placeOf(odd, [chapter]), null);
});

test("a step whose page stays is entered by the state before it", () => {
  assert.equal(addressOf("/", chapter, 0), "/?tokenizer=vq&learn=one.0");
  assert.equal(addressOf("/vq/", chapter, 1), "/vq/?tokenizer=vq&learn=one.1");
  assert.equal(addressOf("/", chapter, 2), "/lab?preset=x&speed=60&learn=one.2");
  assert.deepEqual([staysOnPage(steps[0], steps[1]), staysOnPage(steps[1], steps[2])], [true, false]);
});

test("beyond its ends a chapter goes on in the one beside it, and ends where there is none", () => {
  const [before, next] = ["zero", "two"].map((id) => ({
    id,
    steps: [
      { page: "", query: "a=1" },
      { page: "lab", query: null },
    ],
  }));
  const found = (place) => place && [place.chapter.id, place.number, place.step.page];
  const whole = { ...chapter, before, next };
  assert.deepEqual(
    [-1, 0, 2, 3].map((number) => found(placeAt(whole, number))),
    [
      ["zero", 1, "lab"],
      ["one", 0, ""],
      ["one", 2, "lab"],
      ["two", 0, ""],
    ],
  );
  const alone = { ...chapter, before: null, next: null };
  assert.deepEqual([placeAt(alone, -1), placeAt(alone, 3), placeAt(before, -1), placeAt(before, 2)], [null, null, null, null]);
});

test("the root is found from every page, under a path of a proxy, too", () => {
  const found = [rootOf("/lab", "lab"), rootOf("/vq/lab/", "lab"), rootOf("/", ""), rootOf("/vq/", ""), rootOf("/vq", "")];
  assert.deepEqual(found, ["/", "/vq/", "/", "/vq/", "/vq/"]);
});

test("facts hold for what is reported, and for nothing that is not", () => {
  const fact = { name: "perplexity", relation: "at least", value: 40 };
  assert.deepEqual(
    ["40", "39.9", "", undefined, "NaN", "x"].map((value) => holds(fact, value)),
    [true, false, false, false, false, false],
  );
  assert.equal(holds({ ...fact, relation: "is", value: "lfq" }, "lfq"), true);
  const task = { facts: [fact, { name: "step", relation: "at most", value: 500 }] };
  assert.deepEqual([isDone(task, { perplexity: "41", step: "500" }), isDone(task, { perplexity: "41", step: "501" })], [true, false]);
  assert.equal(standing(task, { perplexity: "6.54127" }), "perplexity 6.541 (at least 40), step not known yet (at most 500)");
  assert.equal(standing(task, { perplexity: "41", step: "501" }), "✓ perplexity 41 (at least 40), step 501 (at most 500: press Reset)"); // no waiting helps
});

test("the facts of a page are those of its views, and of its address where no view says other", () => {
  const root = { querySelectorAll: (selector) => (selector === ".dte-edit" ? [{ dataset: { changed: "3", level: "1" } }] : []) };
  assert.deepEqual(factsOf("", root, "?level=0&mode=solo"), { level: "1", mode: "solo", changed: "3" });
  const task = { facts: [{ name: "psnr_db", label: "PSNR, dB", relation: "at least", value: 20 }] };
  assert.equal(standing(task, { psnr_db: "21.456" }), "✓ PSNR, dB 21.46 (at least 20)");
  const named = {
    facts: [
      { name: "chosen", relation: "is", value: "fsq" },
      { name: "changed", relation: "is", value: 1 },
    ],
  };
  assert.equal(standing(named, { chosen: "lfq", changed: "2" }), "chosen lfq (another is asked for), changed 2 (1 is asked for)"); // the answer is not given away
  assert.equal(standing(named, { chosen: "fsq" }), "✓ chosen fsq, changed not known yet (1 is asked for)");
  const kept = { facts: [{ name: "kept", relation: "is", value: "yes", label: "angle kept:" }] };
  assert.deepEqual([standing(kept, { kept: "no" }), standing(kept, { kept: "yes" })], ["angle kept: no (yes is asked for)", "✓ angle kept: yes"]);
  assert.equal(standing(named, {}), "chosen not known yet, changed not known yet (1 is asked for)");
});

test("a task of a preset asks for its mend, and no other step does", () => {
  const task = { facts: [] };
  const found = [
    { page: "lab", query: "preset=lfq_sign", task },
    { page: "lab", query: "preset=lfq_sign", task: null },
    { page: "lab", query: "settings=%7B%7D&speed=60", task },
    { page: "codebook", query: "preset=x", task },
    { page: "lab", query: null, task },
  ];
  assert.deepEqual(found.map(findsMend), [true, false, false, false, false]);
});

test("an index of an equation is set below the line, and nothing else of it is changed", () => {
  assert.deepEqual(splitIndices("z_e - sg[e_{i-1}]"), ["z", "e", " - sg[e", "i-1", "]"]);
  assert.deepEqual(splitIndices("q_top, q_bottom"), ["q", "top", ", q", "bottom", ""]);
  assert.deepEqual(splitIndices(" = argmin"), [" = argmin"]);
});

test("an equation breaks at spaces alone, and another one begins a line", () => {
  assert.deepEqual(splitLines(" = mean exp(-|e_i - e_j|\u00b2 / t),   "), [" = mean exp(-\u2060|\u2060e_i - e_j|\u2060\u00b2 / t),", ""]);
  assert.deepEqual(splitLines("),   x = Dec("), ["),", "x = Dec("]);
  assert.deepEqual(splitIndices("argmin_{i, j, x} "), ["argmin", "i, j, x", " "]);
});

test("in a sentence a symbol is set as in an equation, and a name stays as it is", () => {
  assert.deepEqual(splitSymbols("In equations z_e, or z."), ["In equations ", "z", "e", ", or z."]);
  assert.deepEqual(splitSymbols("by |z_q| / |z_e|."), ["by |", "z", "q", "| / |", "z", "e", "|."]);
  for (const plain of ["l0_indices are the tokens", "of e_vectors", "codebook_size"]) assert.deepEqual(splitSymbols(plain), [plain]);
});

test("progress and first answers are kept, and a broken store keeps nothing", () => {
  const kept = storage();
  const question = { text: "Why?", answers: ["a", 'b "c"'], right: 1 };
  markDone("one.0", kept);
  markDone("one.0", kept);
  keepAnswer("one.1", question, 0, kept, new Date(0));
  keepAnswer("one.1", question, 1, kept, new Date(0)); // after the explanation
  const progress = readProgress(kept);
  assert.deepEqual([progress.done, progress.answers.length, progress.answers[0].right], [["one.0"], 1, false]);
  assert.equal(answersCsv(progress).trim().split(/\r?\n/)[1], "one.1,Why?,a,0,1970-01-01T00:00:00.000Z");
  assert.deepEqual(stepsDone(chapter, progress), { done: 1, of: 3 });
  assert.equal(nextStep(chapter, progress), 1);
  assert.deepEqual(readProgress(storage({ "dte-learn": "{" })), { done: [], answers: [] });
  assert.deepEqual(readProgress(storage({ "dte-learn": '{"done": 3}' })), { done: [], answers: [] });
  assert.deepEqual(readProgress(storage({ "dte-learn": '{"done": [null, "a.0"], "answers": [null, 5]}' })), { done: ["a.0"], answers: [] });
});

test("what two stretches have in common", () => {
  assert.deepEqual([overlap([0, 10], [5, 20]), overlap([0, 10], [10, 20]), overlap([0, 10], [-5, 50])], [5, 0, 10]);
});

test("what a step is about is brought into sight, no further than it must be", () => {
  const free = [50, 500];
  assert.equal(seekBy([100, 400], free), 0);
  assert.equal(seekBy([100, 520], free), 0, "95% of it is enough");
  assert.equal(seekBy([100, 540], free), 40, "its end to the end of what is free");
  assert.equal(seekBy([700, 1000], free), 500);
  assert.equal(seekBy([-800, -500], free), -850, "and back up, its beginning on top");
  assert.equal(seekBy([140, 2000], free), 0, "more than the window holds: most of the window");
  assert.equal(seekBy([150, 2000], free), 100);
  assert.equal(seekBy([0, 2000], free), -50, "its head is cut, which has its choices");
  assert.equal(seekBy([-900, 2000], free), 0, "in the middle of it, where one reads");
});

test("a card covers shares of what is in sight, and of what a step is about above all", () => {
  const window = { innerWidth: 1000, innerHeight: 500 };
  const card = { left: 0, right: 200, top: 300, bottom: 500 };
  const box = (left, top, right, bottom) => ({ left, top, right, bottom });
  assert.equal(coverOf([box(0, 400, 400, 500)], card, window), 3 * 0.25);
  assert.equal(coverOf([box(0, 400, 400, 900)], card, window), 3 * 0.25, "what is below the window is covered by nothing");
  assert.equal(coverOf([box(300, 0, 900, 500), box(0, 400, 200, 500)], card, window), 1, "of another part");
  const [beside, settings] = [box(100, 300, 400, 500), box(0, 300, 267, 500)]; // a third of the one, three quarters of the other
  assert.ok(coverOf([beside], card, window) < coverOf([box(900, 0, 990, 90), settings], card, window), "an edge, and not the most of another part");
  assert.equal(coverOf([box(0, 900, 200, 950), box(300, 0, 400, 100)], card, window), 0);
});

test("of two runs one below the other the one that is out of sight is named, and of two beside each other none", () => {
  const window = /** @type {[number, number]} */ ([0, 900]);
  assert.equal(
    farSide(
      [
        [100, 2000],
        [2050, 4000],
      ],
      window,
    ),
    "B",
  );
  assert.equal(
    farSide(
      [
        [-1900, 0],
        [50, 1950],
      ],
      window,
    ),
    "A",
  );
  assert.deepEqual(
    [
      farSide(
        [
          [100, 2000],
          [100, 2000],
        ],
        window,
      ),
      farSide([[100, 2000]], window),
      farSide([], window),
    ],
    [null, null, null],
  );
});

test("what stays on top of a page is as high as it is", () => {
  const page = (...heights) => ({ querySelectorAll: () => heights.map((height) => ({ getBoundingClientRect: () => ({ height }) })) });
  const position = (name) => () => ({ position: name });
  const found = [[], [20], [104]].map((heights) => headPx(page(...heights), position("sticky")));
  assert.deepEqual(found, [56, 56, 112]);
  assert.equal(headPx(page(104), position("static")), 56, "as on a phone, where it scrolls away");
});

test("what a page reports by an id is told in its own words, and in no other way", () => {
  const elements = {
    "#tokenizer input": { value: "VQ, EMA + reseeding" },
    '.strip-picture[data-id="astronaut"]': { title: "Astronaut Eileen Collins. NASA, Public domain" },
    '#lab-view [data-control="reseeding"] :is(option:checked, [aria-pressed="true"])': { textContent: " Off " },
  };
  const root = { querySelector: (selector) => elements[selector] ?? null };
  const is = (name, value) => ({ name, relation: "is", value });
  const task = { facts: [is("tokenizer", "vq"), is("picture", "astronaut"), is("codes", 3), { name: "count", relation: "at least", value: 23 }] };
  const facts = { tokenizer: "vq", picture: "astronaut", codes: "3", count: "2" };
  assert.deepEqual(namesOf("", task, facts, root), { tokenizer: "VQ, EMA + reseeding", picture: "Astronaut Eileen Collins" });
  assert.deepEqual(namesOf("lab", { facts: [is("reseeding", "none"), is("update", "ema")] }, { reseeding: "none", update: "ema" }, root), { reseeding: "Off" });
  assert.deepEqual(namesOf("", task, { ...facts, picture: 'x"] , *' }, root), { tokenizer: "VQ, EMA + reseeding" }, "an address may hold anything");
  const told = standing(task, facts, namesOf("", task, facts, root));
  assert.equal(told, "✓ tokenizer VQ, EMA + reseeding, ✓ picture Astronaut Eileen Collins, ✓ codes 3, count 2 (at least 23)");
});
