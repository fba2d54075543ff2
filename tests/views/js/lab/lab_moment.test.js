import assert from "node:assert/strict";
import test from "node:test";
import { judgedWords } from "../../../../explorer/views/kit/player/diagnosis.js";
import { momentOf, momentTitle } from "../../../../explorer/views/lab/moment.js";
import { heapsOf } from "../../../../explorer/views/kit/player/plane/heaps.js";
import { createPresets, markWords, mendedWords } from "../../../../explorer/views/lab/controls/presets.js";
import { withPage } from "../made_page.js";

const PRESETS = [{ id: "far", title: "Far away", watch: "Watch this.", mend: { label: "Reseed", says: "Reseeds." } }];
const status = (more) => ({ preset: "far", mended: false, playing: false, pauses_at: 300, by_hand: false, ...more });
const view = (more) => ({ side: 0, past: false, moment: { step: 300, state: "plain", text: "61 of 64." }, status: status(), ...more });

test("codes within a dot's width of one another are one heap, counted once each, the largest first", () => {
  const unit = { left: 100, top: 100, scale: 10 };
  const origin = Array.from({ length: 29 }, () => [0, 0]);
  const codes = [...origin, [3, 3], [3.2, 3], [9, 9], [-5, -5]].flat();
  assert.deepEqual(heapsOf(codes, unit, 5), [
    { x: 100, y: 100, count: 29 },
    { x: 130, y: 70, count: 2 },
  ]);
  assert.deepEqual(heapsOf(codes, { ...unit, scale: 1000 }, 5), [{ x: 100, y: 100, count: 29 }], "apart when looked at from near");
  assert.deepEqual(heapsOf([NaN, 0, NaN, 0, 1, 1], unit, 5), []);
});

test("heaps are those of a search over all pairs", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const codes = Array.from({ length: 400 }, () => 20 * random());
  const place = { left: 0, top: 200, scale: 10 };
  const brute = [];
  for (let k = 0; k < codes.length; k += 2) {
    const [x, y] = [10 * codes[k], 200 - 10 * codes[k + 1]];
    const heap = brute.filter((one) => Math.hypot(one.x - x, one.y - y) <= 5);
    if (heap.length) heap[0].members += 1;
    else brute.push({ x, y, members: 1 });
  }
  const found = heapsOf(codes, place, 5);
  const total = (list, read) => list.reduce((sum, one) => sum + read(one), 0);
  assert.equal(
    total(found, ({ count }) => count - 1),
    total(brute, ({ members }) => members - 1),
  );
  assert.ok(found.length > 3);
});

test("the words say of which moment they are, and when the run paused itself", () => {
  assert.equal(momentTitle({ step: 300 }, view()), "Step 300: the run has paused itself here");
  assert.equal(momentTitle({ step: 1301 }, view()), "Step 1,301");
  assert.equal(momentTitle({ step: 300 }, view({ status: status({ playing: true }) })), "Step 300");
  assert.equal(momentTitle({ step: 80 }, view({ past: true })), "Step 80, looking back");
  assert.equal(judgedWords(1240), "of step 1,240");
  assert.equal(judgedWords(null), "");
});

test("beside the plane: the sentence and the mend of the preset that runs, and nothing where none does", () => {
  const shown = momentOf(view(), PRESETS);
  assert.equal(shown.text, "61 of 64.");
  assert.equal(shown.mend, "Mend it: Reseed");
  assert.ok(shown.go);
  assert.equal(momentOf(view({ status: status({ mended: true }) }), PRESETS).mend, null);
  assert.equal(momentOf(view({ status: status({ playing: true }) }), PRESETS).go, false);
  assert.equal(momentOf(view({ side: 1 }), PRESETS), null);
  assert.equal(momentOf(view({ status: status({ preset: null }) }), PRESETS), null);
  assert.equal(momentOf(view({ status: null }), PRESETS), null, "before the first answer");
  assert.equal(momentOf(view({ moment: null }), PRESETS).text, "Watch this.");
  assert.match(momentOf(view({ status: status({ by_hand: true }) }), PRESETS).text, /by hand/);
});

test("a run is called mended when it is", () => {
  assert.equal(markWords("mended", true, 1200), "mend begun at step 1,200");
  assert.equal(markWords("mended", false, 1200), "mended at step 1,200");
  assert.equal(markWords("mended", false, 0), "mended from its start");
  assert.equal(markWords("broken", false, 0), "chosen");
  assert.equal(mendedWords(PRESETS[0], true), "Being mended: Reseeds.");
});

test("the step of a mend that is told while the click is still being answered is shown after it", () =>
  withPage(async (page) => {
    let answer = () => undefined;
    const act = () => new Promise((resolve) => (answer = resolve));
    const preset = { ...PRESETS[0], why: "Why.", source: "Somebody." };
    const root = page.root();
    const panel = createPresets(root, { act, payload: { presets: [preset], preset: "far" } });
    const told = { preset: "far", mended: true, mended_at: 400 };
    for (const press of root.querySelector("[data-mend='far']").heard.get("click false")) press({});
    panel.draw({ status: told, moment: { state: "mending" } });
    answer({ ok: true });
    await page.settle();
    panel.draw({ status: told, moment: { state: "mending" } });
    assert.equal(root.querySelector(".dte-lf-mark").textContent, "mend begun at step 400");
  }));
