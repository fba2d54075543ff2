import assert from "node:assert/strict";
import test from "node:test";
import { choose } from "../../../../explorer/views/codebook/charts.js";
import { keyOf, plainText } from "../../../../explorer/views/kit/widgets/chart_key.js";
import { placeOf, valueUnder } from "../../../../explorer/views/kit/widgets/chart_place.js";
import { decodeFigure, figureRows, pickedValues, placesOfCodes, stepWalk, walkOf } from "../../../../explorer/views/kit/widgets/chart_model.js";

const packed = (array, dtype, shape) => ({ dtype, bdata: Buffer.from(array.buffer).toString("base64"), ...(shape ? { shape } : {}) });

test("packed arrays of a figure are read, also those in rows, and whatever else it holds stays as it is", () => {
  const figure = decodeFigure({
    data: [
      {
        type: "bar",
        x: packed(Float64Array.from([0.5, -2]), "f8"),
        customdata: packed(Uint16Array.from([1, 2, 3, 4, 5, 6]), "u2", "2, 3"),
        text: ["a", "b"],
        marker: { color: packed(Int8Array.from([-1, 7]), "i1") },
      },
    ],
    layout: { meta: { pick: "code" }, shapes: [{ x0: 1 }], title: null },
  });
  const [trace] = figure.data;
  assert.deepEqual([...trace.x], [0.5, -2]);
  assert.deepEqual(
    trace.customdata.map((row) => [...row]),
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
  assert.deepEqual([...trace.marker.color], [-1, 7]);
  assert.deepEqual([trace.text, figure.layout], [["a", "b"], { meta: { pick: "code" }, shapes: [{ x0: 1 }], title: null }]);
  assert.throws(() => decodeFigure({ dtype: "f2", bdata: "" }), /the type f2/);
});

const dots = {
  data: [
    { x: [0, 1], y: [0, 1], hoverinfo: "skip", meta: { pick: false } },
    { x: [30, 10, 20], y: [1, 2, 3], name: "codes", customdata: Uint16Array.from([7, 8, 9]) },
  ],
  layout: { meta: { pick: "code" } },
};
const bins = {
  data: [
    { x: [1, 2], y: [2, 1], customdata: [[4, 5], [6]] },
    { x: [1, 2], y: [9, 9], customdata: [[1], [2]], meta: { pick: false } },
  ],
  layout: { meta: { pick: "codes" } },
};
const cells = {
  data: [
    {
      type: "heatmap",
      x: ["12", "40"],
      y: ["12", "40"],
      z: [
        [1, 0.5],
        [0.5, 1],
      ],
    },
  ],
  layout: { meta: { pick: "pair" } },
};

test("a point stands for its code, a bin for all of its codes, a cell for that of its row and that of its column", () => {
  assert.deepEqual(pickedValues(dots, 1, 2), [9]);
  assert.deepEqual(pickedValues(dots, 0, 0), []);
  assert.deepEqual(pickedValues(bins, 0, 0), [4, 5]);
  assert.deepEqual(pickedValues(bins, 1, 0), [], "what cannot be chosen stands for nothing");
  assert.deepEqual(pickedValues(cells, 0, [0, 1]), [12, 40]);
  const grid = {
    data: [
      {
        type: "heatmap",
        customdata: [
          [
            [0, 0],
            [0, 1],
          ],
        ],
      },
    ],
    layout: { meta: { pick: "position" } },
  };
  assert.deepEqual(pickedValues(grid, 0, [0, 1]), [0, 1]);
});

test("a code is found at its point, its bin or its own cell, and nowhere where a figure is of other things", () => {
  assert.deepEqual(placesOfCodes(dots).get(8), { curve: 1, point: 1 });
  assert.deepEqual(
    [placesOfCodes(bins).get(5), placesOfCodes(bins).get(6), placesOfCodes(bins).get(1)],
    [{ curve: 0, point: 0 }, { curve: 0, point: 1 }, undefined],
  );
  assert.deepEqual(placesOfCodes(cells).get(40), { curve: 0, point: [1, 1] });
  assert.equal(placesOfCodes({ ...dots, layout: { meta: { pick: "medium" } } }).size, 0);
});

test("keys go from left to right through what can be chosen, and row by row through cells", () => {
  assert.deepEqual(walkOf(dots), [
    [
      { curve: 1, point: 1 },
      { curve: 1, point: 2 },
      { curve: 1, point: 0 },
    ],
  ]);
  assert.deepEqual(
    walkOf({ data: [{ x: [1, NaN, 3, null], y: [1, 2, 3, 4] }], layout: {} }).map((row) => row.map(({ point }) => point)),
    [[0, 2]],
  );
  assert.deepEqual(
    walkOf(cells)[0].map(({ point }) => point),
    [
      [1, 0],
      [1, 1],
    ],
    "the first row of a table is drawn lowest",
  );
  assert.deepEqual(
    walkOf({ ...cells, layout: { yaxis: { autorange: "reversed" } } })[0].map(({ point }) => point),
    [
      [0, 0],
      [0, 1],
    ],
  );
  const gaps = { data: [{ x: [1, 2, 3], y: [1, 0, 1], customdata: [[4], [], [5]] }], layout: {} };
  assert.deepEqual(
    walkOf(gaps)[0].map(({ point }) => point),
    [0, 2],
    "a bin without codes is passed over",
  );
  assert.deepEqual(stepWalk(null, "ArrowRight", [3]), [0, 0]);
  assert.deepEqual(stepWalk(null, "ArrowLeft", [3]), [0, 2]);
  assert.deepEqual(stepWalk([0, 2], "ArrowRight", [3]), [0, 2]);
  assert.deepEqual(stepWalk([0, 2], "ArrowDown", [3, 2]), [1, 1]);
  assert.deepEqual(
    [stepWalk([0, 1], "Home", [3]), stepWalk([0, 1], "End", [3])],
    [
      [0, 0],
      [0, 2],
    ],
  );
  assert.deepEqual([stepWalk([0, 1], "x", [3]), stepWalk(null, "ArrowRight", [])], [undefined, undefined]);
});

test("what is drawn as rows: every point of a series, every cell of a table, nothing that only guides the eye", () => {
  assert.deepEqual(figureRows(dots).rows, [
    ["codes", 30, 1, null],
    ["codes", 10, 2, null],
    ["codes", 20, 3, null],
  ]);
  assert.deepEqual(figureRows(cells).rows[1], ["", "40", "12", 0.5]);
});

test("a click opens a code, a bin selects its codes, a loop selects, and a loop that is let go selects none", () => {
  const told = [];
  const bus = { set: (change) => told.push(change) };
  choose(bus, [7], "code", "click");
  choose(bus, [12, 40], "pair", "click");
  choose(bus, [4, 5], "codes", "click");
  choose(bus, [7, 9], "code", "select");
  choose(bus, [], "code", "select");
  choose(bus, [3], "medium", "click");
  assert.deepEqual(told, [{ code: 7 }, { code: 12 }, { lasso: new Set([4, 5]) }, { lasso: new Set([7, 9]) }, { lasso: null }]);
});

test("the key names the series that have a name and are not taken out of it, each as it is drawn", () => {
  const data = [
    { name: "counted", mode: "lines", line: { color: "#111111" } },
    { name: "estimated", mode: "lines", line: { color: "#222222", dash: "dot" } },
    { name: "band", mode: "lines", fillcolor: "#333333", line: { width: 0 } },
    { name: "codes", mode: "markers", marker: { color: "#444444", symbol: "triangle-down" } },
    { name: "bars", type: "bar", marker: { color: "#555555" } },
    { name: "tie", mode: "lines", showlegend: false },
    { mode: "lines" },
  ];
  const told = keyOf({ data, layout: { showlegend: true } }).map(({ name, kind, colour, look }) => [name, kind, colour, look].join(" "));
  assert.deepEqual(told, ["counted line #111111 solid", "estimated line #222222 dotted", "band area #333333 ■", "codes mark #444444 ▼", "bars mark #555555 ■"]);
  assert.deepEqual(keyOf({ data, layout: { showlegend: false } }), []);
  assert.equal(plainText("&lt;b&gt; &amp;amp; &#123;x&#36;"), "<b> &amp; {x$");
});

/** What plotly leaves at its element: axes of 100 px from 20 px on, with their own scales. */
function drawnPlot(data, { low = 0, high = 10, log = false } = {}) {
  const x = { _offset: 20, _length: 100, d2p: (value) => 10 * value, p2d: (px) => px / 10 };
  const turn = log ? Math.log10 : (value) => value;
  const d2p = (value) => 100 * (1 - (turn(value) - low) / (high - low));
  const yaxis = { _offset: 5, _length: 100, type: log ? "log" : "linear", d2p };
  return { data, _fullLayout: { xaxis: x, yaxis, bargap: 0.2 }, getBoundingClientRect: () => ({ left: 1000, top: 500 }) };
}

test("a bar is lit as a whole, a dot at its middle, and what is out of sight not at all", () => {
  const bars = drawnPlot([{ type: "bar", x: [1, 5, 50], y: [10, 2, 3] }]);
  assert.deepEqual(placeOf(bars, { curve: 0, point: 0 }), { left: 26, top: 5, width: 8, height: 100 });
  assert.deepEqual(placeOf(bars, { curve: 0, point: 1 }), { left: 66, top: 85, width: 8, height: 20 });
  assert.equal(placeOf(bars, { curve: 0, point: 2 }), null);
  const wide = drawnPlot([{ type: "bar", x: [1, 5], y: [10, 2], width: Float64Array.from([2, 0.01]) }]);
  assert.equal(placeOf(wide, { curve: 0, point: 0 }).width, 20);
  assert.deepEqual(placeOf(wide, { curve: 0, point: 1 }), { left: 68.5, top: 85, width: 3, height: 20 }, "thin, but seen");
  const dots = drawnPlot([{ type: "scatter", x: [1], y: [10] }]);
  assert.deepEqual(placeOf(dots, { curve: 0, point: 0 }), { left: 30, top: 5 });
});

test("steps are lit as bars of one rank, on a logarithmic axis down to its ground", () => {
  const steps = [{ type: "scatter", line: { shape: "hvh" }, fill: "tozeroy", x: [1, 2], y: [100, 1] }];
  const plot = drawnPlot(steps, { low: -1, high: 3, log: true });
  assert.deepEqual(placeOf(plot, { curve: 0, point: 0 }), { left: 25, top: 30, width: 10, height: 75 });
  assert.deepEqual(placeOf(plot, { curve: 0, point: 1 }), { left: 35, top: 80, width: 10, height: 25 });
});

test("the value under the pointer is that of the axis, and there is none beside the plot", () => {
  const plot = drawnPlot([]);
  assert.equal(valueUnder(plot, { clientX: 1055, clientY: 540 }), 3.5);
  assert.equal(valueUnder(plot, { clientX: 1055.9, clientY: 540.9 }), 3.5, "a click there is told as one at 1055, 540");
  for (const at of [
    { clientX: 1019, clientY: 540 },
    { clientX: 1121, clientY: 540 },
    { clientX: 1055, clientY: 504 },
  ])
    assert.equal(valueUnder(plot, at), null);
  assert.equal(valueUnder({ getBoundingClientRect: plot.getBoundingClientRect }, { clientX: 0, clientY: 0 }), null);
});
