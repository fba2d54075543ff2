import assert from "node:assert/strict";
import test from "node:test";

import { classAddress, classQuery, hiddenNames, hidingRules, isPresented, nameWords, ofClass } from "../../../../explorer/views/learn/class.js";

test("a link hides what it names, and nothing that is no name", () => {
  assert.deepEqual(hiddenNames("?hide=events,histogram,events"), ["events", "histogram"]);
  assert.deepEqual(hiddenNames("?hide=*,a{},.b,Panel,%22],__proto__"), []);
  assert.equal(hiddenNames(`?hide=${Array.from({ length: 99 }, (_, i) => `n${i}`).join(",")}`).length, 40);
  assert.deepEqual([hiddenNames(""), hidingRules([])], [[], ""]);
  const rules = hidingRules(["events"]);
  for (const place of [".lab-panel-events", ".codebook-events", ".compare-events", '#inspect-page [data-panel="events"]', '[data-control="events"]'])
    assert.ok(rules.includes(place));
});

test("a query keeps its state when it becomes a link for a class, and loses what it was before", () => {
  const made = classQuery("?preset=x&learn=a.1&hide=old&present=1", { hide: ["map", "code"], present: false });
  assert.equal(made, "preset=x&learn=a.1&hide=map%2Ccode");
  assert.deepEqual(ofClass(`?${made}`), { hide: ["map", "code"], present: false });
  assert.equal(classQuery("a=1", { hide: [], present: true }), "a=1&present=1");
  assert.deepEqual([isPresented("?present=1"), isPresented("?present=0"), isPresented("")], [true, false, false]);
  const chapter = { id: "one", steps: [{ page: "lab", query: "preset=x" }] };
  assert.equal(classAddress("/vq/", chapter, 0, "?learn=zero.3&hide=beta&present=1&paused=1"), "/vq/lab?preset=x&learn=one.0&hide=beta&present=1");
  assert.equal(nameWords("wrong_tokens"), "Wrong tokens");
});
