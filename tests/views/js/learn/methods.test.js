import assert from "node:assert/strict";
import test from "node:test";

import { equationCells, evidenceWords, methodsCsv, placed } from "../../../../explorer/views/learn/methods.js";

const equation = { reading: "own", source: "x + 1", at: "", differs: "" };
const method = (name, codebook, assignment) => ({
  name,
  words: `${name}.`,
  codebook,
  assignment,
  seen: [{ label: "lab", link: "lab?x=1" }],
  equation,
  test: "t::f",
});
const groups = [
  { title: "Quantizers", methods: [method("VQ", "explicit", "hard"), method("FSQ", "implicit", "hard")] },
  { title: "Losses", methods: [{ ...method("KL", "", ""), equation: { reading: "quoted", source: "Doe 2020, eq. 1", at: "a page", differs: "" } }] },
];

test("a range is one number where both ends read alike", () => {
  const found = { used: [49, 64], codes: 256, tokens: 5120, psnr_db: [17.91, 17.94], bits: 8 };
  assert.equal(evidenceWords(found), "49 to 64 of 256 codes used by 5,120 tokens, 17.9 dB at 8 bits a token");
});

test("a method stands in its cell and nowhere else, and all of them are in the file", () => {
  assert.deepEqual(
    placed(groups, "implicit", "hard").map(({ name }) => name),
    ["FSQ"],
  );
  assert.deepEqual(placed(groups, "implicit", "soft"), []);
  assert.deepEqual(methodsCsv(groups).trim().split(/\r?\n/).slice(1), [
    "Quantizers,VQ,VQ.,explicit,hard,lab?x=1,ours,x + 1,,,t::f",
    "Quantizers,FSQ,FSQ.,implicit,hard,lab?x=1,ours,x + 1,,,t::f",
    'Losses,KL,KL.,,,lab?x=1,"paper, quoted","Doe 2020, eq. 1",a page,,t::f',
  ]);
});

test("an equation tells how it was read, and what has none says so", () => {
  assert.deepEqual(equationCells({ reading: "code", source: "Doe 2020", at: "a page", differs: "A mean." }), [
    "authors' code",
    "Doe 2020",
    "a page",
    "A mean.",
  ]);
  assert.deepEqual(equationCells({ reading: "none", source: "A medium", at: "", differs: "" }), ["no formula", "A medium", "", ""]);
});
