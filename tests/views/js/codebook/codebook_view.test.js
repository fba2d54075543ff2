import assert from "node:assert/strict";
import test from "node:test";
import { auditWords, groupsOf, levelOptions, openingWords } from "../../../../explorer/views/codebook/view.js";
import { elseOf, holdsFractions, kindOf, mediaWords } from "../../../../explorer/views/codebook/audit/model.js";
import { acceptFiles } from "../../../../explorer/views/kit/wire/accept.js";

test("an audit says over what it counted, and when it stopped early", () => {
  const audit = { media: 100, skipped: [], planned: 100, complete: true, seconds: 12.4, device: "cpu" };
  assert.equal(auditWords(audit, [102400]), "100 media · 102,400 tokens · counted in 12 s on cpu");
  assert.equal(auditWords(audit, [9, 9], "group"), "100 media · 9 tokens a group · counted in 12 s on cpu");
  assert.equal(auditWords(audit, [9, 18], "level"), "100 media · 9, 18 tokens on its levels · counted in 12 s on cpu");
  const partial = { ...audit, media: 1, skipped: [["a.jpg", "not a picture"]], planned: 9, complete: false, seconds: 0.52 };
  assert.equal(auditWords(partial, [1]), "1 medium, of 9 media; stopped before its end · 1 token · 1 skipped · counted in 0.5 s on cpu");
});

test("levels have names with their size, tokenizers stand by modality", () => {
  const options = levelOptions([
    { name: "level 1", codebook_size: 1024 },
    { name: "", codebook_size: 16 },
  ]);
  assert.deepEqual(
    options.map(({ id, label, title }) => [id, label, title]),
    [
      [0, "Level 1", "Level 1: K = 1,024"],
      [1, "Level 2", "Level 2: K = 16"],
    ],
  );
  const groups = groupsOf([
    { id: "a", modality: "image" },
    { id: "b", modality: "audio" },
    { id: "c", modality: "image" },
  ]);
  assert.deepEqual(
    groups.map(([name, list]) => [name, list.map(({ id }) => id)]),
    [
      ["image", ["a", "c"]],
      ["audio", ["b"]],
    ],
  );
});

test("a file dialogue offers what browsers know by no media type, too", () => {
  assert.ok(mediaWords("image").accept.includes("image/*,.heic,.heif,.avif,.tif"));
  assert.ok(mediaWords("image").accept.includes(",.zip,.npy,.npz,.jsonl,") && !mediaWords("image").accept.includes("audio/*"));
  for (const part of ["image/*", "audio/*", "video/*", ".heic", ".amr", ".y4m"]) assert.ok(acceptFiles("").split(",").includes(part), part);
});

test("an array of fractions is no file of indices, and one of whole numbers may be either", () => {
  const head = (descr) => `\x93NUMPY\x01\x00v\x00{'descr': '${descr}', 'fortran_order': False, 'shape': (4, 32), }`;
  assert.ok(holdsFractions(head("<f4")) && holdsFractions(head(">f8")));
  assert.ok(!holdsFractions(head("<i8")) && !holdsFractions(head("|u1")) && !holdsFractions("no array"));
  assert.equal(elseOf([{ name: "a.NPY" }], "vectors"), "items");
  assert.equal(elseOf([{ name: "a.npy" }], "series"), "rows");
  assert.equal(elseOf([{ name: "a.npy" }], "image"), "");
  assert.equal(elseOf([{ name: "a.jsonl" }], "vectors"), "");
  assert.equal(kindOf([{ name: "a.csv", size: 9 }], { file_bytes: 99, upload_bytes: 99, files: 9 }).kind, "media");
});

test("while an audit opens it is said of what the page still speaks", () => {
  const tokenizers = [
    { id: "a", title: "RVQ" },
    { id: "b", title: "VQ" },
  ];
  const open = { tokenizer: { id: "a", title: "RVQ" }, audit: { title: "Samples" } };
  assert.equal(openingWords({ tokenizer: "b", audit: null }, tokenizers, open), "Opening VQ… What stands here is still of RVQ.");
  assert.equal(openingWords({ tokenizer: "a", audit: "val" }, tokenizers, open), "Opening… What stands here is still of Samples.");
  assert.equal(openingWords({ tokenizer: "b", audit: null }, tokenizers, null), "Opening…");
  const plain = { tokenizer: null, audit: { title: "indices.npy" } };
  assert.equal(openingWords({ tokenizer: "b", audit: null }, tokenizers, plain), "Opening VQ… What stands here is still of indices.npy.");
});
