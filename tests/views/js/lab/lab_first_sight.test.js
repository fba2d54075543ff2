import assert from "node:assert/strict";
import test from "node:test";
import { createLink } from "../../../../explorer/views/kit/player/link.js";

const TYPES = { float32: Float32Array, int32: Int32Array };
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A line without a run yet: what it asked of the server, what the server did, and the clock that it waits by. */
function bench() {
  const clock = { after: 0, now: () => 0, hidden: () => false, later: (_, after) => (clock.after = after), cancel: () => {} };
  const [asked, wait, done, heard] = [[], [], [], []];
  let begun;
  const server = {
    lab_pull: (request) => {
      asked.push(request);
      return new Promise((resolve) => wait.push((value) => resolve(JSON.stringify(value))));
    },
    lab_do: async (request) => {
      if (request.action === "begun") return new Promise((resolve) => (begun = (value) => resolve(JSON.stringify(value))));
      done.push(request);
      return JSON.stringify({ ok: true, error: null });
    },
  };
  const link = createLink({ server, token: "mine", clock, onChange: (what) => heard.push(what) });
  link.running = true;
  return { clock, asked, wait, done, heard, link, begin: (value) => begun(value) };
}

function frameOf(step) {
  const flat = (dtype, shape) => {
    const array = new TYPES[dtype](shape.reduce((a, b) => a * b)).fill(1);
    return { dtype, shape, data: Buffer.from(array.buffer).toString("base64") };
  };
  return { step, z: flat("float32", [4, 2]), codes: flat("float32", [3, 2]), indices: flat("int32", [4]), counts: flat("float32", [3]) };
}

const firstSight = { settings: [{ codebook_size: 3 }], sides: [{ frame: frameOf(0) }] };

test("what a run begins with is seen before there is a run, and what is asked of it meanwhile comes after", async () => {
  const { clock, asked, wait, done, heard, link, begin } = bench();
  link.showFirst(firstSight);
  link.arm();
  assert.ok(clock.after > 0, "without a run it is looked again after a while, not at once");
  const { frame, status, settings, run } = link.view(0);
  assert.deepEqual([frame.step, frame.z.shape, status, settings, run], [0, [4, 2], null, { codebook_size: 3 }, null]);
  const answer = link.act("pause", {});
  link.tick();
  await settle();
  assert.deepEqual([done, asked], [[], []], "nobody is asked before there is a run");
  begin({ ok: true, error: null, message: "a word" });
  await answer;
  assert.deepEqual([done.map((one) => one.token), link.message, link.view(0).frame.step], [["mine"], "a word", 0]);
  assert.ok(heard.length > 0);
  link.tick();
  assert.deepEqual(asked[0].after, { run: null, curve: -1, heat: -1, event: -1 }, "the run is asked for everything");
  wait[0]({ run: "1", status: { playing: true, step: 1 }, sides: [{ frame: frameOf(1) }] });
  await settle();
  assert.deepEqual([link.view(0).frame.step, link.run], [1, "1"]);
});

test("where no run can be opened, that is said, also to what is asked of it, and what it would have begun with stays", async () => {
  const { done, link, begin } = bench();
  link.showFirst(firstSight);
  assert.equal(link.view(0).refused, false, "not known yet");
  const answer = link.act("pause", {});
  begin({ ok: false, error: { field: null, message: "All 5 places are taken." } });
  assert.equal((await answer).error.message, "All 5 places are taken.");
  assert.deepEqual([link.message, link.waiting, link.token, done], ["All 5 places are taken.", null, "", []]);
  assert.deepEqual([link.view(0).frame.step, link.view(0).refused], [0, true]);
});
