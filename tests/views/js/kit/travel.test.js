import assert from "node:assert/strict";
import test from "node:test";

import { createTravel, differsIn } from "../../../../explorer/views/kit/page/travel.js";

/** A window whose history goes back, which tells as a browser does. */
function madeWindow(search = "?a=1") {
  const heard = new Set();
  const entries = [search];
  const win = {
    location: { pathname: "/lab", search, reloads: 0, reload: () => (win.location.reloads += 1) },
    history: {
      state: null,
      pushState: (_state, _title, address) => {
        win.location.search = address.slice("/lab".length);
        entries.push(win.location.search);
      },
    },
    addEventListener: (_name, callback) => heard.add(callback),
    removeEventListener: (_name, callback) => heard.delete(callback),
    heard,
    back: () => {
      entries.pop();
      win.location.search = entries.at(-1);
      return Promise.all([...heard].map((callback) => callback()));
    },
  };
  return win;
}

test("addresses differ in the keys that are named, whatever else differs", () => {
  const found = [
    ["?a=1&b=2", "?b=3&a=1", ["a"]],
    ["?a=1", "?a=2", ["a"]],
    ["", "?a=", ["a"]],
    ["?a=1", "", ["a", "b"]],
    ["?a=1&learn=x.1&present=1", "?a=1&hide=map"],
    ["?a=1&learn=x.1", "?b=1&a=1&learn=x.1"],
  ].map(([one, other, names]) => differsIn(one, other, names));
  assert.deepEqual(found, [false, true, false, true, false, true]);
});

test("going writes the address, then every view takes it; going back asks only those whose part is another", async () => {
  const win = madeWindow();
  const travel = createTravel(() => win);
  assert.equal(travel.able, false);
  const taken = [];
  const shown = { a: "1", b: "" };
  const register = (name) =>
    travel.register({
      names: [name],
      now: () => `?${name}=${shown[name]}`,
      take: (search) => {
        assert.equal(win.location.search, search);
        shown[name] = new URLSearchParams(search).get(name) ?? "";
        taken.push(`${name}${shown[name]}`);
      },
    });
  const leave = register("a");
  const other = register("b");
  const backs = [];
  const deaf = travel.onBack((search) => backs.push(search));
  await travel.go("a=2&b=");
  assert.deepEqual([win.location.search, taken, travel.able], ["?a=2&b=", ["a2", "b"], true]);
  await win.back();
  assert.deepEqual([taken.slice(2), backs], [["a1"], ["?a=1"]]);
  travel.write("a=1&learn=x.1");
  await win.back(); // nothing but the step of the tour is another
  assert.deepEqual([taken.length, backs.length], [3, 2]);
  leave();
  await travel.go("a=5");
  assert.deepEqual([taken.slice(3), win.heard.size], [["b"], 1]);
  for (const end of [other, deaf]) end();
  assert.deepEqual([travel.able, win.heard.size], [false, 0]);
});

test("what a view cannot show in place is opened anew", async () => {
  const win = madeWindow();
  const travel = createTravel(() => win);
  travel.register({ names: ["a"], take: async () => false });
  await travel.go("a=2");
  assert.equal(win.location.reloads, 1);
});

test("what comes next is made ready by those who can", () => {
  const travel = createTravel(() => madeWindow());
  const ready = [];
  travel.register({ names: ["a"], take: () => {}, prepare: (search) => ready.push(search) });
  travel.register({ names: ["b"], take: () => {} });
  travel.prepare("?a=3");
  assert.deepEqual(ready, ["?a=3"]);
});
