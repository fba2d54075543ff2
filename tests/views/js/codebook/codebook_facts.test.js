import assert from "node:assert/strict";
import test from "node:test";
import { addressesIn, diagnosisCsv, elsewhere, findingsOf, levelOf, prefixOf, sureWords } from "../../../../explorer/views/codebook/diagnosis.js";
import { factRows, factsCsv, jointFacts, levelFacts, shownRows } from "../../../../explorer/views/codebook/facts.js";
import { wrap } from "../../../../explorer/views/kit/widgets/panel.js";

const LEVEL = {
  ...{ name: "level 1", codebook_size: 1024, tokens: 500, ceiling: 500, used: 250, usage: 250 / 1024, usage_of_ceiling: 0.5 },
  ...{ dead: null, unseen: 774, perplexity: 200.25, entropy_bits: 7.6457, gini: 0.81, kl_to_uniform_bits: 2.3543 },
};
const JOINT = { tokens: 500, distinct: 400, perplexity: 1350.4, entropy_bits: 8.5, ceiling: 500, complete: false };

test("each fact names its denominator, and few tokens leave codes unseen, not dead", () => {
  const facts = Object.fromEntries(levelFacts(LEVEL).map((fact) => [fact.id, `${fact.value} ${fact.of}`]));
  assert.equal(facts.tokens, "500 0.49 a code if even");
  assert.equal(facts.used, "250 of 1,024, 24%");
  assert.equal(facts.ceiling, "50% of min(K, N) = 500");
  assert.equal(facts.unseen, "774 of 1,024 codes, 76%");
  assert.equal("dead" in facts, false);
  assert.equal(facts.perplexity, "200.3 of at most 500");
  assert.equal(facts.entropy, "7.65 of 8.97 bits a token"); // log2 of 500: so many tokens cannot show more
  const counted = (dead, unseen) => Object.fromEntries(levelFacts({ ...LEVEL, dead, unseen }).map((fact) => [fact.id, `${fact.value} ${fact.of}`]));
  assert.equal(counted(3, 0).dead, "3 of 1,024 codes, 0.3%");
  assert.equal(
    counted(500, 274).dead,
    "≥ 500 of 1,024 codes, 49%, by these data alone; 274 more may still be found",
    "what counting on may find is no dead code",
  );
  assert.equal("unseen" in counted(500, 274), false);
  const trained = levelFacts({ ...LEVEL, dead: 500, unseen: 274, died_in_training: 500 }).find(({ id }) => id === "dead");
  assert.equal(trained.of, "of 1,024 codes, 49%, by the training's counts; 274 more may still be found");
});

test("tokens as a language: real bits of log2 K, and how many equal each neighbour", () => {
  const beside = { left: { share: 0.125, pairs: 480, bits: 5.5, trusted: true }, before: { share: 0.352, pairs: 300, bits: 4.25, trusted: false } };
  const language = { real_bits: 6.789, packed: 500, beside, lines: [] };
  const facts = (of) => Object.fromEntries(levelFacts({ ...LEVEL, language: of }).map((fact) => [fact.id, `${fact.name}: ${fact.value} ${fact.of}`]));
  assert.equal(facts(language)["real-bits"], "Real bits: 6.79 of 10.00, log2 K, over all 500 tokens");
  assert.equal(facts({ ...language, packed: 200 })["real-bits"], "Real bits: 6.79 of 10.00, log2 K, over a sample of 200 tokens");
  assert.ok(facts({ ...language, real_bits: 10.2 })["real-bits"].endsWith("tokens; LZMA saved nothing, and adds a cost of its own"));
  assert.equal(facts(language)["equal-left"], "Equal to the one before: 13% of 480 tokens; 5.50 bits where it is known");
  assert.equal(facts(language)["equal-before"], "Equal to a frame before: 35% of 300 tokens; ≥ 4.25 bits where it is known");
  assert.equal("equal-above" in facts(language), false);
  assert.equal("real-bits" in facts(null), false, "an older audit");
  const [header, first, older] = factsCsv({ levels: [{ ...LEVEL, language }, LEVEL], joint: null })
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  assert.deepEqual(header.slice(-2), ["real_bits", "equal_to_the_one_before"]);
  assert.deepEqual(
    [first.slice(-2), older.slice(-2)],
    [
      ["6.789", "0.125"],
      ["", ""],
    ],
  );
});

test("all levels together: tuples of codes, and where counting stopped it is said", () => {
  const [distinct, perplexity] = jointFacts(JOINT);
  assert.equal(distinct.of, "of at most 500 over 500 positions (counting stopped at its bound)");
  assert.equal(jointFacts({ ...JOINT, sampled: true })[0].of, "of at most 500 over 500 positions (a sample over all media)");
  assert.equal(perplexity.value, "1,350");
  assert.deepEqual(jointFacts(null), []);
});

test("the table has a row a level and one jointly; the file has plain numbers", () => {
  const open = { levels: [LEVEL, { ...LEVEL, name: "" }], joint: JOINT };
  assert.deepEqual(
    factRows(open).map((row) => row[0]),
    ["level 1", "level 2", "joint"],
  );
  const [header, first, , joint] = factsCsv(open)
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const at = (row, name) => row[header.indexOf(name)];
  assert.deepEqual([at(first, "usage_of_K"), at(first, "dead"), at(first, "not_yet_seen")], ["0.244140625", "", "774"]);
  assert.deepEqual([at(joint, "used"), at(joint, "usage_of_ceiling"), at(joint, "gini")], ["400", "0.8", ""]);
  assert.equal(shownRows(open)[0].length, header.length);
  assert.equal(shownRows(open)[2][7], "–");
});

test("findings: worst first, of this level and of all; others are pointed to", () => {
  const make = (level, at, title) => ({ level, codebook_level: at, title, text: "", sure: "certain", try: "", figure: "heatmap", source: "" });
  const all = [make("good", null, "a"), make("warning", 1, "b"), make("bad", 0, "c"), make("note", 1, "d"), make("bad", 3, "e")];
  assert.deepEqual(
    findingsOf(all, 1).map(({ title }) => title),
    ["b", "d", "a"],
  );
  assert.deepEqual(elsewhere(all, 1), [
    { level: 0, word: "broken" },
    { level: 3, word: "broken" },
  ]);
  assert.deepEqual(elsewhere(all, 0), [
    { level: 1, word: "watch out" },
    { level: 3, word: "broken" },
  ]);
  assert.deepEqual(elsewhere([make("note", 0, "x"), make("good", 2, "y")], 1), []);
  assert.equal(prefixOf({ level: "good", title: "Healthy: all is well" }) + prefixOf({ level: "bad", title: "all dead" }), "Broken: ");
  const well = (title) => `${prefixOf({ level: "good", title })}${title}`;
  for (const title of ["Healthy: nothing wrong is measured", "No alarm: nothing wrong is measured", "No alarm from a first look at 1 picture"])
    assert.equal(well(title), title);
  assert.equal(well("all is well"), "No alarm: all is well", "no more is claimed than the title does");
  assert.ok(
    /encoding or decoding/.test(sureWords({ sure: "certain" })) && !/alone/.test(sureWords({ sure: "certain" })),
    "some findings follow from decoding again",
  );
  assert.equal(levelOf({ level: "unheard of" }).word, "Note");
  const lines = diagnosisCsv(all).trim().split("\n");
  assert.equal(lines.length, 6);
  assert.ok(lines[1].startsWith("all,good,a") && lines[2].startsWith("2,warning,b"));
});

test("words of a figure break between words, and a long one stands alone", () => {
  assert.deepEqual(
    wrap("aa bb cccc d", 5, (text) => text.length),
    ["aa bb", "cccc", "d"],
  );
  assert.deepEqual(
    wrap("abcdefgh i", 5, (text) => text.length),
    ["abcdefgh", "i"],
  );
  assert.deepEqual(
    wrap("", 5, (text) => text.length),
    [],
  );
});

test("addresses in a source are told from the words about them", () => {
  assert.deepEqual(addressesIn("Chao 1987, https://doi.org/10.2307/2531532; and https://github.com/a/b/issues/3."), [
    "Chao 1987, ",
    "https://doi.org/10.2307/2531532",
    "; and ",
    "https://github.com/a/b/issues/3",
    ".",
  ]);
  assert.deepEqual(addressesIn("A paper, section 2"), ["A paper, section 2"]);
});
