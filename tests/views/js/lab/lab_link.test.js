import assert from "node:assert/strict";
import test from "node:test";
import { createLink, pace } from "../../../../explorer/views/kit/player/link.js";
import { CurveStore, EventStore, HeatStore, readFrame, Rows } from "../../../../explorer/views/kit/player/stores.js";
import { createBus, litCode } from "../../../../explorer/views/kit/player/bus.js";
import { differing, pointsLeftOut, queryOf } from "../../../../explorer/views/lab/address.js";

const TYPES = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };

function pack(dtype, shape, values) {
  const array = TYPES[dtype].from(values);
  return { dtype, shape, data: Buffer.from(array.buffer).toString("base64") };
}

const curves = (steps, stride) => ({
  names: ["loss"],
  labels: ["Loss"],
  units: [""],
  kinds: ["loss"],
  stride,
  rows: pack(
    "float32",
    [steps.length, 2],
    steps.flatMap((step) => [step, step / 10]),
  ),
});

const heat = (steps, stride, K = 2) => ({
  stride,
  steps,
  counts: pack(
    "float32",
    [steps.length, K],
    steps.flatMap((step) => Array(K).fill(step)),
  ),
  state: pack(
    "uint8",
    [steps.length, K],
    steps.flatMap((step) => Array(K).fill(step % 3)),
  ),
});

const kept = (store) => Array.from({ length: store.rows.length }, (_, i) => store.rows.buffer[2 * i]);

test("curves grow by what is new and are thinned with the stride; only the newest may be off stride", () => {
  const store = new CurveStore();
  assert.equal(store.newest, -1);
  store.merge(curves([0, 1, 2, 3, 4, 5], 1));
  store.merge(curves([6, 7], 1));
  assert.deepEqual(kept(store), [0, 1, 2, 3, 4, 5, 6, 7]);
  store.merge(curves([9], 4));
  assert.deepEqual(kept(store), [0, 4, 9]);
  store.merge(curves([12, 15], 4));
  assert.deepEqual(kept(store), [0, 4, 12, 15]);
  assert.equal(store.newest, 15);
  assert.deepEqual(store.view.rows.shape, [4, 2]);
  assert.ok(Math.abs(store.view.rows.array[7] - 1.5) < 1e-6);
});

test("nothing new leaves the curves as they are", () => {
  const store = new CurveStore();
  store.merge(curves([0, 2, 3], 2));
  store.merge(curves([], 2));
  assert.deepEqual(kept(store), [0, 2, 3]);
  store.merge(undefined);
  assert.equal(store.newest, 3);
});

test("heatmap columns keep their counts and states through the thinning", () => {
  const store = new HeatStore();
  store.merge(heat([0, 1, 2, 3], 1));
  store.merge(heat([4, 5], 2));
  assert.deepEqual(store.view.steps, [0, 2, 4, 5]);
  assert.deepEqual([...store.view.counts.array], [0, 0, 2, 2, 4, 4, 5, 5]);
  assert.deepEqual([...store.view.state.array], [0, 0, 2, 2, 1, 1, 2, 2]);
  assert.deepEqual(store.view.state.shape, [4, 2]);
});

test("events come once each, and the newest 300 stay", () => {
  const store = new EventStore();
  const row = (id) => [id, id, 0, 1, "random", 0, 0];
  store.merge({ total: 2, rows: [row(1), row(0)] });
  store.merge({ total: 3, rows: [row(1), row(2)] });
  assert.deepEqual(
    store.view.rows.map((r) => r[0]),
    [0, 1, 2],
  );
  store.merge({ total: 400, rows: Array.from({ length: 397 }, (_, i) => row(i + 3)) });
  assert.equal(store.view.rows.length, 300);
  assert.equal(store.newest, 399);
  assert.equal(store.view.total, 400);
});

test("rows grow beyond their first room", () => {
  const rows = new Rows(Float32Array, 3);
  for (let i = 0; i < 500; i++) rows.push([i, i, i]);
  assert.equal(rows.array.length, 1500);
  assert.equal(rows.array[1497], 499);
});

test("a frame's arrays are read, what is null stays null", () => {
  const frame = readFrame({ step: 3, codes: pack("float32", [1, 2], [1, 2]), gradient: null, pictures: null });
  assert.deepEqual([...frame.codes.array], [1, 2]);
  assert.equal(frame.gradient, null);
  assert.equal(readFrame(null), null);
});

test("pace: full while playing, slow while nothing changes, slower after failures, capped at 30 a second", () => {
  assert.ok(Math.abs(pace({ failures: 0, playing: true, perSecond: 30 }) - 33.3) < 5);
  assert.ok(pace({ failures: 0, playing: true, perSecond: 500 }) > 25);
  assert.equal(pace({ failures: 0, playing: false, changed: false }), 250);
  assert.ok(pace({ failures: 1 }) < pace({ failures: 3 }));
  assert.ok(pace({ failures: 0, ended: true }) >= 2000);
  assert.equal(pace({ failures: 50 }), pace({ failures: 4 }));
});

/** A link whose clock the test turns, and a server that answers when it is told to. */
function bench(answers = {}) {
  const clock = { time: 0, asleep: false, now: () => clock.time, hidden: () => clock.asleep, later: () => {}, cancel: () => {} };
  const asked = [];
  const wait = [];
  const server = {
    lab_pull: (request) => {
      asked.push(request);
      return new Promise((resolve, reject) => wait.push({ resolve: (value) => resolve(JSON.stringify(value)), reject }));
    },
    lab_do: async (request) => JSON.stringify(answers[request.action]?.(request) ?? { ok: true, error: null }),
  };
  const heard = [];
  const wishes = { level: 0, scrub: null, idle_s: 0 };
  const link = createLink({ server, token: "t", clock, wish: () => wishes, onChange: (what) => heard.push(what) });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, asked, wait, link, heard, wishes, settle };
}

const status = { playing: true, step: 4, max_frames_per_second: 30 };
const side = (steps) => ({ frame: null, curves: curves(steps, 1), heat: heat(steps, 1), events: { total: 0, rows: [] } });

test("one request at a time, none while the page is hidden, the next asks for what is newer", async () => {
  const { clock, asked, wait, link, settle } = bench();
  clock.asleep = true;
  link.tick();
  assert.equal(asked.length, 0);
  clock.asleep = false;
  link.tick();
  clock.time = 1000;
  link.tick();
  assert.equal(asked.length, 1, "the first has not been answered");
  assert.deepEqual(asked[0].after, { run: null, curve: -1, heat: -1, event: -1 });
  wait[0].resolve({ run: "a", status, sides: [side([0, 1, 4])] });
  await settle();
  link.tick();
  assert.deepEqual(asked[1].after, { run: "a", curve: 4, heat: 4, event: -1 });
});

test("another run drops the stores; another level drops the heatmap only", async () => {
  const { clock, wait, link, wishes, settle, asked } = bench();
  link.tick();
  wait[0].resolve({ run: "a", status, sides: [side([0, 1, 4])] });
  await settle();
  wishes.level = 1;
  clock.time = 100;
  link.tick();
  assert.equal(asked[1].after.run, null, "the frame of the other level has been sent, so everything is asked for anew");
  wait[1].resolve({ run: "b", status, sides: [side([0])] });
  await settle();
  assert.deepEqual(kept(link.sides[0].curves), [0]);
});

test("a run that ended stays on the page and is asked about seldom; another runner starts anew", async () => {
  const { clock, wait, link, heard, settle, asked } = bench({ resume: () => ({ ok: true, error: null, token: "t", message: "B is not there." }) });
  link.tick();
  wait[0].resolve({ run: "a", status, sides: [side([0, 1, 4])] });
  await settle();
  clock.time = 100;
  link.tick();
  wait[1].resolve({ run: "", status: { playing: false, ended: "Idle." }, sides: [] });
  await settle();
  assert.deepEqual(kept(link.sides[0].curves), [0, 1, 4]);
  assert.equal(heard.at(-1).problem, true, "that it is over is said at once, not with the next answer");
  clock.time = 1500;
  link.tick();
  assert.equal(asked.length, 2);
  await link.act("resume");
  assert.equal(link.message, "B is not there.");
  link.tick();
  assert.equal(asked[2].after.run, null);
  wait[2].resolve({ run: "a", status, sides: [side([0])] });
  await settle();
  assert.deepEqual(kept(link.sides[0].curves), [0]);
});

test("a failed request is said, tried again later, and forgotten when an answer comes", async (t) => {
  t.mock.method(console, "error", () => {});
  const { clock, asked, wait, link, heard, settle } = bench();
  link.tick();
  wait[0].reject(new Error("gone"));
  await settle();
  assert.match(link.problem, /does not answer/);
  assert.equal(heard.at(-1).problem, true);
  clock.time = 300;
  link.tick();
  assert.equal(asked.length, 1);
  clock.time = 600;
  link.tick();
  wait[1].resolve({ run: "a", status, sides: [side([0])] });
  await settle();
  assert.equal(link.problem, "");
});

test("while scrubbed no live frame is asked for, and of several wishes the last is shown", async () => {
  const frame = (request) => ({ ok: true, error: null, sides: [{ frame: { step: request.step } }] });
  const { asked, link, wishes } = bench({ frame });
  wishes.scrub = 10;
  link.tick();
  assert.equal(asked[0].want_frame, false);
  assert.equal(asked[0].scrub, 10, "the words are to be of the moment that is looked back at");
  link.seek(10);
  link.seek(11);
  await link.seek(12);
  assert.equal(link.view(0).frame.step, 12);
  assert.equal(link.view(0).past, true);
  link.seek(null);
  assert.equal(link.view(0).past, false);
});

test("why a moment cannot be shown is kept until another one is, and what was shown stays", async () => {
  const frame = ({ step }) =>
    step === 20
      ? { ok: false, error: { field: null, message: "The frame near step 20 cannot be read." } }
      : { ok: true, error: null, sides: [{ frame: { step } }] };
  const { heard, link } = bench({ frame });
  await link.seek(10);
  assert.equal(link.lost, "");
  await link.seek(20);
  assert.equal(link.lost, "The frame near step 20 cannot be read.");
  assert.equal(heard.at(-1).problem, true);
  assert.equal(link.view(0).frame.step, 10);
  await link.seek(30);
  assert.equal(link.lost, "");
  await link.seek(20);
  link.seek(null);
  assert.equal(link.lost, "");
});

test("actions answer in words even if the server is gone, and a new token is taken", async (t) => {
  t.mock.method(console, "error", () => {});
  const { link } = bench({ resume: () => ({ ok: true, error: null, token: "new" }) });
  await link.act("resume");
  assert.equal(link.token, "new");
  link.server.lab_do = () => Promise.reject(new Error("gone"));
  const answer = await link.act("play");
  assert.equal(answer.ok, false);
  assert.match(answer.error.message, /Try again/);
});

test("the bus tells of changes alone, and one broken listener does not silence the others", (t) => {
  t.mock.method(console, "error", () => {});
  const bus = createBus();
  const heard = [];
  bus.subscribe(() => {
    throw new Error("broken");
  });
  bus.subscribe((state) => heard.push(state.hoverCode));
  bus.hover(3);
  bus.hover(3);
  bus.choose(5);
  assert.deepEqual(heard, [3, 3]);
  assert.equal(litCode(bus.state, 64), 3);
  bus.hover();
  assert.equal(litCode(bus.state, 64), 5);
  assert.equal(litCode(bus.state, 4), null);
  bus.choose(5);
  assert.equal(bus.state.code, null);
});

test("a link holds what differs from the defaults, the preset, and what others put there", () => {
  const defaults = { dataset: "ring", points: [], seed: 0, beta: 0.25 };
  const a = { ...defaults, beta: 3 };
  const query = (run, before = "") => new URLSearchParams(queryOf(before, run, defaults));
  const preset = query({ all: [a], preset: "frozen", limit: null }, "?theme=dark&settings=old&b=old&paused=1");
  assert.deepEqual([...preset.keys()].sort(), ["preset", "settings", "speed", "theme"]);
  assert.equal(preset.get("preset"), "frozen");
  assert.deepEqual(JSON.parse(preset.get("settings")), { beta: 3 });
  assert.equal(preset.get("speed"), "full");
  assert.equal(queryOf("?settings=old&preset=x", { all: [defaults] }, defaults), "settings=%7B%7D", "the bare address is another run");
});

test("a link holds run B, the mended state, the speed and the pause", () => {
  const defaults = { points: [], seed: 0, beta: 0.25 };
  const run = {
    all: [
      { ...defaults, seed: 4 },
      { ...defaults, seed: 4, beta: 1 },
    ],
    preset: "p",
    mended: true,
    limit: 30,
    playing: false,
  };
  const query = Object.fromEntries(new URLSearchParams(queryOf("", run, defaults)));
  assert.deepEqual(query, { preset: "p", settings: '{"seed":4}', mended: "1", b: '{"beta":1}', speed: "30", paused: "1" });
  assert.equal(new URLSearchParams(queryOf("", { ...run, preset: null }, defaults)).get("mended"), null);
});

test("points are in a link only while they are drawn data and few enough", () => {
  const defaults = { dataset: "ring", points: [], seed: 0 };
  const drawn = { dataset: "drawn", points: [[1, 2]], seed: 3 };
  assert.deepEqual(differing(drawn, defaults), drawn);
  assert.deepEqual(differing({ ...drawn, dataset: "ring" }, defaults), { seed: 3 });
  assert.deepEqual(differing({ ...drawn, points: Array(2000).fill([1.25, 1.25]) }, defaults), { seed: 3 });
  assert.equal(pointsLeftOut(drawn, defaults), 0);
  assert.equal(pointsLeftOut({ ...drawn, points: Array(2000).fill([1.25, 1.25]) }, defaults), 2000, "the link says what it leaves out");
  assert.equal(pointsLeftOut({ ...drawn, dataset: "ring", points: Array(2000).fill([1.25, 1.25]) }, defaults), 0);
});
