import assert from "node:assert/strict";
import test from "node:test";
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
