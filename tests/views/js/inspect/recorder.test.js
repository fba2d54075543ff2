import assert from "node:assert/strict";
import test from "node:test";
import { refusal } from "../../../../explorer/views/inspect/recorder/recorder.js";
import { joinBlocks, readWav, writeWav } from "../../../../explorer/views/kit/sound/wav.js";

test("what is written is read again, to half a step of 16 bits", () => {
  const samples = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i / 7) * (i / 999));
  const sound = readWav(`data:audio/wav;base64,${Buffer.from(writeWav(samples, 44_100)).toString("base64")}`);
  assert.deepEqual([sound.rate, sound.channels.length, sound.samples], [44_100, 1, 1000]);
  const off = Math.max(...sound.channels[0].map((sample, i) => Math.abs(sample - samples[i])));
  assert.ok(off <= 1 / 32768, String(off)); // 1.0 itself is one step below
});

test("what is too loud is clipped and does not wrap round", () => {
  const bytes = Buffer.from(writeWav(Float32Array.of(1.5, -1.5, 0), 8000));
  assert.deepEqual([bytes.readInt16LE(44), bytes.readInt16LE(46), bytes.readInt16LE(48)], [32767, -32768, 0]);
  assert.deepEqual([bytes.toString("latin1", 0, 4), bytes.readUInt32LE(4), bytes.readUInt32LE(40)], ["RIFF", 42, 6]);
});

test("blocks follow each other", () => {
  assert.deepEqual([...joinBlocks([Float32Array.of(1, 2), Float32Array.of(), Float32Array.of(3)], 3)], [1, 2, 3]);
});

test("why there is no microphone is said by its cause", () => {
  assert.match(refusal("NotAllowedError", true), /not allowed/);
  assert.match(refusal("NotFoundError", true), /no microphone/);
  assert.match(refusal("NotReadableError", true), /another program/);
  assert.match(refusal("TypeError", false), /https/);
});
