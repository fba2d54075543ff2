import assert from "node:assert/strict";
import test from "node:test";
import { createBus, isFresh } from "../../../../explorer/views/compare/link.js";

/** A server whose jobs take `steps` questions: pictures after the first, figures after the last. */
function server({ steps = 3, refuse = null } = {}) {
  const asked = [];
  const jobs = new Map();
  const job = (id) => {
    const left = steps - jobs.get(id);
    return { id, state: left > 0 ? "running" : "done", seen: jobs.get(id) > 0, found: left <= 0, planned: 2, done: 0, message: "" };
  };
  const ask = async (request) => {
    asked.push([request.what, request.job ?? request.media, request.number].filter((one) => one !== undefined).join(" "));
    const refused = refuse?.(request);
    if (refused) return JSON.stringify({ ok: false, error: refused });
    if (request.what === "start") {
      const id = `own-${jobs.size + 1}`;
      jobs.set(id, 0);
      return JSON.stringify({ ok: true, job: job(id), names: ["a.png", "b.png"] });
    }
    if (request.what === "state") jobs.set(request.job, jobs.get(request.job) + 1);
    const answers = {
      state: { job: job(request.job) },
      stop: { job: { ...job(request.job), state: "stopping" } },
      pictures: { name: `${request.job} ${request.number}` },
      result: { result: { of: request.job } },
    };
    return JSON.stringify({ ok: true, ...answers[request.what] });
  };
  return { ask, asked };
}
const made = (options = {}, first = {}) => {
  const { ask, asked } = server(options);
  return { asked, bus: createBus({ ask, first: { tokenizers: ["a", "b"], media: "sample:x", ...first }, pause: async () => {} }) };
};

test("a comparison brings pictures first and then the figures", async () => {
  const { bus, asked } = made();
  const order = [];
  bus.on(["pictures", "result"], (state) => order.push(state.result ? "figures" : "pictures"));
  assert.equal(isFresh(bus.state), false);
  await bus.start();
  assert.deepEqual(order, ["pictures", "figures"]);
  assert.deepEqual([asked[0], asked.filter((one) => one.startsWith("pictures"))], ["start sample:x", ["pictures own-1 0"]]);
  assert.deepEqual([bus.state.pictures.name, bus.state.result.of, bus.state.job.state], ["own-1 0", "own-1", "done"]);
  assert.equal(isFresh(bus.state), true);
  assert.equal(isFresh({ ...bus.state, side: 512 }), false);
  bus.set({ tokenizers: ["a"] });
  assert.equal(isFresh(bus.state), false);
  assert.ok(bus.state.pictures, "what was found stays on screen");
});

test("of two comparisons only the newest is shown", async () => {
  const { bus } = made();
  await Promise.all([bus.start(), bus.start()]);
  assert.deepEqual([bus.state.job.id, bus.state.result.of, bus.state.pictures.name], ["own-2", "own-2", "own-2 0"]);
});

test("another picture of the set is asked for, none beyond its ends", async () => {
  const { bus, asked } = made();
  await bus.start();
  await bus.go(1);
  assert.deepEqual([bus.state.at, bus.state.pictures.name], [1, "own-1 1"]);
  const before = asked.length;
  await bus.go(2);
  await bus.go(-1);
  assert.deepEqual([bus.state.at, asked.length], [1, before]);
});

test("what the server refuses is said where it belongs, and nothing chosen is lost", async () => {
  const { bus } = made({ refuse: ({ what }) => (what === "start" ? { field: "tokenizers", message: "Only two of three." } : null) });
  await bus.start();
  assert.deepEqual(bus.state.problem, { field: "tokenizers", message: "Only two of three." });
  assert.deepEqual([bus.state.tokenizers, bus.state.media, bus.state.job], [["a", "b"], "sample:x", null]);
  const damaged = made({ refuse: ({ what, number }) => (what === "pictures" && number === 1 ? { field: null, message: "Damaged." } : null) }).bus;
  await damaged.start();
  await damaged.go(1);
  assert.deepEqual(damaged.state.problem, { field: "pictures", message: "Damaged." });
  assert.equal(damaged.state.pictures.name, "own-1 0");
});

test("a server that has gone is said, and the comparison counts as failed", async () => {
  const { bus } = made({ refuse: ({ what }) => (what === "state" ? { field: null, message: "Load the page again." } : null) });
  await bus.start();
  assert.deepEqual([bus.state.job.state, bus.state.problem.message], ["failed", "Load the page again."]);
});
