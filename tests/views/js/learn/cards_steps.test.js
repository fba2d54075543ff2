import assert from "node:assert/strict";
import test from "node:test";

import { SPEC as GRADIENTS } from "../../../../explorer/views/learn/cards/gradients.js";
import { SPEC as LLOYD, assign, moveCodes, nextHalf, startCodes } from "../../../../explorer/views/learn/cards/lloyd.js";
import { hullOf, placeOpposite } from "../../../../explorer/views/learn/cards/marks.js";
import { SPEC as SOFT, cooler } from "../../../../explorer/views/learn/cards/soft.js";

const STARTS = ["gaussian", "uniform", "latents", "kmeans", "far"];
const SEEDS = [1, 2, 3, 4, 5, 6];

/** A run to its end: its last state and facts. */
function run(changes) {
  let state = LLOYD.fit({ ...LLOYD.first, ...changes });
  for (let next = nextHalf(state); next !== null; next = nextHalf(state)) state = LLOYD.fit(next);
  return { state, facts: LLOYD.find(state).facts };
}

test("from any start the error falls in every half-step until nothing changes", () => {
  for (const start of STARTS) {
    for (const k of [2, 6, 12]) {
      const { state, facts } = run({ start, k });
      assert.equal(facts.settled, "yes");
      state.errors.slice(1).forEach((error, i) => assert.ok(error <= state.errors[i] + 1e-12, `${start} ${k} ${i}`));
      assert.equal(LLOYD.find(assign(state)).facts.error, facts.error, "it is settled");
    }
  }
});

test("k-means++ finds the six clumps from every draw, and a start far away leaves codes without points", () => {
  const spread = SEEDS.map((seed) => run({ start: "kmeans", seed }).facts);
  assert.deepEqual(
    spread.map(({ error, empty }) => [Number(error).toFixed(4), empty]),
    SEEDS.map(() => ["0.0122", 0]),
  );
  const far = SEEDS.map((seed) => run({ start: "far", seed }).facts);
  assert.ok(far.every(({ error, empty }) => empty >= 1 && Number(error) > 1.5 * 0.0122));
});

test("a half-step follows the other, and a code that is dragged begins anew", () => {
  const opened = LLOYD.first;
  const assigned = LLOYD.fit(assign(opened));
  const moved = LLOYD.fit(moveCodes(assigned));
  assert.deepEqual(
    [opened, assigned, moved].map((state) => LLOYD.find(state).facts.step),
    [0, 0, 1],
  );
  const off = (state) => LLOYD.controls.filter(({ label }) => ["Assign", "Move"].includes(label)).map((control) => control.off(state));
  assert.deepEqual(
    [off(opened), off(assigned), off(moved)],
    [
      [false, true],
      [true, false],
      [false, true],
    ],
  );
  const dragged = LLOYD.fit(LLOYD.move(moved, "code-2", 0.5, 0.5));
  assert.deepEqual([dragged.seen, dragged.errors, LLOYD.find(dragged).where[2]], [[], [], [0.5, 0.5]]);
  assert.notDeepEqual(LLOYD.fit(LLOYD.change(dragged, { k: 7 })).codes, dragged.codes);
});

test("starts on latents are latents, all others lie within the picture, and a seed brings them back", () => {
  for (const start of STARTS) {
    const codes = startCodes({ start, k: 12, seed: 4 });
    assert.equal(new Set(codes.map(String)).size, 12);
    assert.ok(codes.flat().every((x) => Math.abs(x) <= 1));
    assert.deepEqual(codes, startCodes({ start, k: 12, seed: 4 }));
    assert.notDeepEqual(codes, startCodes({ start, k: 12, seed: 5 }));
  }
});

/** Whether a place lies within a convex polygon that turns counter-clockwise. */
const isWithin = (hull, [x, y]) =>
  hull.every(([ax, ay], i) => {
    const [bx, by] = hull[(i + 1) % hull.length];
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= -1e-9;
  });

test("the mixture lies within the hull of the codes, wherever the latent is, and reaches the nearest code as it cools", () => {
  for (const z of [
    [0, 0],
    [1, 1],
    [-1, 0.2],
    [0.9, -1],
  ]) {
    for (const tau of [10, 1, 0.1, 0.01]) {
      const { mixture } = SOFT.find(SOFT.fit({ ...SOFT.first, z: [z], tau }));
      assert.ok(isWithin(hullOf(SOFT.first.codes), mixture), `${z} ${tau}`);
    }
  }
  assert.equal(isWithin(hullOf(SOFT.first.codes), [1, 1]), false);
  let state = SOFT.fit({ ...SOFT.first, tau: 1 });
  const gaps = [];
  for (let next = state; next !== null; next = cooler(state)) {
    state = next;
    gaps.push(Number(SOFT.find(state).facts.gap));
  }
  assert.deepEqual(
    gaps,
    gaps.toSorted((a, b) => b - a),
  );
  assert.ok(gaps.length > 20 && gaps.at(-1) < 1e-3 && state.tau === 0.01);
});

test("the arrow of straight-through never changes within a cell, that of the rotation trick keeps its angle", () => {
  for (const z of [
    [0.62, 0.3],
    [0.1, 0.5],
    [0.4, 0.9],
  ]) {
    const at = (method) => GRADIENTS.find(GRADIENTS.fit({ ...GRADIENTS.first, method, z: [z] }));
    assert.equal(at("ste").facts.code, 0);
    assert.deepEqual(at("ste").arrived, GRADIENTS.first.pull[0]);
    assert.equal(at("rotation").facts.kept, "yes");
    assert.ok(Math.abs(Number(at("rotation").facts.strength) - Math.hypot(...GRADIENTS.first.codes[0]) / Math.hypot(...z)) < 1e-3);
  }
});

test("the tip of the pull is where it was dragged to, also beside a mixture, and is never lost on the code", () => {
  for (const method of ["ste", "gumbel"]) {
    const state = GRADIENTS.fit({ ...GRADIENTS.first, method });
    const moved = GRADIENTS.fit(GRADIENTS.move(state, "pull", 0.2, 0.3));
    const tip = GRADIENTS.handles(moved, GRADIENTS.find(moved)).find(({ id }) => id === "pull");
    assert.ok(Math.hypot(tip.x - 0.2, tip.y - 0.3) < 1e-12);
  }
  const { from } = GRADIENTS.find(GRADIENTS.first);
  const none = GRADIENTS.fit(GRADIENTS.move(GRADIENTS.first, "pull", from[0], from[1]));
  assert.ok(Math.hypot(...none.pull[0]) > 0.01);
});

test("a name stands opposite its arrow, and turns about its mark where another name is", () => {
  const near = (a, b) => a.every((x, i) => Math.abs(x - b[i]) < 1e-9);
  assert.ok(near(placeOpposite([100, 100], [50, 100]), [128, 100]));
  assert.ok(near(placeOpposite([100, 100], [100, 101]), [100, 128]), "below, where there is no arrow");
  const other = [130, 108];
  const [x, y] = placeOpposite([100, 100], [50, 100], [other]);
  assert.ok(Math.abs(x - other[0]) >= 40 || Math.abs(y - other[1]) >= 18, `${x} ${y}`);
  assert.ok(Math.abs(Math.hypot(x - 100, y - 100) - 28) < 1e-9);
});
