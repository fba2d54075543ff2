import assert from "node:assert/strict";
import test from "node:test";
import { gridCaption, pictureCaption, sentence, usageCaption } from "../../../../explorer/views/kit/wire/format.js";
import { planeOf } from "../../../../explorer/views/inspect/model.js";
import { placeText, stretch, tile } from "../../../../explorer/views/kit/wire/places.js";
import { corner, stepOf } from "../../../../explorer/views/inspect/player/clip.js";
import { laneGeometry, levelAt } from "../../../../explorer/views/inspect/player/lanes.js";
import * as time from "../../../../explorer/views/kit/draw/time.js";
import { envelope, readWav } from "../../../../explorer/views/kit/sound/wav.js";
import { modesOf, valueText } from "../../../../explorer/views/inspect/reconstruction/maps.js";
import { createShown } from "../../../../explorer/views/kit/wire/shown.js";

/** A WAV file of 16-bit samples, frame by frame, with a chunk before the data that readers must pass over. */
function wav(frames, rate) {
  const channels = frames[0].length;
  const data = new Int16Array(frames.flat());
  const bytes = Buffer.alloc(12 + 24 + 12 + 8 + data.byteLength);
  bytes.write("RIFF", 0);
  bytes.write("WAVE", 8);
  bytes.write("fmt ", 12);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.write("note", 36);
  bytes.writeUInt32LE(4, 40);
  bytes.write("data", 48);
  bytes.writeUInt32LE(data.byteLength, 52);
  Buffer.from(data.buffer).copy(bytes, 56);
  return `data:audio/wav;base64,${bytes.toString("base64")}`;
}

test("a WAV file is read channel by channel", () => {
  const sound = readWav(
    wav(
      [
        [0, 100],
        [16384, -32768],
        [-16384, 32767],
      ],
      24000,
    ),
  );
  assert.deepEqual([sound.rate, sound.samples, sound.channels.length], [24000, 3, 2]);
  assert.deepEqual([...sound.channels[0]], [0, 0.5, -0.5]);
  assert.equal(sound.channels[1][1], -1);
  assert.throws(() => readWav(`data:audio/wav;base64,${Buffer.from("no sound at all").toString("base64")}`), /no WAV/);
});

test("an outline holds the lowest and the highest sample of each part", () => {
  const samples = Float32Array.from([0.1, 0.9, -0.5, 0.2, 0, 0, -0.1, 0.3]);
  assert.deepEqual([...envelope([samples], 0, 8, 2)], [...Float32Array.from([-0.5, 0.9, -0.1, 0.3])]);
  assert.deepEqual([...envelope([samples], 1, 2, 1)], [...Float32Array.from([0.9, 0.9])]);
  assert.equal(envelope([samples], 0, 8, 100).length, 200);
});

test("zooming keeps the time under the pointer where it is", () => {
  const whole = { from: 0, to: 4 };
  const near = time.zoomWindow(whole, 1, 4, 4);
  assert.ok(Math.abs(near.to - near.from - 1) < 1e-9);
  assert.equal(time.toX(near, 1, 800), time.toX(whole, 1, 800));
  assert.deepEqual(time.zoomWindow(near, 1, 0.01, 4), whole);
  assert.deepEqual(time.panWindow(near, 100, 4), { from: 3, to: 4 });
  assert.ok(time.zoomWindow(whole, 2, 1e9, 4).to > time.zoomWindow(whole, 2, 1e9, 4).from);
});

test("a playhead that leaves the window takes it along", () => {
  const view = { from: 1, to: 2 };
  assert.equal(time.follow(view, 1.5, 10), view);
  const moved = time.follow(view, 2, 10);
  assert.ok(moved.from <= 2 && moved.to > 2 && Math.abs(moved.to - moved.from - 1) < 1e-9);
});

test("tokens and times agree", () => {
  for (let token = 0; token < 75; token++) {
    const [from, to] = stretch(token, 75, 3);
    assert.equal(time.tokenAt((from + to) / 2, 75, 3), token);
  }
  assert.deepEqual([time.tokenAt(-0.1, 75, 3), time.tokenAt(3, 75, 3), time.tokenAt(NaN, 75, 3)], [-1, -1, -1]);
  assert.deepEqual(time.tokensIn({ from: 0.5, to: 1 }, 8, 4), [1, 2]);
});

test("what is played of a short token is long enough to be heard and inside the sound", () => {
  assert.deepEqual(time.audible([1, 2], 3), [1, 2]);
  const [from, to] = time.audible([1, 1.02], 3);
  assert.ok(Math.abs(to - from - 0.12) < 1e-9 && from < 1 && to > 1.02);
  assert.equal(time.audible([0, 0.01], 3)[0], 0);
});

test("ticks are round times inside the window", () => {
  const ticks = time.timeTicks({ from: 0.13, to: 0.97 }, 500);
  assert.deepEqual(
    ticks.map(({ text }) => text),
    ["0.2 s", "0.4 s", "0.6 s", "0.8 s"],
  );
  assert.ok(time.timeTicks({ from: 0, to: 30 }, 800).length <= 9);
});

test("places in words, for every kind of medium", () => {
  assert.equal(placeText(5, [2, 4]), "row 2, column 2");
  assert.equal(placeText(5, null, { kind: "set" }), "token 6");
  assert.equal(placeText(5, [2, 4], { kind: "set" }), "token 6");
  assert.equal(placeText(2, [1, 8], { kind: "time", seconds: 4 }), "1.00–1.50 s");
  assert.equal(placeText(2, [1, 300], { kind: "time", seconds: 3 }), "0.020–0.030 s");
  const clip = {
    kind: "clip",
    tiles: [1, 3],
    frames: [
      [0, 1],
      [1, 5],
      [5, 9],
    ],
  };
  assert.equal(placeText(4 + 1 * 6, [2, 6], clip), "frames 6–9, row 2, column 1");
  assert.equal(placeText(1, [2, 6], clip), "frame 1, row 1, column 2");
});

test("a token of a mosaic belongs to one frame", () => {
  assert.deepEqual(tile(0, [4, 6], [2, 3]), { step: 0, row: 0, col: 0 });
  assert.deepEqual(tile(2 * 6 + 5, [4, 6], [2, 3]), { step: 5, row: 0, col: 1 });
  assert.deepEqual(corner(5, 3, 40, 30), [80, 30]);
  assert.deepEqual(
    [
      stepOf(0, [
        [0, 1],
        [1, 5],
      ]),
      stepOf(4, [
        [0, 1],
        [1, 5],
      ]),
      stepOf(5, [
        [0, 1],
        [1, 5],
      ]),
    ],
    [0, 1, -1],
  );
});

test("every level has a lane of its own", () => {
  for (const levels of [0, 1, 4, 9, 32]) {
    const geometry = laneGeometry(levels);
    assert.equal(geometry.rows.length, levels);
    geometry.rows.forEach((row, q) => assert.equal(levelAt(geometry, row.top + 1), q));
    assert.equal(levelAt(geometry, 10), -1);
    assert.ok(geometry.height < 600 && geometry.height > geometry.axis);
  }
});

test("captions name what they count", () => {
  const level = { rows: 4, cols: 6, K: 8, D: 2, metric: "cosine", indices: new Uint8Array(24) };
  assert.match(gridCaption(level), /^4 × 6 tokens/);
  assert.match(gridCaption(level, false), /^24 tokens without a place/);
  assert.match(gridCaption(level, true, { kind: "clip", tiles: [2, 3], frames: [1, 2, 3, 4, 5, 6] }), /^6 steps of 2 × 2 tokens/);
  assert.match(usageCaption({ used: 1, total: 5, perplexity: 1 }, 8, "here", "sound"), /tokens of this sound/);
  assert.equal(pictureCaption({ picture: { note: "" }, notes: ["Cut."], about: "3 s." }, level), "3 s. Cut.");
  assert.match(sentence({ code: 1, count: 2, total: 3, token: 0, where: "0.1–0.2 s" }), /at 0.1–0.2 s$/);
});

test("tokens without a place have a plane of their own", () => {
  const picture = { width: 256, height: 128 };
  assert.deepEqual(planeOf({ rows: 4, cols: 8 }, picture, true), picture);
  const own = planeOf({ rows: 4, cols: 8 }, picture, false);
  assert.equal(own.width, 2 * own.height);
});

test("the maps of a sound are in dB, and without a decoder only those of tokens are left", () => {
  const packed = { dtype: "float32", shape: [1, 1], data: "AAAAAA==" };
  const value = { place: { kind: "time" }, reconstruction: "x", quantization_error: [packed], margin: [packed] };
  const error = modesOf(value).find(({ id }) => id === "error");
  assert.equal(error.unit, "dB");
  assert.equal(valueText(error, 3), "level difference 3.00 dB");
  const alone = modesOf({ ...value, reconstruction: null }).map(({ id }) => id);
  assert.deepEqual(alone, ["quantization", "margin"]);
  assert.equal(modesOf({ ...value, place: { kind: "picture" } }).find(({ id }) => id === "error").unit, "8-bit steps");
});

test("what is shown is told to all who listen, until they stop", () => {
  const shown = createShown();
  const heard = [];
  const stop = shown.subscribe((model) => heard.push(model));
  shown.set(1);
  stop();
  shown.set(2);
  assert.deepEqual([heard, shown.model], [[1], 2]);
});
