import assert from "node:assert/strict";
import test from "node:test";
import { createBus, FIRST, linkedState, litCode, nextState, ownState, queryOf, unpackAll } from "../../../../explorer/views/codebook/link.js";

const packed = (array, shape = [array.length]) => ({
  dtype: { Uint32Array: "uint32", Uint8Array: "uint8", Float32Array: "float32" }[array.constructor.name],
  shape,
  data: Buffer.from(array.buffer).toString("base64"),
});
const answer = (...sizes) => ({ ok: true, levels: sizes.map((K) => ({ codebook_size: K, counts: packed(Uint32Array.from({ length: K }, (_, i) => i)) })) });

function window_(search = "") {
  const win = { location: { pathname: "/codebook", search, hash: "" }, timers: [], written: [] };
  win.history = { state: null, replaceState: (_, __, address) => win.written.push(address) };
  win.setTimeout = (work) => win.timers.push(work);
  return win;
}

test("another tokenizer lets level, code, lasso and map go; another audit keeps the code", () => {
  const at = { ...FIRST, tokenizer: "vq", audit: "val", level: 1, code: 5, map: "umap", lasso: new Set([1]), colour: "norm" };
  const other = nextState(at, { tokenizer: "fsq" });
  assert.deepEqual([other.level, other.code, other.lasso, other.map, other.colour], [0, null, null, null, "norm"]);
  assert.equal(nextState(at, { audit: "samples" }).code, 5);
  assert.equal(nextState(at, { level: 0 }).code, null);
  assert.equal(nextState(at, { level: 0, code: 3 }).code, 3);
});

test("a code or level that is not in the codebook is none", () => {
  const at = { ...FIRST, tokenizer: "vq" };
  assert.equal(nextState(at, { code: 8 }, [8]).code, null);
  assert.equal(nextState(at, { code: 7 }, [8]).code, 7);
  assert.equal(nextState(at, { code: 1.5 }, [8]).code, null);
  assert.equal(nextState(at, { level: 3 }, [8, 8]).level, 0);
});

test("the link holds what is not the default and keeps what others wrote", () => {
  const query = queryOf("?__theme=dark&code=3&order=number", { ...FIRST, tokenizer: "rvq-4", audit: "val", level: 2, map: "tsne" });
  assert.deepEqual(Object.fromEntries(new URLSearchParams(query)), { __theme: "dark", tokenizer: "rvq-4", audit: "val", level_no: "3", map: "tsne" });
  assert.deepEqual(ownState("?map=umap&code=4&order=map"), { map: "umap", order: "map" });
});

test("listeners hear of what differs, once; a broken one does not silence the next", (t) => {
  t.mock.method(console, "error", () => {});
  const bus = createBus({ ask: async () => "" });
  bus.opened(answer(8));
  const heard = [];
  bus.on(["code"], () => {
    throw new Error("broken");
  });
  bus.on(["code", "level"], (state, before) => heard.push([before.code, state.code]));
  const off = bus.on(["hover"], (state) => heard.push(state.hover));
  bus.set({ code: 3 });
  bus.set({ code: 3, colour: "norm" });
  bus.hover(2);
  assert.equal(litCode(bus.state), 2);
  bus.hover();
  assert.equal(litCode(bus.state), 3);
  off();
  bus.hover(1);
  assert.deepEqual(heard, [[null, 3], 2, null]);
  assert.equal(console.error.mock.callCount(), 1);
});

test("an opened audit comes unpacked, and a code of the link that it lacks is let go", () => {
  const bus = createBus({ ask: async () => "", first: { tokenizer: "vq", level: 4, code: 99 } });
  const seen = [];
  bus.on(["open"], () => seen.push(bus.level()?.counts?.length ?? null));
  bus.opened(answer(4, 6));
  assert.deepEqual(Array.from(bus.open.levels[1].counts), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([bus.state.level, bus.state.code], [0, null]);
  bus.opened(bus.open); // what is unpacked stays so
  assert.equal(bus.open.levels[0].counts.constructor, Uint32Array);
  seen.pop();
  bus.opened(null);
  assert.equal(bus.open, null);
  assert.deepEqual(seen, [4, null]); // level 4 is not there: the first one is shown
  assert.deepEqual(unpackAll({ a: [packed(Uint8Array.from([1, 2]), [2, 1])] }).a[0].shape, [2, 1]);
});

test("a link is taken whole: what it does not name is as at first, and a level of another codebook is kept until that opens", () => {
  const tokenizers = [{ id: "vq" }, { id: "rvq" }];
  const named = linkedState("?tokenizer=rvq&audit=val&level_no=3&code=5&order=number&learn=x.1", tokenizers);
  const older = linkedState("?tokenizer=rvq&audit=val&level=2&code=5&order=number&learn=x.1", tokenizers);
  assert.deepEqual(older, named, "older links counted from 0");
  assert.deepEqual(named, { ...FIRST, tokenizer: "rvq", audit: "val", level: 2, code: 5, order: "number" });
  assert.deepEqual(linkedState("?tokenizer=gone&level=-1&code=x", tokenizers), { ...FIRST, tokenizer: "vq" });
  assert.equal(linkedState("?audit=plain", tokenizers).tokenizer, null); // of plain indices
  const bus = createBus({ ask: async () => "", first: { tokenizer: "vq", audit: "val" } });
  bus.opened(answer(8));
  bus.set({ code: 3, beside: "b" });
  bus.set(named);
  bus.set({ audit: "val" }); // as the page does once the server has answered
  assert.deepEqual([bus.state.level, bus.state.code, bus.state.beside], [2, 5, null]);
  bus.opened(answer(8, 8, 6));
  assert.deepEqual([bus.state.level, bus.state.code], [2, 5]);
  bus.set(linkedState("?tokenizer=rvq&audit=val&level=7&code=9", tokenizers));
  assert.deepEqual([bus.state.level, bus.state.code], [0, null]);
});

test("ask says whose and what, fails with the server's words, and an answer for another codebook is stale", async () => {
  const sent = [];
  let reply = { ok: true, xy: packed(Float32Array.from([0.5])) };
  const ask = async (request) => {
    sent.push(request);
    return JSON.stringify(reply);
  };
  const bus = createBus({ ask, token: "t", first: { tokenizer: "vq", audit: "val" } });
  assert.equal((await bus.ask("map", { level: 0 })).xy[0], 0.5);
  assert.deepEqual(sent[0], { what: "map", level: 0, token: "t", tokenizer: "vq", audit: "val" });
  reply = { ok: false, error: { field: "code", message: "no such code" } };
  await assert.rejects(bus.ask("code"), (error) => error.message === "no such code" && error.field === "code" && !error.stale);
  const late = bus.ask("code");
  bus.set({ tokenizer: "fsq" });
  await assert.rejects(late, (error) => error.stale === true);
});

test("the address is written once for many changes, and not for a hover", () => {
  const win = window_("?__theme=dark");
  const bus = createBus({ ask: async () => "", win });
  bus.opened(answer(8));
  bus.hover(3);
  assert.equal(win.timers.length, 0);
  for (const code of [1, 2, 3]) bus.set({ code });
  assert.equal(win.timers.length, 1);
  win.timers[0]();
  assert.deepEqual(win.written, ["/codebook?__theme=dark&code=3"]);
});
