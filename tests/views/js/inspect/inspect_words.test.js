import assert from "node:assert/strict";
import test from "node:test";
import { mapTable, usageTable } from "../../../../explorer/views/inspect/export.js";
import * as f from "../../../../explorer/views/kit/wire/format.js";
import { codeAtRank } from "../../../../explorer/views/inspect/usage.js";
import { rankCodes } from "../../../../explorer/views/inspect/model.js";

test("the sentence of the live region", () => {
  assert.equal(f.sentence({ code: 512, count: 14, total: 1024 }), "code 512, 14 of 1,024 tokens");
  const placed = f.sentence({ code: 7, count: 1, total: 256, token: 33, row: 2, col: 1, level: 3 });
  assert.equal(placed, "level 4, code 7, 1 of 256 tokens, at row 3, column 2");
});

test("percentages never turn something into nothing", () => {
  assert.equal(f.percent(0, 1024), "0%");
  assert.equal(f.percent(1, 100000), "<0.1%");
  assert.equal(f.percent(14, 1024), "1.4%");
  assert.equal(f.percent(512, 1024), "50%");
  assert.equal(f.percent(1, 0), "–");
});

test("amounts: whole numbers whole, small averages with two digits", () => {
  assert.equal(f.amount(12345), "12,345");
  assert.equal(f.amount(0.01234), "0.012");
  assert.equal(f.amount(126.7), "127");
});

test("the usage caption names tokens, ceiling, used and unused", () => {
  const text = f.usageCaption({ used: 320, total: 1024, perplexity: 127.2 }, 16384, "here");
  for (const part of ["1,024 tokens", "320 of 16,384", "ceiling min(K, N) = 1,024", "16,064 unused here", "Perplexity 127"]) {
    assert.ok(text.includes(part), `${part} in: ${text}`);
  }
  assert.equal(
    f.usageCaption({ used: 165, total: 102400.4, perplexity: 12.34, words: "a moving average" }, 1024, "training"),
    "What the checkpoint kept: a moving average. 165 of 1,024 codes used, ceiling min(K, N) = 1,024; 859 with less than one token of these. Perplexity 12 of at most 1,024.",
  );
});

test("modes say which levels were decoded", () => {
  assert.equal(f.modeWords("all", 1, 4, "level"), "Decoded from all 4 levels.");
  assert.equal(f.modeWords("solo", 1, 4, "level"), "Decoded from level 2 only.");
  assert.equal(f.modeWords("mute", 0, 4, "group"), "Decoded without group 1.");
  assert.equal(f.modeWords("cumulative", 2, 4, "level"), "Decoded from levels 1 to 3.");
});

test("CSV quotes what needs quotes", () => {
  assert.equal(
    f.csv(
      ["a", "b"],
      [
        [1, 'x "y", z'],
        [null, 2],
      ],
    ),
    'a,b\n1,"x ""y"", z"\n,2\n',
  );
});

test("file names keep letters and digits only", () => {
  assert.equal(f.fileStem("VQ-EMA + reseeding", "map"), "vq-ema-reseeding-map");
  assert.equal(f.fileStem("../../"), "tokens");
});

test("usage and map tables have one row a code", () => {
  const here = rankCodes(Uint32Array.from([1, 0, 3]));
  const level = { here, training: null };
  assert.equal(usageTable(level, here), "rank,code,tokens_here,share_here\n1,2,3,0.75\n2,0,1,0.25\n3,1,0,0\n");
  const map = { kind: "pca", codes: [2], raw: [0.5, -1] };
  assert.equal(mapTable(map, level), "code,pca_x,pca_y,tokens_here\n2,0.5,-1,3\n");
});

test("the code under the pointer is that of the nearest rank, and beyond the used ones there is none", () => {
  const codes = Uint16Array.from([7, 3, 9]);
  assert.deepEqual(
    [0.4, 0.51, 1.49, 1.51, 3.4, 3.6, -2].map((rank) => codeAtRank(codes, rank)),
    [null, 7, 7, 3, 9, null, null],
  );
});

test("a moving average of training is never 0: a code is in use from one token on", () => {
  const usage = rankCodes(Float32Array.from([6e-25, 40, 0.99, 1, 0]));
  assert.deepEqual([usage.used, usage.largest], [2, 40]);
  assert.equal(rankCodes(Uint32Array.from([0, 1, 2])).used, 2);
});
