import assert from "node:assert/strict";
import test from "node:test";

import { SPEC as ADDITIVE } from "../../../../explorer/views/learn/cards/additive.js";
import { SPEC as GRADIENTS } from "../../../../explorer/views/learn/cards/gradients.js";
import { SPEC as MULTIHEAD } from "../../../../explorer/views/learn/cards/multihead.js";
import { placeNames } from "../../../../explorer/views/learn/cards/names.js";
import { SPEC as SOFT } from "../../../../explorer/views/learn/cards/soft.js";

const covers = (box, [x, y, r]) => box.right > x - r && box.left < x + r && box.bottom > y - r && box.top < y + r;
const meet = (a, b) => a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom;

/** A canvas that keeps where names were written and round marks drawn; a letter is 7 px wide. */
function recorder() {
  const names = [];
  const marks = [];
  const measureText = (text) => ({ width: 7 * text.length });
  const kept = {
    measureText,
    fillText: (text, x, y) => (text.length > 2 || /^[a-z]$/.test(text)) && names.push({ text, left: x, right: x + 7 * text.length, top: y - 7, bottom: y + 7 }),
    arc: (x, y, r) => r > 4 && marks.push([x, y, Math.min(r, 8)]),
  };
  return { names, marks, ctx: new Proxy(kept, { get: (of, name) => of[name] ?? (() => undefined), set: () => true }) };
}

test("a name stands off marks, off names before it and within the picture", () => {
  const room = { W: 120, H: 80 };
  const marks = [
    [60, 40, 8],
    [95, 20, 8],
  ];
  const [first, second] = placeNames(
    [
      { width: 40, mark: [60, 40] },
      { width: 40, mark: [60, 40] },
    ],
    marks,
    room,
  );
  for (const box of [first, second]) {
    assert.ok(marks.every((mark) => !covers(box, mark)));
    assert.ok(box.left >= 0 && box.right <= room.W && box.top >= 0 && box.bottom <= room.H);
  }
  assert.ok(!meet(first, second));
});

/** A card as it is drawn on a square of so many pixels: its names as boxes, and its round marks. */
function drawn(spec, some, side) {
  const { half } = spec.window;
  const state = spec.fit({ ...spec.first, ...some });
  const { ctx, names, marks } = recorder();
  const scale = side / (2 * half);
  const plane = { scale, at: (x, y) => [(x + half) * scale, (half - y) * scale], length: (x) => x * scale, box: [-half, -half, half, half] };
  spec.draw(ctx, { state, found: spec.find(state), plane, theme: { font: "sans", surface: "#ffffff", ink: "#000000" }, lit: null, W: side, H: side });
  return { names, marks };
}

const STATES = [
  [MULTIHEAD, { looks: [20, 110, 65], compose: "concatenate" }, ["decoded", "head 1", "head 2", "latent"]],
  [MULTIHEAD, { looks: [40, 50, 65], compose: "concatenate" }, ["decoded", "head 1", "head 2", "latent"]],
  [MULTIHEAD, { looks: [40, 70, 65], compose: "sum" }, ["decoded", "head 1", "head 2", "latent"]],
  [MULTIHEAD, { looks: [40, 41, 65], compose: "concatenate" }, ["decoded", "head 1", "head 2", "latent"]],
  [ADDITIVE, { at: [-0.4, 0.3], beam: 2 }, ["a0 + b1, greedy", "a1 + b0, together", "latent"]],
  [ADDITIVE, { at: [0.05, 0.05], beam: 2 }, ["a1 + b0, greedy", "a2 + b0, together", "latent"]],
];

test("names of cards lie on no mark and on no other name, on a phone too", () => {
  for (const side of [330, 660]) {
    for (const [spec, some, expected] of STATES) {
      const { names, marks } = drawn(spec, some, side);
      const where = `at ${side} px, ${JSON.stringify(some)}`;
      assert.deepEqual(names.map(({ text }) => text).sort(), expected);
      assert.ok(marks.length >= 5);
      names.forEach((name, i) => {
        assert.ok(!names.slice(0, i).some((other) => meet(name, other)), `${name.text} on a name ${where}`);
        assert.ok(!marks.some((mark) => covers(name, mark)), `${name.text} on a mark ${where}`);
        assert.ok(name.left >= 0 && name.right <= side, `${name.text} is cut ${where}`);
      });
    }
  }
});

test("on the card of soft assignment each name is nearer to its own mark than to the other", () => {
  const gap = (name, [x, y]) => Math.hypot(Math.max(name.left - x, 0, x - name.right), Math.max(name.top - y, 0, y - name.bottom));
  for (const side of [330, 660]) {
    for (const some of [{ tau: 0.5 }, { tau: 1 }, { tau: 5 }, { tau: 1, z: [[-0.3, 0.5]] }, { tau: 0.01, z: [[0.1, -0.4]] }]) {
      const { names } = drawn(SOFT, some, side);
      const [latent, mixture] = ["z", "mixture"].map((text) => names.find((one) => one.text === text));
      const state = SOFT.fit({ ...SOFT.first, ...some });
      const at = ([x, y]) => [((x + 1) * side) / 2, ((1 - y) * side) / 2];
      const [z, mixed] = [at(state.z[0]), at(SOFT.find(state).mixture)];
      const where = `at ${side} px, ${JSON.stringify(some)}`;
      assert.ok(!meet(latent, mixture), `one on the other ${where}`);
      assert.ok(gap(latent, z) < gap(latent, mixed), `z_e ${where}: ${gap(latent, z)}, ${gap(latent, mixed)}`);
      assert.ok(gap(mixture, mixed) < gap(mixture, z), `mixture ${where}: ${gap(mixture, mixed)}, ${gap(mixture, z)}`);
    }
  }
});

test("the index of a name is written behind it, smaller and lower", () => {
  const { names } = drawn(SOFT, { tau: 0.5 }, 330);
  const [z, e] = ["z", "e"].map((text) => names.find((one) => one.text === text));
  assert.ok(z && e && !names.some(({ text }) => text === "z_e"));
  assert.ok(Math.abs(e.left - z.right) < 1 && e.top > z.top);
});

test("on the card of gradients the name of the latent lies on no ring, point or code", () => {
  for (const method of ["none", "ste", "rotation"]) {
    const { names, marks } = drawn(GRADIENTS, { method }, 330);
    const latent = names.find(({ text }) => text === "z"); // of z_e, which is written first
    assert.ok(marks.length >= 6 && !marks.some(([x, y, r]) => covers(latent, [x, y, r - 1])), method);
  }
});
