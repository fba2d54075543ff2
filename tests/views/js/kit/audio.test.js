import assert from "node:assert/strict";
import test from "node:test";
import { Deck, matchedGains } from "../../../../explorer/views/kit/sound/audio.js";

const sound = (scale, count = 400) => ({ rate: 8000, samples: count, channels: [Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i / 3))] });
const loudness = ({ channels: [samples] }) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

test("all sounds become as loud as the first", () => {
  const sounds = { original: sound(0.4), a: sound(0.1), b: sound(0.8) };
  const gains = matchedGains(sounds);
  const heard = Object.entries(sounds).map(([name, one]) => gains[name] * loudness(one));
  for (const one of heard) assert.ok(Math.abs(one - heard[0]) < 1e-6);
  assert.equal(gains.original, 1);
});

test("where one would clip, all are made quieter alike", () => {
  const spiky = sound(0.01);
  spiky.channels[0][7] = 0.9;
  const sounds = { original: sound(0.9), spiky };
  const gains = matchedGains(sounds);
  assert.ok(gains.original < 1 && Math.abs(gains.spiky * 0.9 - 1) < 1e-6);
  assert.ok(Math.abs(gains.original * loudness(sounds.original) - gains.spiky * loudness(spiky)) < 1e-6);
});

test("silence is not made loud, and beside a silent original nothing is changed", () => {
  assert.deepEqual(matchedGains({ original: sound(0.5), none: sound(0) }), { original: 1, none: 1 });
  assert.deepEqual(matchedGains({ original: sound(0), a: sound(0.5) }), { original: 1, a: 1 });
  assert.deepEqual(matchedGains({}), {});
});

test("a deck plays at its own loudness until all are to be alike", () => {
  const deck = new Deck(() => {});
  deck.load({ original: sound(0.4), a: sound(0.1) }, false);
  assert.equal(deck.gainOf("a"), 1);
  deck.match(true);
  assert.ok(Math.abs(deck.gainOf("a") - 4) < 1e-6);
  deck.load({ original: sound(0.4), a: sound(0.2) }, false);
  assert.ok(Math.abs(deck.gainOf("a") - 2) < 1e-6);
});
