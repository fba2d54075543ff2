import assert from "node:assert/strict";
import test from "node:test";

import { classAddress, classQuery, hiddenNames, hideable, hidingRules, isPresented, ofClass } from "../../../../explorer/views/learn/class.js";

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
});

test("what can be hidden is called what it calls itself, and what has no title is not offered", () => {
  const element = ({ dataset = {}, className = "", label = null, heading = null, text = "", group = null }) => ({
    ...{ dataset, className, textContent: text },
    getAttribute: () => label,
    querySelector: () => (heading ? { textContent: heading } : null),
    closest: () => (group ? { getAttribute: () => group } : null),
  });
  const panels = [
    element({ className: "lab-panel lab-panel-plane", label: "Latent plane", heading: "Latent plane?" }),
    element({ className: "lab-panel lab-panel-plane", label: "of run B" }),
    element({ className: "codebook-audit dte-fold", heading: "Count your own " }),
    element({ dataset: { panel: "map" }, label: "Codebook map" }),
    element({ className: "compare-choose" }),
    element({ className: "compare-Odd", label: "no name" }),
  ];
  const rows = [
    element({ dataset: { control: "codebook_size" }, heading: "Codebook size K", group: "Quantizer" }),
    element({ dataset: { control: "all_sums" }, text: " Show all sums " }),
    element({ dataset: { control: "nameless" } }),
  ];
  const root = { querySelectorAll: (selector) => (selector === "[data-control]" ? rows : panels) };
  assert.deepEqual(hideable(/** @type {any} */ (root)), [
    ["plane", "Latent plane"],
    ["audit", "Count your own"],
    ["map", "Codebook map"],
    ["codebook_size", "Quantizer: Codebook size K"],
    ["all_sums", "Setting: Show all sums"],
  ]);
});
