import assert from "node:assert/strict";
import { test } from "node:test";

import { readFold, remember } from "../../../../explorer/views/kit/widgets/folds.js";

const store = () => {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
};

test("what a visitor opened and closed is told apart from what nobody chose", () => {
  const one = store();
  remember("facts", true, () => one);
  remember("own", false, () => one);
  assert.equal(
    readFold("facts", () => one),
    "open",
  );
  assert.equal(
    readFold("own", () => one),
    "closed",
  );
  assert.equal(
    readFold("bring", () => one),
    null,
  );
});

test("a browser that may keep nothing still opens and closes", () => {
  const refuses = () => {
    throw new Error("SecurityError");
  };
  assert.doesNotThrow(() => remember("facts", true, refuses));
  assert.equal(readFold("facts", refuses), null);
});
