// What the codebook page says of a job in shards on a cluster.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterWords } from "../../../../explorer/views/codebook/audit/cluster.js";

const JOB = {
  title: "Train",
  tokenizer: "fsq",
  done: 52,
  planned: 320,
  tokens: 53248,
  seconds_left: 140,
  of: 8,
  complete: 1,
  waiting: 5,
  gone: false,
  going: [
    { number: 3, done: 12, planned: 40, trouble: "" },
    { number: 4, done: 0, planned: 40, trouble: "shard-4-of-8.npz is damaged." },
  ],
};

test("a job says how far it is, and each shard what is done and left", () => {
  assert.deepEqual(clusterWords(JOB), [
    "Cluster job: 1 of 8 shards done, 5 not begun",
    "52 of 320 media · 53,248 tokens of each codebook · 2 min 20 s left for the shards that are begun",
    "Shard 3 of 8: 12 of 40 media done, 28 left",
    "Shard 4 of 8: shard-4-of-8.npz is damaged.",
  ]);
});

test("many shards are counted, not listed; an end and a merge are said", () => {
  const going = Array.from({ length: 11 }, (_, n) => ({ number: n + 1, done: 1, planned: 2, trouble: "" }));
  const words = clusterWords({ ...JOB, of: 11, complete: 0, waiting: 0, going });
  assert.equal(words.length, 2 + 8 + 1);
  assert.equal(words[0], "Cluster job: 0 of 11 shards done");
  assert.equal(words.at(-1), "3 more shards are under way.");
  const done = clusterWords({ ...JOB, done: 320, complete: 8, waiting: 0, going: [] });
  assert.equal(done[1], "320 of 320 media · 53,248 tokens of each codebook");
  assert.equal(done.at(-1), "All shards are done: python -m explorer merge makes them one audit.");
  assert.deepEqual(clusterWords({ title: "Train", gone: true }), ["Cluster job: its shards are gone, as they are after a merge."]);
});
