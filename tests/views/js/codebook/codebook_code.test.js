// The page of a code and the audit panel: where one goes next, what was typed, and the words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes } from "../../../../explorer/views/kit/wire/format.js";
import * as audit from "../../../../explorer/views/codebook/audit/model.js";
import * as model from "../../../../explorer/views/codebook/code/model.js";

const COUNTS = Uint32Array.from([0, 3, 0, 7, 1, 0]);

test("next and previous go round the used codes, within the lasso if there is one", () => {
  assert.deepEqual([model.usedStep(COUNTS, 3, 1), model.usedStep(COUNTS, 4, 1), model.usedStep(COUNTS, 1, -1)], [4, 1, 4]);
  assert.deepEqual([model.usedStep(COUNTS, null, 1), model.usedStep(COUNTS, null, -1), model.usedStep(COUNTS, 0, -1)], [1, 4, 4]);
  assert.equal(model.usedStep(COUNTS, 1, 1, new Set([1, 2, 4])), 4);
  assert.equal(model.usedStep(Uint32Array.from([0, 2]), 1, 1), null);
  assert.equal(model.usedStep(new Uint32Array(3), 0, 1), null);
});

test("a random code is used, another one where there is one, and every used one can come", () => {
  const seen = new Set();
  for (let i = 0; i < 30; i++) seen.add(model.randomUsed(COUNTS, 3, null, () => i / 30));
  assert.deepEqual([...seen].sort(), [1, 4]);
  assert.equal(model.randomUsed(COUNTS, 3, new Set([3])), 3);
  assert.equal(model.randomUsed(new Uint32Array(3)), null);
  assert.equal(
    model.randomUsed(COUNTS, null, null, () => 1),
    4,
  );
  assert.deepEqual([model.mostUsed(COUNTS), model.mostUsed(new Uint32Array(2))], [3, null]);
});

test("what is typed into the search is a code or is answered in words", () => {
  assert.deepEqual(model.parseCode(" 1,023 ", 1024), { code: 1023 });
  assert.deepEqual(model.parseCode("Code 5", 1024), { code: 5 });
  assert.match(model.parseCode("1024", 1024).error, /no code 1,024: K = 1,024, numbered from 0 to 1,023/);
  for (const text of ["", "x", "-1", "1.5", "1e3", "<b>"]) assert.match(model.parseCode(text, 1024).error, /0 to 1,023/);
});

test("words have their denominators", () => {
  const answer = { count: 240, tokens: 102400, rank: 12, used: 467, codebook_size: 1024, code: 512 };
  assert.equal(model.countWords(answer), "240 of 102,400 tokens, 0.2%");
  assert.equal(model.rankWords(answer), "rank 12 of 467 used codes · K = 1,024");
  assert.equal(model.rankWords({ ...answer, rank: null, used: 1 }), "not among the 1 used code · K = 1,024");
  assert.equal(
    model.besideWords([7, 30, 3.14], "left", answer),
    "Code 7 stands left of 30 of the 240 tokens of code 512, 3.1 times as often as if codes fell independently",
  );
  assert.deepEqual(
    [
      [7, 1, 470],
      [7, 2, 90],
      [7, 3, 3.14],
      [7, 9, null],
    ].map(model.liftWords),
    ["once", "twice", "×3.1", ""],
  );
  assert.equal(model.besideWords([7, 1, 470], "above", answer), "Code 7 stands above 1 of the 240 tokens of code 512");
});

test("the table of places has each place with both shares, and a curve of training each kept step", () => {
  const positions = Object.assign(Float32Array.from([0.25, 0, 0.5, 0.25]), { shape: [2, 2] });
  const answer = { positions, positions_base: Float32Array.from([0.25, 0.25, 0.25, 0.25]) };
  assert.deepEqual(model.placesRows(answer)[2], [2, 1, "50%", "25%"]);
  assert.equal(model.placesCsv(answer).split("\n")[4], "2,2,0.25,0.25");
  const history = { steps: [150, 300], usage: [0.074, 0.5], tokens: [25600, 25600] };
  assert.equal(model.historyCsv(history), "step,codes_used_share,tokens\n150,0.074,25600\n300,0.5,25600\n");
  assert.match(model.historyWords(history), /7\.4% at step 150, 50% at step 300, over 25,600 tokens/);
});

test("an exemplar links to its token on the inspect page, where that has the picture", () => {
  const one = { medium: "coffee", token: 77 };
  const link = model.inspectLink("http://host/app/codebook?x=1", { tokenizer: "vq-ema", audit: "val", level: 1, code: 5 }, one);
  const url = new URL(link);
  assert.equal(url.pathname, "/app/");
  assert.deepEqual(Object.fromEntries(url.searchParams), { picture: "coffee", tokenizer: "vq-ema", side: "1024", level_no: "2", code: "5", token: "77" });
  assert.equal(model.inspectLink("http://host/", { tokenizer: "vq-ema", audit: "own-1", level: 0, code: 5 }, one), null);
});

test("the table of a code has every number of its page", () => {
  const answer = {
    count: 2,
    tokens: 9,
    share: 2 / 9,
    rank: 1,
    used: 3,
    state: 0,
    state_words: "In use, well",
    error: null,
    norm: 1,
    training: { count: 1, total: 4 },
    nearest: [[4, 0.5, 3]],
    duplicates: [6],
    neighbours: { left: [[4, 1, 2]] },
    positions: Float32Array.from([0.25, 0.75]),
    exemplars: { closest: [{ medium: "a, b", token: 3, distance: 0.5 }] },
    references: null,
  };
  const lines = model.codeCsv(answer).trim().split("\n");
  assert.equal(lines[0], "what,which,value,of");
  for (const line of [
    "count,,2,9",
    'state,"In use, well",0,',
    "nearest code,4,0.5,",
    "near-duplicate,6,,",
    "left,4,1,2",
    '"exemplar, closest","a, b, token 3",0.5,',
  ])
    assert.ok(lines.includes(line), line);
});

const LIMITS = { file_bytes: 1000, upload_bytes: 1500, files: 3 };
const file = (name, size = 10) => ({ name, size });

test("chosen files are told apart, and what cannot be is said before it is sent", () => {
  assert.equal(audit.kindOf([file("a.ZIP")], LIMITS).kind, "zip");
  assert.equal(audit.kindOf([file("a.npy")], LIMITS).kind, "indices");
  assert.equal(audit.kindOf([file("a.png"), file("b.jpeg"), file("notes.txt")], LIMITS).kind, "media");
  assert.match(audit.kindOf([file("a.zip"), file("b.png")], LIMITS).error, /not a mixture/);
  assert.match(audit.kindOf([file("a.doc")], LIMITS).error, /a\.doc is neither/);
  assert.match(audit.kindOf([file("a.png", 2000)], LIMITS).error, /a\.png has 2\.0 KiB; 1,000 bytes is the most/);
  assert.match(audit.kindOf([file("a.png", 900), file("b.png", 900)], LIMITS).error, /together/);
  assert.match(
    audit.kindOf(
      [1, 2, 3, 4].map((i) => file(`${i}.png`)),
      LIMITS,
    ).error,
    /4 files; 3 is the most/,
  );
  assert.ok(audit.kindOf([], LIMITS).error);
});

test("progress is said with its numbers, rate and remaining time", () => {
  const job = { state: "running", done: 12, planned: 100, tokens: 12288, media_per_second: 6.08, seconds_left: 14.4, name: "a.png", message: "" };
  assert.equal(audit.progressWords(job), "12 of 100 media · 12,288 tokens of each codebook · 6.1 media/s · 14 s left");
  assert.equal(audit.stateWords(job), "Counting a.png");
  assert.equal(audit.progressWords({ ...job, state: "waiting", done: null, planned: null, tokens: null, media_per_second: null }), "");
  assert.equal(audit.shareDone(job), 0.12);
  assert.equal(audit.shareDone({ planned: null }), null);
  assert.equal(audit.stateWords({ state: "failed", message: "No." }), "No.");
  assert.deepEqual(
    ["waiting", "running", "stopping", "done", "stopped", "failed"].map((state) => audit.isGoing({ state })),
    [true, true, true, false, false, false],
  );
  assert.equal(audit.isGoing(null), false);
});

test("times, sizes and K", () => {
  assert.deepEqual([0, 59.6, 200, 3000, 3900].map(audit.duration), ["0 s", "1 min", "3 min 20 s", "50 min", "1 h 5 min"]);
  assert.deepEqual([500, 2048, 5.5 * 2 ** 20, 3 * 2 ** 30].map(bytes), ["500 bytes", "2.0 KiB", "5.5 MiB", "3.0 GiB"]);
  assert.deepEqual(audit.parseSize(" 262,144 "), { value: 262144 });
  for (const text of ["", "0", "-4", "1.5", "abc"]) assert.match(audit.parseSize(text).error, /whole number/);
});
