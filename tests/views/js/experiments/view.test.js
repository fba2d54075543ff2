import assert from "node:assert/strict";
import test from "node:test";

import { failuresOf, queryOf, tableCsv } from "../../../../explorer/views/experiments/view.js";

const rows = [
  { medium: "pictures", condition: "A", quantized: true, tokens: 40, values: { used: 2, lost: 0.5 }, findings: [{ title: "x" }] },
  { medium: "pictures", condition: "None", quantized: false, tokens: 0, values: { used: null, lost: 0.1 }, findings: [] },
  { medium: "sounds", condition: "A", quantized: true, tokens: 40, values: { used: 7, lost: null }, findings: [] },
];
const columns = [{ key: "used" }, { key: "lost" }];

test("the table as a file: every row, empty where a measure does not apply", () => {
  const lines = tableCsv({ columns, rows }).trim().split(/\r?\n/);
  assert.deepEqual(lines, ["medium,condition,tokens,used,lost", "pictures,A,40,2,0.5", "pictures,None,,,0.1", "sounds,A,40,7,"]);
});

test("failures stand by condition and medium, without what has no quantizer; of one medium by condition alone", () => {
  const members = [
    { name: "pictures", findings: [{ title: "x" }] },
    { name: "sounds", findings: [] },
  ];
  assert.deepEqual(failuresOf({ rows }), [{ title: "A", members }]);
  const pictures = rows.slice(0, 2).concat({ ...rows[0], condition: "B", findings: [] });
  assert.deepEqual(failuresOf({ rows: pictures }), [
    {
      title: "",
      members: [
        { name: "A", findings: [{ title: "x" }] },
        { name: "B", findings: [] },
      ],
    },
  ]);
});

test("a link keeps what belongs to others", () => {
  assert.equal(queryOf("theme=dark&experiment=a", { experiment: "b" }), "theme=dark&experiment=b");
});
