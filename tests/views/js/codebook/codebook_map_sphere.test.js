import assert from "node:assert/strict";
import test from "node:test";
import { axisRows, bitRows, bitTable } from "../../../../explorer/views/codebook/map/bits.js";
import { mapSvg, wrapWords } from "../../../../explorer/views/codebook/map/export.js";
import { scaleTicks } from "../../../../explorer/views/codebook/map/legend.js";
import * as model from "../../../../explorer/views/codebook/map/model.js";
import { enlarge } from "../../../../explorer/views/codebook/map/sphere.js";
import * as turn from "../../../../explorer/views/codebook/map/turn.js";
import * as words from "../../../../explorer/views/codebook/map/words.js";

const near = (a, b, tolerance = 1e-6) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("turning keeps the distance, goes around to the left, and never stands above", () => {
  const eye = { x: 1.5, y: 1.3, z: 0.9 };
  const far = ({ x, y, z }) => Math.hypot(x, y, z);
  const around = turn.turnBy(eye, 0.2, 0);
  near(far(around), far(eye));
  near(around.z, eye.z);
  near(Math.atan2(around.y, around.x) - Math.atan2(eye.y, eye.x), 0.2);
  let up = eye;
  for (let i = 0; i < 40; i++) up = turn.turnBy(up, 0, 0.12);
  near(far(up), far(eye));
  assert.ok(up.z < far(eye) && Math.hypot(up.x, up.y) > 0.1 * far(eye));
  near(Math.atan2(up.y, up.x), Math.atan2(eye.y, eye.x));
  const back = turn.turnBy(turn.turnBy(eye, 0.3, -0.2), -0.3, 0.2);
  for (const axis of ["x", "y", "z"]) near(back[axis], eye[axis]);
});

test("in a narrow place the sphere is larger, with its scale below it and no titles that would be cut", () => {
  const axis = (name) => ({ title: { text: name }, range: [-1.25, 1.25], tickvals: [-1, 0, 1] });
  const scene = { xaxis: axis("bit 1"), yaxis: axis("bit 2"), zaxis: axis("bit 3"), camera: { eye: { x: 2, y: 1, z: 1 } } };
  const bar = { title: { text: "tokens (share)", side: "right" }, len: 0.6 };
  const data = [{ x: [0] }, { marker: { size: 2 } }, { marker: { size: [6], colorbar: bar }, name: "corners" }];
  const figure = { data, layout: { scene, margin: { t: 24, l: 0 }, meta: { pick: "corner" } } };
  const before = JSON.stringify(figure);
  const { data: drawn, layout } = enlarge(figure);
  assert.equal(JSON.stringify(figure), before, "the figure itself stays, for a wider place");
  assert.deepEqual([drawn[0], drawn[1], drawn[2].name], [data[0], data[1], "corners"]);
  assert.equal(drawn[2].marker.colorbar.orientation, "h");
  assert.deepEqual(drawn[2].marker.colorbar.title, { text: "tokens (share)", side: "top" });
  assert.deepEqual([layout.scene.yaxis.title.text, layout.scene.yaxis.range, layout.meta.pick], ["", [-1.25, 1.25], "corner"]);
  const far = ({ x, y, z }) => Math.hypot(x, y, z);
  assert.ok(far(layout.scene.camera.eye) < 0.8 * far(scene.camera.eye) && layout.scene.domain.y[0] > 0);
});

test("the first bit is the most significant; each code is in one corner, on the side of its bits", () => {
  assert.deepEqual(
    [0, 1, 2].map((bit) => turn.bitOf(0b100, bit, 3)),
    [1, 0, 0],
  );
  const bits = 5;
  const chosen = [3, 0, 1];
  const seenCodes = new Set();
  for (let corner = 0; corner < 8; corner++) {
    const codes = turn.codesOfCorner(corner, chosen, bits);
    assert.equal(codes.size, 4);
    const name = turn.cornerName(corner);
    for (const code of codes) {
      const digits = code.toString(2).padStart(bits, "0");
      chosen.forEach((bit, i) => assert.equal(digits[bit], name[i]));
      seenCodes.add(code);
    }
  }
  assert.equal(seenCodes.size, 32);
  assert.equal(turn.cornerName(3), "011");
});

test("three bits stay different, whichever is chosen", () => {
  assert.deepEqual(turn.chooseBit([0, 1, 2], 0, 5), [5, 1, 2]);
  assert.deepEqual(turn.chooseBit([0, 1, 2], 0, 2), [2, 1, 0]);
});

test("the bit most like another is the one of largest correlation, of either sign; constant bits have none", () => {
  const correlation = [
    [1, -0.9, null],
    [-0.9, 1, null],
    [null, null, null],
  ];
  const rows = bitRows([0.5, 0.4, 1], correlation);
  assert.deepEqual(rows[0], { bit: 1, share: 0.5, with: 2, correlation: -0.9 });
  assert.equal(rows[2].with, null);
  assert.equal(bitTable([0.5, 0.4, 1], correlation).trim().split("\n")[3], "3,1,,,");
});

test("every value of every axis is a row", () => {
  assert.deepEqual(
    axisRows([
      [0.5, 0.5],
      [0.1, 0.2, 0.7],
    ]).map((row) => row.join(" ")),
    ["1 1 2 0.5", "1 2 2 0.5", "2 1 3 0.1", "2 2 3 0.2", "2 3 3 0.7"],
  );
});

const level = { codebook_size: 4, tokens: 111, counts: Uint32Array.from([0, 1, 10, 100]), state: Uint8Array.from([1, 0, 3, 4]) };

function smallMap(more = {}) {
  const raw = {
    kind: "pca",
    codes: Uint32Array.from([0, 1, 2, 3]),
    xy: Float32Array.from([0, 0, 2, 0, 0, 1, 2, 1]),
    norm: Float32Array.from([1, 2, 3, 4]),
    error: Float32Array.from([NaN, 0.5, 0.25, 0.125]),
    latents: Float32Array.from([1, 0.5, 1, 0.5]),
    regions: null,
    explained: [0.5, 0.25],
    trustworthiness: 0.9,
    notes: ["Fitted on 4 vectors."],
    ...more,
  };
  return model.readMap(raw, 4);
}

test("the words of a code: state, count, denominator, norm, error", () => {
  const text = words.codeWords(2, level, smallMap());
  assert.equal(text, "Code 2 · in use, near-duplicate · 10 of 111 tokens (9.0%) · norm 3.00 · error 0.250 (mean squared)");
  assert.ok(!words.codeWords(0, level, smallMap()).includes("error"));
});

test("the rows of honesty name codes, trustworthiness and the sample of latents", () => {
  const rows = Object.fromEntries(words.honesty(smallMap(), level, true));
  assert.equal(rows.Drawn, "4 of 4 codes");
  assert.match(rows.Trustworthiness, /0\.900 of 1/);
  assert.match(rows.Latents, /2 of 2 sampled, out of 111 tokens/);
  assert.ok(!("Latents" in Object.fromEntries(words.honesty(smallMap(), level, false))));
});

test("files: every drawn code with its own place; corners with their bits; the selection", () => {
  const lines = words.mapTable(smallMap(), level).trim().split("\n");
  assert.equal(lines[0], "code,pca_x,pca_y,tokens,share,state,norm,mean_squared_error");
  assert.equal(lines[1], "0,0,0,0,0,dead,1,");
  assert.equal(lines[4], `3,2,1,100,${100 / 111},"in use, over-used",4,0.125`);
  const corners = words.cornerTable([1, 2, 3, 4, 5, 6, 7, 8], [9, 0, 4], 36).trim().split("\n");
  assert.equal(corners[0], "bit_10,bit_1,bit_5,tokens,share");
  assert.equal(corners[7], `1,1,0,7,${7 / 36}`);
  assert.equal(
    words
      .selectionTable({ rows: [{ code: 3, count: 100 }] }, level)
      .trim()
      .split("\n")[1],
    `3,100,${100 / 111},"in use, over-used"`,
  );
});

test("long lines are cut at spaces, a longer word stays whole", () => {
  assert.deepEqual(wrapWords("aa bb cc dddddd e", 5), ["aa bb", "cc", "dddddd", "e"]);
});

test("ticks of the colour scale stand where their values are coloured", () => {
  const scale = model.measure("usage", smallMap(), level.counts);
  assert.deepEqual(
    scaleTicks(scale).map(({ at, text }) => [Number(at.toFixed(3)), text]),
    [
      [0, "1"],
      [0.5, "10"],
      [1, "100"],
    ],
  );
});

test("the SVG holds every code on screen at its place, what it shows in words, and no markup of others", () => {
  const map = smallMap();
  const scale = model.measure("usage", map, level.counts);
  const radius = model.radii(map, scale);
  const theme = { ink: "#111111", muted: "#777777", surface: "#ffffff", line: "#dddddd" };
  const look = {
    theme,
    colours: model.ramp("viridis"),
    shade: model.shades(map, scale),
    radius,
    order: [0, 1, 2, 3],
    state: level.state,
    faded: (code) => code === 1,
  };
  const frame = { W: 200, H: 100, s: 100, view: { zoom: 1 }, place: (x, y) => [20 + 100 * x, 10 + 100 * y] };
  const svg = mapSvg(map, frame, look, { title: "<b> & co", lines: ["Drawn: 4 of 4 codes"], layers: [], picture: () => "" });
  assert.equal(svg.match(/<title>code \d/g).length, 4);
  assert.ok(svg.includes(`translate(${20 + 100 * map.xy[2]} ${Number((10 + 100 * map.xy[3]).toFixed(2))})" opacity="0.14"`));
  assert.ok(svg.includes("&lt;b&gt; &amp; co") && !svg.includes("<b>"));
  assert.ok(svg.includes("Drawn: 4 of 4 codes"));
  const dead = svg.split("\n").find((line) => line.includes("code 0<"));
  assert.ok(dead.includes('fill="none"'), "a dead code is hollow");
});
