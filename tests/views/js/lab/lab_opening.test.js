import assert from "node:assert/strict";
import test from "node:test";

import { createOpening } from "../../../../explorer/views/lab/opening.js";

/** A server that answers when it is told to. */
function slowServer() {
  const asked = [];
  const act = (action, args) => new Promise((resolve) => asked.push({ action, args, answer: (value = { ok: true }) => resolve(value) }));
  const names = () => asked.map(({ action }) => action);
  return { act, asked, names };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("Mend is asked at once of a run that is there", async () => {
  const { act, asked, names } = slowServer();
  const answer = createOpening(act).act("mend", { preset: "far" });
  assert.deepEqual([names(), asked[0].args], [["mend"], {}]);
  asked[0].answer({ ok: true, step: 3 });
  assert.deepEqual(await answer, { ok: true, step: 3 });
});

test("Mend that is pressed while a run of that preset opens is done to it, by a link or from the list", async () => {
  for (const begin of [(one) => one.travel("preset=far&speed=60"), (one) => one.act("preset", { id: "far" })]) {
    const { act, asked, names } = slowServer();
    const opening = createOpening(act);
    begin(opening);
    opening.act("mend", { preset: "far" });
    await settled();
    assert.equal(names().includes("mend"), false);
    asked[0].answer();
    await settled();
    assert.equal(names().at(-1), "mend");
  }
});

test("Mend is dropped where another run opens, or one that is mended already, and said so", async () => {
  for (const query of ["preset=near", "settings=%7B%7D", "preset=far&mended=1"]) {
    const { act, asked, names } = slowServer();
    const opening = createOpening(act);
    opening.travel(query);
    const answer = opening.act("mend", { preset: "far" });
    asked[0].answer();
    assert.deepEqual(await answer, { ok: true, dropped: true });
    assert.deepEqual(names(), ["travel"]);
  }
});

test("an opening that fails keeps nobody waiting, and other requests wait for nothing", async () => {
  const failing = createOpening(async (action) => {
    if (action === "travel") throw new Error("no net");
    return { ok: true, action };
  });
  const gone = failing.travel("preset=far");
  assert.deepEqual(await failing.act("pause"), { ok: true, action: "pause" });
  const mended = failing.act("mend", { preset: "far" });
  await assert.rejects(gone, /no net/);
  assert.deepEqual(await mended, { ok: true, action: "mend" });
});
