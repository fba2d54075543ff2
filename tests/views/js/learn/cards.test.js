import assert from "node:assert/strict";
import test from "node:test";

import { TeachingCard } from "../../../../explorer/views/learn/cards/card.js";
import { SPEC as CELLS } from "../../../../explorer/views/learn/cards/cells.js";
import { sliderPlace, sliderValue } from "../../../../explorer/views/learn/cards/controls.js";
import { handleAt, keyMove, planeOf, within } from "../../../../explorer/views/learn/cards/plane.js";
import { CARDS, cardOf, strayWords } from "../../../../explorer/views/learn/cards/registry.js";
import { decode, encode, readState, writeState } from "../../../../explorer/views/learn/cards/state.js";
import { withPage } from "../made_page.js";

const FIRST = {
  k: 6,
  metric: "euclidean",
  on: false,
  some: [1, 2],
  codes: [
    [0, 1],
    [0.5, -0.25],
  ],
};

test("a state is written into the address and read back, without what stays as it was", () => {
  const state = { ...FIRST, k: 7, on: true, some: [3], codes: [[0.12345, -1]] };
  const search = writeState(FIRST, state, "?card=cells&learn=a.1&k=9");
  assert.equal(search, "card=cells&learn=a.1&k=7&on=1&some=3&codes=0.123%2C-1");
  assert.deepEqual(readState(FIRST, search), { ...state, codes: [[0.123, -1]] });
  assert.equal(writeState(FIRST, FIRST, search), "card=cells&learn=a.1");
});

test("what an address says wrongly is passed over", () => {
  for (const text of ["", "x", "1,2,3", "1,2;3", "1,NaN", "1,Infinity", "1,1e308", "0,0;".repeat(80)]) assert.equal(decode(text, FIRST.codes), undefined, text);
  assert.deepEqual(readState(FIRST, "?k=&on=yes&codes=1&some=a&other=1"), FIRST);
  assert.equal(encode([[1.00049, 2]]), "1,2");
});

test("values of a link that lead nowhere are named, and those that lead somewhere are not", () => {
  for (const search of ["", "?card=cells&quiz=before&show=methods", "?learn=a.1"]) assert.deepEqual(strayWords(search), [], search);
  const words = strayWords(`?card=${"x".repeat(90)}&quiz=later&show=all`);
  assert.equal(words.length, 3);
  assert.ok(words[0].includes(`"${"x".repeat(40)}..."`) && words[1].includes('"later"') && words[2].includes('"all"'));
  assert.equal(strayWords("?card=__proto__").length, 1);
});

test("a key that the page does not know is named, and one of a card, of every page or of others is not", () => {
  for (const search of ["?method=fsq&sheet=1", "?learn=a.1&present=1&hide=events&bring=1", "?__theme=dark&utm_source=a&view=api", "?card=cells&zoom=2"])
    assert.deepEqual(strayWords(search), [], search);
  const [words, ...more] = strayWords(`?${"x".repeat(90)}=y&card=`);
  assert.deepEqual(more, []);
  assert.equal(words, `The link says ${"x".repeat(40)}=y, which this page does not know; its links say card, quiz, show, method and sheet.`);
});

test("units and pixels of the plane are each other's way back, y upwards", () => {
  const plane = planeOf({ x: 0.5, y: -1, half: 2 }, 400, 300, 10);
  assert.deepEqual(plane.at(0.5, -1), [200, 150]);
  assert.ok(plane.at(0.5, 0)[1] < 150);
  const [x, y] = plane.world(...plane.at(1.25, 0.75));
  assert.ok(Math.abs(x - 1.25) + Math.abs(y - 0.75) < 1e-12);
  assert.deepEqual(within({ x: 0, y: 0, half: 1 }, 3, -0.5), [1, -0.5]);
  assert.deepEqual([keyMove("ArrowUp", false, 1), keyMove("ArrowLeft", true, 1), keyMove("a", false, 1)], [[0, 0.02], [-0.1, 0], null]);
});

test("the handle that is nearest is meant, and none that is out of reach", () => {
  const plane = planeOf({ x: 0, y: 0, half: 1 }, 200, 200, 0);
  const handles = [
    { id: "a", x: 0, y: 0 },
    { id: "b", x: 0.1, y: 0 },
  ];
  assert.deepEqual(
    [104, 108, 131].map((px) => handleAt(handles, plane, px, 100, 20)?.id),
    ["a", "b", undefined],
  );
});

test("a range in even ratios has the middle of its ends in the middle", () => {
  const range = { min: 0.01, max: 1, log: true };
  assert.deepEqual([sliderPlace(range, 0.1), sliderValue(range, 100), sliderValue({ min: 1, max: 9 }, 4)], [100, 0.1, 4]);
});

test("an address names a card of the registry or none", () => {
  assert.deepEqual(["?card=cells", "?card=none", "?card=toString", ""].map(cardOf), ["cells", null, null, null]);
});

for (const [name, { title, does, load }] of Object.entries(CARDS)) {
  test(`the card ${name} opens, reports facts, takes any state of an address, and lets go of everything`, () =>
    withPage(async (page) => {
      const { SPEC } = await load();
      assert.ok(title && does.endsWith("."));
      const { alive } = page;
      const before = alive();
      const card = new TeachingCard(page.root(), name, CARDS[name], SPEC);
      await page.settle();
      const facts = Object.keys(card.found.facts);
      assert.ok(facts.length > 0 && facts.every((fact) => card.element.dataset[fact] !== undefined && /^[a-z]+$/.test(fact)));
      assert.ok(card.found.words.endsWith("."));
      assert.deepEqual(SPEC.fit(SPEC.first), SPEC.first, "it opens in a state that is whole");
      const odd = Object.entries(SPEC.first).map(([field, like]) => [field, typeof like === "number" ? -1e9 : Array.isArray(like) ? like.slice(0, 1) : "odd"]);
      for (const state of [SPEC.first, SPEC.fit(Object.fromEntries(odd))]) {
        card.set(state);
        await page.settle();
        for (const { id, x, y } of card.handles) {
          assert.ok(Number.isFinite(x + y), id);
          card.moveTo(id, x + 0.1, y - 0.1);
          await page.settle();
          assert.ok(Object.values(card.found.facts).every((fact) => fact !== undefined && !Number.isNaN(fact) && !/NaN|undefined/.test(String(fact))));
        }
      }
      card.reset();
      await page.settle();
      assert.deepEqual(card.state, SPEC.first);
      card.destroy();
      assert.deepEqual(alive(), before);
    }));
}

test("codes of the card of cells are dragged, and the tokens follow", () => {
  const { tokens } = CELLS.find(CELLS.first);
  assert.deepEqual(tokens, [0, 0, 2, 2, 3, 4]);
  const moved = CELLS.move(CELLS.first, "code-1", -0.4, 0.7);
  assert.equal(CELLS.find(moved).tokens[0], 1);
  const one = CELLS.find(CELLS.fit({ ...CELLS.first, k: 1 }));
  assert.deepEqual([one.facts.used, one.facts.codes, one.tokens.every((token) => token === 0)], [1, 1, true]);
  assert.notEqual(one.facts.error, CELLS.find(CELLS.first).facts.error);
});

test("keys that come faster than frames each move the handle on", () =>
  withPage(async (page) => {
    const card = new TeachingCard(page.root(), "cells", CARDS.cells, CELLS);
    await page.settle();
    const press = () => card.key({ key: "ArrowRight", shiftKey: true, preventDefault() {} }, "point-0");
    const [x, y] = card.state.points[0];
    for (let i = 0; i < 3; i++) press();
    assert.ok(Math.abs(card.state.points[0][0] - x - 0.3) < 1e-9);
    assert.equal(card.state.points[0][1], y);
    await page.settle();
    assert.equal(card.element.dataset.tokens, "1 0 2 2 3 4");
    card.destroy();
  }));
