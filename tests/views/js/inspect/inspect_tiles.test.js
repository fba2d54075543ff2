// Code numbers on a picture: written where cells have room for them; where they have none, the canvas says what does.

import assert from "node:assert/strict";
import test from "node:test";

import { numbersFit, pictureContent } from "../../../../explorer/views/inspect/tiles.js";

const level = { K: 1024, cols: 2, rows: 2, xEdges: [0, 16, 32], yEdges: [0, 16, 32], indices: [7, 1023, 0, 5] };
const frameOf = (s) => ({ s, dpr: 1, w: 32, h: 32, W: 400, H: 300, place: (x, y) => [x * s, y * s] });

/** The words that a picture of these four tokens is drawn with at `s` screen pixels a picture pixel. */
function words(s, numbers) {
  const said = [];
  const ctx = new Proxy(
    {},
    {
      get: (_, name) => (name === "fillText" ? (text) => said.push(String(text)) : name === "measureText" ? () => ({ width: 100 }) : () => {}),
      set: () => true,
    },
  );
  const app = {
    level,
    image: {},
    theme: { font: "sans-serif", surface: "#fff", ink: "#000" },
    options: { gridOpacity: 0, pictureNumbers: numbers },
    model: { placed: true },
    active: () => ({ code: null, token: null }),
  };
  const content = pictureContent(app);
  content.drawBase(ctx, frameOf(s));
  content.drawOverlay(ctx, frameOf(s)); // over what is lit
  return said;
}

test("numbers are written where they can be read, and asked for by a zoom where they cannot", () => {
  assert.equal(numbersFit(level, frameOf(3)), true);
  assert.deepEqual(words(3, true), ["7", "1023", "0", "5"]);
  assert.equal(numbersFit(level, frameOf(1)), false);
  assert.deepEqual(words(1, true), ["Zoom in to read the numbers"]);
});

test("nothing is written where no numbers are wished for", () => {
  assert.deepEqual(words(1, false), []);
  assert.deepEqual(words(3, false), []);
});
