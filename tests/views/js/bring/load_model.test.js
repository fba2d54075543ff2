import assert from "node:assert/strict";
import test from "node:test";
import * as model from "../../../../explorer/views/bring/model.js";

const PLAN = {
  id: "hub--a--b",
  title: "A",
  source: "a/b",
  format: "EnCodec",
  modality: "audio",
  vocabulary: "32 x 1,024",
  tokens: "tokens in time",
  downsampling: 320,
  sample_rate_hz: 24000,
  fixed_size: [],
  decodes: true,
  parameters: 14_851_810,
  memory_bytes: 59_407_240,
  licence: "CC BY-NC 4.0",
  revision: "0123abc",
  files: 2,
  download_bytes: 93_100_000,
  notes: [],
  here: false,
};
const facts = (changes = {}) => Object.fromEntries(model.planFacts({ ...PLAN, ...changes }, 6 * 2 ** 30));

test("numbers of a model are short and not wrong", () => {
  assert.deepEqual([640, 9999, 12_345, 812_000, 7_250_000, 72_300_000, 1.49e9, 12.6e9].map(model.count), [
    "640",
    "9,999",
    "12 k",
    "812 k",
    "7.3 M",
    "72 M",
    "1.5 G",
    "13 G",
  ]);
});

test("what becomes of a file is said before it is sent, and who else sees what", () => {
  assert.match(model.becomesWords("file", "within a minute"), /yours alone: nobody else.*nowhere else.*when you remove it, within a minute\.$/);
  assert.match(model.becomesWords("hub", "within a minute"), /everyone/);
});

test("a plan says what is known and what is not", () => {
  const all = facts();
  assert.equal(all.Parameters, "14,851,810");
  assert.equal(all.Memory, "57 MiB of the 6.0 GiB that this server keeps for all");
  assert.equal(all["To fetch"], "89 MiB in 2 files");
  assert.equal(all.Tokens, "1 for 320 samples at 24,000 Hz, 75 a second");
  assert.equal(all.Of, "Sound");
  assert.equal(facts({ decodes: false }).Of, "Sound, tokens only: there is no decoder");
  const unknown = facts({ parameters: null, memory_bytes: null, vocabulary: "", downsampling: null, revision: "", format: "" });
  assert.match(unknown.Parameters, /not known before/);
  assert.match(unknown.Memory, /not known before/);
  assert.match(unknown.Format, /not known before/);
  assert.ok(!("Codes" in unknown) && !("Tokens" in unknown) && !("Revision" in unknown));
  assert.equal(facts({ download_bytes: 0 })["To fetch"], "nothing: all of it is here");
});

test("tokens of every layout are said in their own units", () => {
  const picture = { ...PLAN, modality: "image", tokens: "a grid of tokens over the picture", downsampling: 16, sample_rate_hz: null };
  assert.equal(model.tokenWords(picture), "1 for 16 × 16 px");
  assert.equal(model.tokenWords({ ...picture, fixed_size: [256, 256] }), "1 for 16 × 16 px; takes 256 × 256 px only");
  assert.equal(model.tokenWords({ ...picture, tokens: "tokens without places", fixed_size: [256, 256] }), "tokens without places; takes 256 × 256 px only");
  assert.equal(model.tokenWords({ ...picture, modality: "video" }), "1 for 16 × 16 px of some frames");
  assert.equal(model.tokenWords({ ...PLAN, sample_rate_hz: 44100, downsampling: 512 }), "1 for 512 samples at 44,100 Hz, 86.13 a second");
});

test("the button says what it does", () => {
  assert.equal(model.loadWords(PLAN), "Fetch 89 MiB and load");
  assert.equal(model.loadWords({ ...PLAN, download_bytes: 0 }), "Load");
  assert.equal(model.loadWords({ ...PLAN, here: true }), "Show it");
});

test("the list is searched by all words typed, and by what they take", () => {
  const one = (title, modality, source, more = {}) => ({
    title,
    modality,
    source,
    home: "",
    licence: "MIT",
    trained_on: "not stated",
    parameters: 1000,
    memory_bytes: 4000,
    ...more,
  });
  const known = [
    one("VQGAN f16", "image", ""),
    one("EnCodec 24 kHz", "audio", "facebook/encodec_24khz"),
    one("Mimi", "audio", "kyutai/mimi", { licence: "CC BY 4.0" }),
  ];
  const titles = (modality, text) => model.filterKnown(known, modality, text).map(({ title }) => title);
  assert.deepEqual(titles("", ""), ["EnCodec 24 kHz", "Mimi", "VQGAN f16"]);
  assert.deepEqual(titles("audio", ""), ["EnCodec 24 kHz", "Mimi"]);
  assert.deepEqual(titles("", "  24  FACEBOOK "), ["EnCodec 24 kHz"]);
  assert.deepEqual(titles("image", "mimi"), []);
  assert.equal(model.knownWords(known[2]), "sound · 1,000 parameters · 3.9 KiB of memory · CC BY 4.0 · training data not stated");
  assert.match(
    model.knownWords(one("x", "video", "", { parameters: null, memory_bytes: null, licence: "not stated" })),
    /^clips · size not stated · licence not stated/,
  );
});

test("progress is said in words, with others who wait", () => {
  const job = { state: "loading", words: "reading encoder.conv_in.weight", others: 0 };
  assert.equal(model.workWords(job), "Reading encoder.conv_in.weight…");
  assert.equal(model.workWords({ ...job, others: 1 }), "Reading encoder.conv_in.weight… Another visitor waits for it, too.");
  assert.match(model.workWords({ ...job, others: 3 }), /3 other visitors wait/);
  assert.match(model.workWords({ ...job, state: "planning" }), /no weight is read/);
  assert.deepEqual(
    ["planning", "planned", "loading", "stopping", "done", "failed", "stopped"].map((state) => model.isGoing({ state })),
    [true, false, true, true, false, false, false],
  );
  assert.equal(model.isGoing(null), false);
});

test("files are checked before they are sent", () => {
  assert.equal(model.filesTrouble([{ name: "a.ckpt", size: 10 }], 10), "");
  assert.match(model.filesTrouble([{ name: "a.ckpt", size: 0 }], 10), /a\.ckpt is empty/);
  assert.match(
    model.filesTrouble(
      [
        { name: "a", size: 6 },
        { name: "b", size: 5 },
      ],
      10,
    ),
    /11 bytes is more than the 10 bytes/,
  );
});

test("links lead to the other pages with names that may hold anything", () => {
  assert.deepEqual(model.pageLinks({ id: "file--a&b", modality: "image" }, "fsq"), [
    ["Its codebook", "codebook?tokenizer=file--a%26b"],
    ["Compare it with the one before", "compare?tokenizers=file--a%26b%2Cfsq"],
  ]);
  assert.equal(model.pageLinks(PLAN, "fsq").length, 1);
  assert.equal(model.pageLinks({ ...PLAN, modality: "image" }, "").length, 1);
});
