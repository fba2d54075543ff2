import assert from "node:assert/strict";
import test from "node:test";
import { progressWords } from "../../../../explorer/views/codebook/map/progress.js";
import { Requests } from "../../../../explorer/views/codebook/map/requests.js";
import { busiest, readCodes, withCode } from "../../../../explorer/views/codebook/map/slice.js";

test("a slice begins with the three busiest codes, and the oldest of three gives way", () => {
  assert.deepEqual(busiest(Uint32Array.from([4, 9, 0, 9])), [1, 3, 0]);
  assert.deepEqual(withCode([1, 2, 3], 7), [2, 3, 7]);
  assert.deepEqual(withCode([1, 2, 3], 1), [2, 3, 1]);
});

test("typed codes are checked: whole, in range, different", () => {
  assert.deepEqual(readCodes(["1", " 2", "3"], 4), { codes: [1, 2, 3] });
  assert.match(readCodes(["1", "4", "2"], 4).problem, /Code B .* 0 to 3/);
  assert.match(readCodes(["1.5", "2", "3"], 4).problem, /Code A/);
  assert.match(readCodes(["", "2", "3"], 4).problem, /Code A/);
  assert.match(readCodes(["1", "1", "2"], 4).problem, /different/);
});

/** A bus that answers from a list, and a clock that never waits. */
function requests(answers) {
  const asked = [];
  const bus = {
    async ask(_what, args) {
      asked.push(args.kind);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { made: new Requests(bus, async () => undefined), asked };
}

test("a map that is being computed is asked for until it is there, then kept", async () => {
  const { made, asked } = requests([{ busy: 0.2 }, { busy: 0.7 }, { kind: "umap" }]);
  const said = [];
  const scope = {};
  assert.deepEqual(await made.get({ kind: "umap" }, scope, (share) => said.push(share)), { kind: "umap" });
  assert.deepEqual(
    said.filter((share) => share !== null),
    [0.2, 0.7],
  );
  assert.deepEqual(await made.get({ kind: "umap" }, scope, () => assert.fail("it was kept")), { kind: "umap" });
  assert.equal(asked.length, 3);
});

test("another wish ends the waiting for the first, and its failure is nobody's", async () => {
  const { made, asked } = requests([{ busy: 0.1 }, { kind: "pca" }]);
  const scope = {};
  const first = made.get({ kind: "tsne" }, scope, () => undefined);
  const second = made.get({ kind: "pca" }, scope, () => undefined);
  assert.deepEqual(await second, { kind: "pca" });
  assert.equal(await first, null);
  assert.deepEqual(asked, ["tsne", "pca"]);
  const broken = requests([new Error("too late"), { kind: "pca" }]).made;
  const lost = broken.get({ kind: "umap" }, scope, () => undefined);
  await broken.get({ kind: "pca" }, scope, () => undefined);
  assert.equal(await lost, null);
});

test("while a map is made the PCA is asked for beside it, and is of no use once the map is there", async () => {
  const { made, asked } = requests([{ busy: 0.2 }, { kind: "pca" }, { kind: "umap" }]);
  const seen = [];
  const beside = [];
  const busy = (share) => share !== null && beside.push(made.meanwhile({ kind: "pca" }).then((map) => seen.push(map)));
  assert.deepEqual(await made.get({ kind: "umap" }, {}, busy), { kind: "umap" });
  await Promise.all(beside);
  assert.deepEqual(asked, ["umap", "pca", "umap"]);
  assert.deepEqual(seen, [{ kind: "pca" }], "asked for beside the wish, which goes on");
  assert.equal(await made.meanwhile({ kind: "pca" }), null, "nothing is waited for any longer");
  const late = requests([{ busy: 0.2 }, { kind: "pca" }, { kind: "tsne" }]).made;
  const first = late.get({ kind: "umap" }, {}, () => undefined);
  const aside = late.meanwhile({ kind: "pca" });
  late.drop();
  assert.deepEqual([await first, await aside], [null, null]);
});

test("what is on screen meanwhile is named, with how far the wished map is", () => {
  assert.equal(progressWords("UMAP", null, false), "Fetching the UMAP map…");
  assert.equal(progressWords("t-SNE", 0.344, false), "Laying out the t-SNE map: 34%");
  assert.equal(progressWords("UMAP", 0.344, true), "PCA, while UMAP is laid out: 34%");
});

test("another codebook forgets the maps of the one before; a failure is said", async () => {
  const { made, asked } = requests([{ kind: "pca", n: 1 }, { kind: "pca", n: 2 }, new Error("no map")]);
  assert.equal((await made.get({ kind: "pca" }, { a: 1 }, () => undefined)).n, 1);
  assert.equal((await made.get({ kind: "pca" }, { a: 2 }, () => undefined)).n, 2);
  await assert.rejects(
    made.get({ kind: "umap" }, { a: 3 }, () => undefined),
    /no map/,
  );
  assert.equal(asked.length, 3);
});
