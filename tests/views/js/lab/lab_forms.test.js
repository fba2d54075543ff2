import assert from "node:assert/strict";
import test from "node:test";
import { comparable, mendOffer, startWords } from "../../../../explorer/views/lab/compare.js";
import * as v from "../../../../explorer/views/lab/controls/values.js";
import { changedWords, errorFor, sidesOf } from "../../../../explorer/views/lab/controls/controls.js";
import { createDiagnosis, spokenWords, topicOf, worstFirst } from "../../../../explorer/views/kit/player/diagnosis.js";
import { cardState, mendedWords, runningFirst, shownStatus } from "../../../../explorer/views/lab/controls/presets.js";
import { withPage } from "../made_page.js";

const slider = (lowest, highest, step = 0, log = false) => ({ kind: "slider", name: "x", label: "X", lowest, highest, step, log, unit: "", when: {} });
const SCALES = {
  size: v.scaleOf(slider(1, 4096, 1, true), 64),
  rate: v.scaleOf(slider(1e-6, 1, 0, true), 1e-3),
  beta: v.scaleOf(slider(0, 100), 0.25),
  decay: v.scaleOf(slider(0, 0.9999), 0.99),
  weight: v.scaleOf(slider(0, 10), 0),
  diversity: v.scaleOf(slider(-10, 10), 1),
  levels: v.scaleOf(slider(1, 8, 1), 2),
};

test("a control shows when all its conditions hold, whatever the type of the values", () => {
  const control = { when: { quantizer: ["vq", "rvq"], hard: [true], patch_px: [16, 32] } };
  assert.ok(v.isShown(control, { quantizer: "vq", hard: true, patch_px: 32 }));
  assert.ok(!v.isShown(control, { quantizer: "vq", hard: false, patch_px: 32 }));
  assert.ok(!v.isShown(control, { quantizer: "fsq", hard: true, patch_px: 32 }));
  assert.ok(!v.isShown(control, { quantizer: "vq", hard: true, patch_px: "32" }));
  assert.ok(v.isShown({}, {}));
});

test("every slider: its ends are exact, it never goes back, and stays within its range", () => {
  for (const [name, scale] of Object.entries(SCALES)) {
    assert.equal(v.valueAt(scale, 0), scale.lowest, name);
    assert.equal(v.valueAt(scale, v.PLACES), scale.highest, name);
    let before = scale.lowest;
    for (let place = 0; place <= v.PLACES; place += 1) {
      const value = v.valueAt(scale, place);
      assert.ok(value >= before && value <= scale.highest, `${name}: ${before} then ${value} at ${place}`);
      before = value;
    }
  }
});

test("a value keeps its place, and the place gives the value back as far as it was rounded", () => {
  for (const [name, scale, value] of [
    ["K", SCALES.size, 64],
    ["K", SCALES.size, 1024],
    ["rate", SCALES.rate, 1e-3],
    ["beta", SCALES.beta, 0.25],
    ["decay", SCALES.decay, 0.99],
    ["diversity", SCALES.diversity, -1],
    ["levels", SCALES.levels, 5],
  ]) {
    const back = v.valueAt(scale, v.placeOf(scale, value));
    assert.ok(Math.abs(back - value) <= 0.02 * Math.abs(value), `${name}: ${value} became ${back}`);
  }
  assert.equal(v.placeOf(SCALES.beta, 1e9), v.PLACES);
  assert.equal(v.placeOf(SCALES.size, -5), 0);
});

test("small defaults and decays near one have room on both sides", () => {
  const place = (scale, value) => v.placeOf(scale, value) / v.PLACES;
  for (const [scale, value] of [
    [SCALES.beta, 0.25],
    [SCALES.decay, 0.99],
  ]) {
    assert.ok(place(scale, value) > 0.25 && place(scale, value) < 0.75, `${value} at ${place(scale, value)}`);
  }
  assert.ok(place(SCALES.decay, 0.999) - place(SCALES.decay, 0.99) > 0.1);
  assert.equal(v.scaleOf(slider(0, 2 ** 31 - 1, 1), 0).kind, "box");
});

test("whole numbers on a log scale meet the powers of two", () => {
  const met = new Set(Array.from({ length: v.PLACES + 1 }, (_, place) => v.valueAt(SCALES.size, place)));
  for (let power = 1; power <= 4096; power *= 2) assert.ok(met.has(power), String(power));
  assert.ok([...met].every(Number.isInteger));
});

test("one arrow key is always a new value, until the end", () => {
  for (const [name, scale] of Object.entries(SCALES)) {
    for (const start of [scale.lowest, v.valueAt(scale, 400)]) {
      assert.ok(v.nextValue(scale, start, 1) > start, name);
    }
    assert.equal(v.nextValue(scale, scale.lowest, -1), scale.lowest);
    assert.equal(v.nextValue(scale, scale.highest, 1), scale.highest);
  }
  assert.equal(v.nextValue(SCALES.size, 2, 1), 3);
  assert.ok(v.nextValue(SCALES.rate, 1e-3, -1) < 1e-3);
});

test("typed numbers: exponents and thousands are read, anything else is not guessed", () => {
  assert.equal(v.parseValue(" 1,024 "), 1024);
  assert.equal(v.parseValue("1e-3"), 0.001);
  assert.equal(v.parseValue("-.5"), -0.5);
  for (const text of ["", "a lot", "0,5", "1e", "12px", "Infinity", "NaN", "0x10"]) assert.equal(v.parseValue(text), null, text);
});

test("values in words", () => {
  const choice = {
    kind: "choice",
    options: [
      [16, "16 px"],
      [32, "32 px"],
    ],
  };
  assert.equal(v.valueWords(choice, 32), "32 px");
  assert.equal(v.valueWords({ kind: "toggle" }, false), "off");
  assert.equal(v.valueWords({ kind: "slider", unit: "codes" }, 64), "64 codes");
  assert.equal(v.numberText(0.1 + 0.2), "0.3");
  assert.equal(v.numberText(2147483647), "2147483647");
  assert.equal(v.numberText(1e-12), "1e-12");
});

test("the other value to compare with is another one", () => {
  const choice = {
    kind: "choice",
    options: [
      ["ste", "S"],
      ["rotation", "R"],
    ],
  };
  assert.equal(v.otherValue(choice, "ste", "ste"), "rotation");
  assert.equal(v.otherValue(choice, "rotation", "ste"), "ste");
  assert.equal(v.otherValue({ kind: "toggle" }, true, true), false);
  assert.equal(v.otherValue(slider(0, 100), 4, 0.25), 0.25);
  for (const [control, value] of [
    [slider(0, 100), 0.25],
    [slider(1, 8, 1), 2],
    [slider(0, 2 ** 31 - 1, 1), 0],
    [slider(0, 10), 0],
  ]) {
    assert.notEqual(v.otherValue(control, value, value), value);
  }
});

test("one request in flight, the last value wins, other names wait their turn", async () => {
  const sent = [];
  const doors = [];
  const queue = v.createQueue((name, value) => {
    sent.push([name, value]);
    return new Promise((done) => doors.push(done));
  });
  for (const value of [1, 2, 3]) queue.put("beta", value);
  queue.put("lr", 9);
  assert.deepEqual(sent, [["beta", 1]]);
  assert.ok(queue.has("beta") && queue.waits("beta") && queue.has("lr"));
  doors[0]();
  await new Promise(setImmediate);
  assert.deepEqual(sent, [
    ["beta", 1],
    ["beta", 3],
  ]);
  assert.ok(queue.has("beta") && !queue.waits("beta"));
  doors[1]();
  await new Promise(setImmediate);
  assert.deepEqual(sent.at(-1), ["lr", 9]);
  doors[2]();
  await new Promise(setImmediate);
  assert.ok(!queue.has("beta") && !queue.has("lr"));
  queue.put("beta", 4);
  assert.equal(sent.length, 4);
});

test("an error stands beside the control that was touched, and names the other that it is about", () => {
  const controls = [{ name: "codebook_size" }, { name: "batch_size" }];
  const found = errorFor("codebook_size", { field: "batch_size", message: "Raise it." }, controls);
  assert.deepEqual(found, { message: "Raise it.", other: controls[1] });
  assert.equal(errorFor("batch_size", { field: "batch_size", message: "x" }, controls).other, null);
  assert.equal(errorFor("batch_size", { field: null, message: "x" }, controls).other, null);
});

test("with two runs a change goes to both, but a difference is kept", () => {
  const all = [
    { beta: 1, lr: 2 },
    { beta: 3, lr: 2 },
  ];
  assert.deepEqual(sidesOf("both", "lr", all), [0, 1]);
  assert.deepEqual(sidesOf("both", "beta", all), [0]);
  assert.deepEqual(sidesOf("1", "beta", all), [1]);
  assert.deepEqual(sidesOf("1", "beta", all.slice(0, 1)), [0]);
});

test("settings of a view: of both runs, of one, or none yet", () => {
  const [a, b] = [{ lr: 1 }, { lr: 2 }];
  assert.deepEqual(v.settingsOfSides({ settings: a, bothSettings: [a, b] }), [a, b]);
  assert.deepEqual(v.settingsOfSides({ settings: a, bothSettings: [] }), [a]);
  assert.deepEqual(v.settingsOfSides({ settings: null }), []);
});

test("a group counts what differs and shows", () => {
  const members = [
    { name: "a", when: {} },
    { name: "b", when: { a: [1] } },
  ];
  assert.deepEqual(changedWords(members, { a: 0, b: 5 }, { a: 0, b: 0 }), { count: 0, text: "" });
  assert.deepEqual(changedWords(members, { a: 1, b: 5 }, { a: 0, b: 0 }), { count: 2, text: "2 changed" });
});

test("a preset is broken until it is mended", () => {
  const preset = { id: "far", mend: { label: "k-means", says: "Codes start at the data." } };
  assert.equal(cardState(preset, null), "idle");
  assert.equal(cardState(preset, { preset: "other", mended: true }), "idle");
  assert.equal(cardState(preset, { preset: "far", mended: false }), "broken");
  assert.equal(cardState(preset, { preset: "far", mended: true }), "mended");
  assert.equal(mendedWords(preset), "Mended: Codes start at the data.");
  const before = { preset: "far", mended: true };
  assert.deepEqual(shownStatus({ playing: false, ended: "Idle." }, before), before, "a run that ended keeps its card");
  assert.deepEqual(shownStatus({ preset: "other", mended: false, playing: true }, before), { preset: "other", mended: false });
  assert.deepEqual(shownStatus(null, before), before, "the run of a page that opens is on its way");
});

test("findings: worst first, and a new count is no news", () => {
  const good = { level: "good", title: "All codes are used" };
  const bad = { level: "bad", title: "41 of 64 codes are dead" };
  const warn = { level: "warning", title: "Norms drift" };
  assert.deepEqual(worstFirst([good, warn, bad]), [bad, warn, good]);
  assert.equal(topicOf(bad), topicOf({ ...bad, title: "1,042 of 2,048 codes are dead" }));
  assert.notEqual(topicOf(bad), topicOf({ ...bad, level: "warning" }));
  assert.equal(spokenWords([good, warn, bad]), "Diagnosis: Broken: 41 of 64 codes are dead; Watch out: Norms drift");
  assert.equal(spokenWords([good]), "Diagnosis: All codes are used");
  assert.equal(spokenWords([]), "");
  assert.equal(spokenWords([good], 1240), "Diagnosis of step 1,240: All codes are used");
});

test("what is read aloud is of the moment on screen once the run stands still, or is looked back at", () =>
  withPage(async (page) => {
    const root = page.root();
    const { draw, destroy } = createDiagnosis(root, {});
    const dead = (count, of) => [{ level: "bad", title: `${count} of ${of} codes dead`, text: "", figure: "" }];
    const heard = async (diagnosis, judged, more) => {
      draw({ diagnosis, judged, status: { playing: false }, past: false, ...more });
      for (let i = 0; i < 80 && !root.querySelector(".dte-lf-spoken").textContent.includes(`step ${judged}:`); i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return root.querySelector(".dte-lf-spoken").textContent;
    };
    const playing = { status: { playing: true } };
    assert.equal(await heard(dead(60, 64), 200, playing), "Diagnosis of step 200: Broken: 60 of 64 codes dead");
    draw({ diagnosis: dead(58, 64), judged: 230, past: false, ...playing }); // a new count alone is not read while it plays
    assert.equal(await heard(dead(57, 64), 240), "Diagnosis of step 240: Broken: 57 of 64 codes dead");
    assert.equal(await heard(dead(9, 25), 80, { past: true, ...playing }), "Diagnosis of step 80: Broken: 9 of 25 codes dead");
    destroy();
  }));

test("only controls that have an effect can be compared", () => {
  const controls = [
    { name: "a", group: "Data", when: {} },
    { name: "b", group: "Start", when: { a: [1] } },
    { name: "c", group: "Data", when: {} },
  ];
  assert.deepEqual(
    comparable(controls, { a: 0 }).map((group) => [group.name, group.members.length]),
    [["Data", 2]],
  );
  const inert = [{ names: ["c"], when: { a: [0] }, reason: "It does nothing here." }];
  assert.deepEqual(
    comparable(controls, { a: 0 }, inert)[0].members.map((each) => each.name),
    ["a"],
  );
  assert.equal(startWords({ kind: "toggle" }, true, false), "Compare on (A) with off (B)");
});

test("the preset that runs is compared with its other self, unless nothing would differ", () => {
  const presets = [{ id: "p", mend: { label: "Reseed" }, apart: { broken: { reseeding: "none" }, mended: { reseeding: "random" } } }];
  const offer = (status, reseeding) => mendOffer(presets, status, { reseeding });
  assert.deepEqual(offer({ preset: "p", mended: false }, "none").changes, { reseeding: "random" });
  assert.equal(offer({ preset: "p", mended: false }, "none").label, "The preset, mended: Reseed");
  assert.deepEqual(offer({ preset: "p", mended: true }, "random").changes, { reseeding: "none" });
  assert.equal(offer({ preset: "p", mended: false }, "random"), null);
  assert.equal(offer({ preset: null, mended: false }, "none"), null);
});

test("the running preset comes first", () => {
  const items = ["idle", "idle", "mended", "idle"].map((state, i) => ({ state, i }));
  assert.deepEqual(
    runningFirst(items).map(({ i }) => i),
    [2, 0, 1, 3],
  );
});

test("a control that can change nothing says why", () => {
  const inert = [{ names: ["norm"], when: { update: ["ema"], quantizer: ["vq", "pq"] }, reason: "The EMA sets the codes." }];
  assert.equal(v.inertReason(inert, "norm", { update: "ema", quantizer: "vq" }), "The EMA sets the codes.");
  assert.equal(v.inertReason(inert, "norm", { update: "gradient", quantizer: "vq" }), "");
  assert.equal(v.inertReason(inert, "beta", { update: "ema", quantizer: "vq" }), "");
});
