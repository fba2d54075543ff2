import assert from "node:assert/strict";
import test from "node:test";

import { Desk, whole } from "../../../../explorer/views/inspect/desk.js";

/** A desk whose questions wait until they are answered by hand. */
function desk() {
  const [shown, said, asked] = [[], [], []];
  const ask = (request) => new Promise((answer) => asked.push({ request, answer: (value) => answer(JSON.stringify(value)) }));
  const made = new Desk({ ask, show: (parts) => shown.push(parts), say: (text) => said.push(text), again: 0 });
  return { desk: made, shown, said, asked };
}

const choice = (turn, chosen = true) => ({ token: "t", turn, parts: { view: `view ${turn}` }, chosen });
const rest = () => new Promise((done) => setTimeout(done, 1));
const until = async (asked, count) => {
  while (asked.length < count) await rest();
};

test("a choice is shown whole, and its maps are asked for; a card only where none came", () => {
  const one = desk();
  one.desk.take(choice(3));
  assert.deepEqual(one.shown, [{ view: "view 3" }]);
  assert.deepEqual(
    one.asked.map(({ request }) => request),
    [{ what: "maps", token: "t", turn: 3 }],
  );
  const other = desk();
  other.desk.take(choice(4, false));
  assert.deepEqual(
    other.asked.map(({ request }) => [request.what, request.first]),
    [
      ["card", true],
      ["maps", undefined],
    ],
  );
});

test("what several parts show is sent once, and stands in all of their places", () => {
  const sent = { parts: { view: '{"url":"data:shared/ab"}', reconstruction: '["data:shared/ab","data:shared/cd"]', card: "" } };
  const shared = { "data:shared/ab": "data:image/webp;base64,AAA$&", "data:shared/cd": "data:audio/wav;base64,BBB" };
  assert.deepEqual(whole({ ...sent, shared }), {
    view: '{"url":"data:image/webp;base64,AAA$&"}',
    reconstruction: '["data:image/webp;base64,AAA$&","data:audio/wav;base64,BBB"]',
    card: "",
  });
  assert.deepEqual(whole(sent), sent.parts);
  const one = desk();
  one.desk.take({ ...choice(1), parts: { view: "data:shared/ab" }, shared });
  assert.deepEqual(one.shown, [{ view: "data:image/webp;base64,AAA$&" }]);
});

test("an answer to what is no longer shown changes nothing, nor one that a newer click overtook", async () => {
  const { desk: one, asked, shown, said } = desk();
  one.take(choice(1));
  one.told("select", { level: 0, code: 5, token: 7 });
  one.told("select", { level: 0, code: 6, token: null });
  assert.deepEqual(asked[1].request, { what: "card", token: "t", turn: 1, level: 0, code: 5, position: 7 });
  asked[2].answer({ ok: true, parts: { card: "six" } });
  asked[1].answer({ ok: true, parts: { card: "five" } });
  await rest();
  one.take(choice(2));
  asked[0].answer({ ok: true, parts: { view: "old maps" } });
  await rest();
  assert.deepEqual(shown, [{ view: "view 1" }, { card: "six" }, { view: "view 2" }]);
  assert.equal(said.join(""), "");
});

test("what cannot be is said and what is shown stays", async () => {
  const { desk: one, asked, shown, said } = desk();
  one.take(choice(1));
  one.told("levels", { level: 9, mode: "solo" });
  asked[1].answer({ ok: false, error: { message: "There is no level 10." } });
  await rest();
  assert.equal(said.at(-1), "There is no level 10.");
  assert.equal(shown.length, 1);
});

test("how far a map is is asked until it is there, with the levels that have come", async () => {
  const { desk: one, asked, shown } = desk();
  one.take(choice(1));
  one.told("umap", {});
  const steps = [
    { ok: true, busy: true, have: 0, parts: { view: "10%" } },
    { ok: true, busy: true, have: 1, parts: { view: "one map" } },
    { ok: true, busy: false, have: 2, parts: { view: "both" } },
  ];
  for (const [n, step] of steps.entries()) {
    await until(asked, n + 2);
    assert.equal(asked[n + 1].request.have, Math.max(0, n - 1));
    asked[n + 1].answer(step);
  }
  await rest();
  assert.equal(asked.length, 4);
  assert.deepEqual(
    shown.slice(1).map(({ view }) => view),
    ["10%", "one map", "both"],
  );
});

test("a choice that the server has made, but that is not here yet, is no fault of the one before", async () => {
  const { desk: one, asked, shown, said } = desk();
  one.take(choice(1));
  one.told("select", { level: 0, code: 5, token: null });
  const figure = one.figure("usage", { level: 0, theme: "light" });
  for (const { answer } of asked) answer({ ok: false, error: { field: "turn", message: "Something else is shown by now." } });
  await assert.rejects(figure, (error) => error.stale === true);
  await rest();
  assert.deepEqual([shown, said.join("")], [[{ view: "view 1" }], ""]);
});

test("a figure is one of what is shown, and why there is none is said where it would stand", async () => {
  const { desk: one, asked, said } = desk();
  one.take(choice(1));
  const [first, second] = ["light", "dark"].map((theme) => one.figure("usage", { level: 0, theme }));
  assert.deepEqual(asked[1].request, { what: "usage", token: "t", turn: 1, level: 0, theme: "light" });
  asked[2].answer({ ok: true, figure: "dark" });
  asked[1].answer({ ok: false, error: { field: "level", message: "There is no level 1." } });
  assert.equal((await second).figure, "dark");
  await assert.rejects(first, (error) => error.field === "level" && error.message === "There is no level 1.");
  const late = one.figure("usage", { level: 0, theme: "dark" });
  one.take(choice(2));
  asked[3].answer({ ok: true, figure: "of turn 1" });
  await assert.rejects(late, (error) => error.stale === true);
  assert.equal(said.join(""), "");
});

test("a page that is gone asks no more how far a map is", async () => {
  const { desk: one, asked, shown } = desk();
  one.take(choice(1));
  one.told("umap", {});
  asked[1].answer({ ok: true, busy: true, have: 0, parts: { view: "10%" } });
  await until(asked, 3);
  one.destroy();
  asked[2].answer({ ok: true, busy: true, have: 0, parts: { view: "20%" } });
  await rest();
  assert.deepEqual([asked.length, shown.at(-1).view], [3, "10%"]);
});
