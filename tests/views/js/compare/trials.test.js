import assert from "node:assert/strict";
import test from "node:test";
import { HiddenX } from "../../../../explorer/views/compare/abx.js";
import { Player, X } from "../../../../explorer/views/compare/player.js";
import { withPage } from "../made_page.js";
import {
  addTrial,
  clearTrials,
  drawX,
  guessChance,
  keepTrials,
  pairsOf,
  readTrials,
  rightOf,
  trialsCsv,
  trialsOf,
  trialWords,
} from "../../../../explorer/views/compare/trials.js";

// scipy.stats.binom.sf(right - 1, trials, 0.5), of SciPy: [right, trials, chance].
const SCIPY = [
  [1, 1, 0.5],
  [0, 1, 1],
  [7, 10, 0.171875],
  [10, 10, 0.0009765625],
  [9, 12, 0.072998046875],
  [12, 16, 0.0384063720703125],
  [15, 20, 0.020694732666015625],
  [18, 25, 0.021642625331878662],
  [32, 50, 0.03245432353613609],
  [59, 100, 0.04431304005703379],
  [61, 100, 0.017600100108852428],
  [230, 400, 0.0015645080634072589],
  [650, 1200, 0.0021228200773347776],
  [1600, 3000, 0.00013928198051961683],
];

test("the chance of so many right by guessing is that of scipy", () => {
  for (const [right, trials, chance] of SCIPY) {
    assert.ok(Math.abs(guessChance(right, trials) - chance) < 1e-10 * chance, `${right} of ${trials}`);
  }
  assert.equal(guessChance(0, 0), 1);
});

test("what was found is said with its chance, never as certain", () => {
  assert.equal(trialWords(0, 0), "No trial yet.");
  assert.equal(trialWords(7, 10), "7 of 10 right; by guessing at least so many come with a chance of 17%.");
  assert.match(trialWords(20, 20), /a chance of <0\.1%\.$/);
  assert.match(trialWords(0, 5), /^0 of 5 right; .* 100%\.$/);
});

test("X is drawn by the seed: the same again for it, anew in each trial, and each of two as often", () => {
  const draws = (seed) => Array.from({ length: 400 }, (_, number) => drawX(seed, number));
  assert.deepEqual(draws(4), draws(4));
  assert.notDeepEqual(draws(4), draws(5));
  for (const seed of [1, 2, 3, 4, 5]) {
    const found = draws(seed);
    const second = found.filter((x) => x === 1).length;
    const same = found.filter((x, i) => i > 0 && x === found[i - 1]).length;
    assert.ok(Math.abs(second - 200) < 50 && Math.abs(same - 200) < 50, `${seed}: ${second} ${same}`); // five sigma
  }
});

test("the first of all seeds is either, whatever order the panes have", () => {
  const firsts = Array.from({ length: 400 }, (_, seed) => drawX(seed, 0));
  assert.ok(Math.abs(firsts.filter((x) => x === 1).length - 200) < 50);
});

const trial = (pair, x, answer, seed = 1) => ({ pair, seed, x, answer, medium: 'drums, "loud"' });

/** In place of a browser's storage. */
function storage(items = {}) {
  return { items, getItem: (key) => items[key] ?? null, setItem: (key, value) => (items[key] = value) };
}

test("trials come back as they were, and what is no trial does not", () => {
  const store = storage();
  const made = [trial(["a", "b"], 0, 0), trial(["", "b"], 1, 0)];
  keepTrials(made, 5, () => store);
  assert.deepEqual(
    readTrials(() => store),
    { trials: made, drawn: 5 },
  );
  keepTrials(Array(2100).fill(made[0]), 2100, () => store);
  assert.equal(readTrials(() => store).trials.length, 2000);
  const odd = [null, 1, { pair: ["a"] }, { ...made[0], x: 2 }, { ...made[0], answer: "0" }, { ...made[0], seed: "1" }, { ...made[0], medium: 3 }];
  for (const [text, trials, drawn] of [
    [JSON.stringify({ trials: [...odd, made[0]], drawn: -4 }), [made[0]], 1],
    [JSON.stringify({ trials: {}, drawn: 3 }), [], 3],
    ["no JSON", [], 0],
    ["null", [], 0],
  ]) {
    assert.deepEqual(
      readTrials(() => storage({ "dte-abx": text })),
      { trials, drawn },
    );
  }
  const none = () => {
    throw new Error("a browser that keeps nothing");
  };
  keepTrials(made, 2, none);
  assert.deepEqual(readTrials(none), { trials: [], drawn: 0 });
});

test("trials of two tabs add up, and a clear in one holds in the other", () => {
  const kept = storage();
  const store = () => kept;
  const [first, second, third] = [trial(["a", "b"], 0, 0), trial(["a", "b"], 1, 0), trial(["a", "b"], 1, 1)];
  const mine = addTrial(addTrial(readTrials(store), first, store), second, store);
  const other = addTrial({ trials: [], drawn: 0 }, third, store); // opened before the trials of the first tab
  assert.deepEqual(other, { trials: [first, second, third], drawn: 3 });
  assert.deepEqual(readTrials(store), other);
  assert.deepEqual(clearTrials(mine, store), { trials: [], drawn: 3 });
  assert.deepEqual(addTrial(other, first, store), { trials: [first], drawn: 4 });
});

test("a browser that keeps nothing, or lost what it kept, still counts on the page", () => {
  const none = () => {
    throw new Error("a browser that keeps nothing");
  };
  const made = [trial(["a", "b"], 0, 0), trial(["a", "b"], 1, 0)];
  for (const store of [none, () => storage()]) {
    assert.deepEqual(addTrial({ trials: [made[0]], drawn: 7 }, made[1], store), { trials: made, drawn: 8 });
    assert.deepEqual(clearTrials({ trials: made, drawn: 8 }, store), { trials: [], drawn: 8 });
  }
});

test("counts are of a pair, in whichever order it stood", () => {
  const trials = [trial(["a", "b"], 0, 0), trial(["b", "a"], 1, 0), trial(["a", "c"], 1, 1), trial(["a", "b"], 1, 1)];
  assert.equal(trialsOf(trials, ["b", "a"]).length, 3);
  assert.equal(rightOf(trialsOf(trials, ["a", "b"])), 2);
  assert.equal(rightOf(trialsOf(trials, ["b", "c"])), 0);
});

test("A and B are the first pair; the original is one of others", () => {
  assert.deepEqual(pairsOf(["", "p", "q", "r"]), [
    ["p", "q"],
    ["p", "r"],
    ["", "p"],
    ["q", "r"],
    ["", "q"],
    ["", "r"],
  ]);
  assert.deepEqual(pairsOf(["", "p"]), [["", "p"]]);
});

test("the file has a line a trial, and names only where they may be known", () => {
  const trials = [trial(["a", "b"], 0, 0, 4), trial(["b", "a"], 1, 0, 5)];
  assert.equal(
    trialsCsv(trials, () => "hidden"),
    [
      "trial,medium,seed,first,second,x_is,answer,right,right_so_far,chance_by_guessing",
      '1,"drums, ""loud""",4,hidden,hidden,first,first,1,1,0.5',
      '2,"drums, ""loud""",5,hidden,hidden,second,first,0,1,0.75',
      "",
    ].join("\n"),
  );
  assert.match(
    trialsCsv(trials, (id) => id.toUpperCase()),
    /\n2,.*,5,B,A,second,/,
  );
});

const bus = { state: { seed: 4, pictures: { name: "drums" } }, set() {} };
const called = { name: (id) => (id === "" ? "Original" : id.toUpperCase()), hidden: () => true };

test("an answer is right where it names what X played as, and each trial has an X of its own", () =>
  withPage(() => {
    const player = new Player(bus, () => {}, called.name);
    Object.assign(player, { pictures: { played: "audio" } });
    const x = new HiddenX(bus, player, called);
    x.show(["p", "q"]);
    const played = [];
    for (let i = 0; i < 40; i++) {
      played.push(player.secret);
      x.answer(i % 2);
    }
    assert.deepEqual(new Set(played), new Set(["p", "q"]));
    assert.deepEqual(
      x.trials.map((one) => one.x === one.answer),
      played.map((id, i) => id === ["p", "q"][i % 2]),
    );
  }));

test("what was counted is there after a reload, until it is cleared; X goes on either way", () =>
  withPage(() => {
    const before = globalThis.localStorage;
    const store = storage();
    Object.defineProperty(globalThis, "localStorage", { value: store, configurable: true });
    try {
      const open = () => {
        const player = new Player(bus, () => {}, called.name);
        Object.assign(player, { pictures: { played: "audio" } });
        const x = new HiddenX(bus, player, called);
        x.show(["p", "q"]);
        return [x, player];
      };
      const secrets = Array.from({ length: 9 }, (_, number) => ["p", "q"][drawX(4, number)]);
      let [x, player] = open();
      for (let i = 0; i < 5; i++) x.answer(0);
      [x, player] = open();
      assert.equal(x.trials.length, 5);
      assert.equal(player.secret, secrets[5]);
      x.answer(1);
      x.forget();
      assert.deepEqual([x.trials.length, x.clear.hidden, player.secret], [0, true, secrets[6]]);
      x.answer(0);
      [x, player] = open();
      assert.deepEqual([x.trials.length, x.clear.hidden, player.secret], [1, false, secrets[7]]);
    } finally {
      Object.defineProperty(globalThis, "localStorage", { value: before, configurable: true });
    }
  }));

test("X is heard as what it secretly is, under no other name, and is silent before it is another", () =>
  withPage(async () => {
    const player = new Player(bus, () => {}, called.name);
    const { deck } = player;
    const tone = { rate: 8, samples: 8, channels: [] };
    Object.assign(player, { pictures: { played: "audio" }, played: {}, following: true });
    deck.load({ "": tone, p: tone, q: tone }, false);
    deck.play = () => Object.assign(deck, { voices: {} });
    deck.pause = () => Object.assign(deck, { voices: null });
    deck.hear = (id) => Object.assign(deck, { heard: id });
    Object.defineProperty(deck, "position", { get: () => 0 });
    const state = () => [deck.heard, player.element.dataset.heard, deck.playing];
    player.hide("q");
    await player.hear(X);
    assert.deepEqual(state(), ["q", X, true]);
    player.hide("p");
    assert.deepEqual(state(), ["p", X, false]);
    await player.hear("q");
    assert.deepEqual(state(), ["q", "q", true]);
    player.hide("p");
    assert.deepEqual(state(), ["q", "q", true], "who hears another goes on");
  }));
