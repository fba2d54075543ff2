// @ts-check
// WAV files of 16-bit samples as player.py sends them and the recorder makes them, and their outline. Pure.

/** A data URL of a WAV file -> {rate, channels: [Float32Array, ...], samples}. */
export function readWav(url) {
  const binary = atob(url.slice(url.indexOf(",") + 1));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  const tag = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (tag(0) !== "RIFF" || tag(8) !== "WAVE") throw new Error("this is no WAV file");
  let format = null;
  for (let at = 12; at + 8 <= bytes.length; at += 8 + view.getUint32(at + 4, true)) {
    if (tag(at) === "fmt ") format = { channels: view.getUint16(at + 10, true), rate: view.getUint32(at + 12, true) };
    if (tag(at) === "data") return samplesOf(view, at + 8, view.getUint32(at + 4, true), format);
  }
  throw new Error("this WAV file has no samples");
}

function samplesOf(view, start, length, { channels, rate }) {
  const samples = Math.floor(length / (2 * channels));
  const out = Array.from({ length: channels }, () => new Float32Array(samples));
  for (let i = 0; i < samples; i++) {
    for (let c = 0; c < channels; c++) out[c][i] = view.getInt16(start + 2 * (i * channels + c), true) / 32768;
  }
  return { rate, channels: out, samples };
}

/** Blocks of samples, `count` in all, as one. */
export function joinBlocks(blocks, count) {
  const samples = new Float32Array(count);
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return samples;
}

/** One channel of samples in -1..1 as the bytes of a WAV file. */
export function writeWav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const tag = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  tag(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  tag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // whole numbers
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, i) => view.setInt16(44 + 2 * i, Math.max(-32768, Math.min(32767, Math.round(32768 * sample))), true));
  return view.buffer;
}

/** Lowest and highest sample of each of `columns` parts of samples from..to: Float32Array(2 x columns). */
export function envelope(channels, from, to, columns) {
  const out = new Float32Array(2 * columns);
  const length = channels[0].length;
  for (let column = 0; column < columns; column++) {
    const first = Math.max(0, Math.floor(from + ((to - from) * column) / columns));
    const end = Math.min(length, Math.max(first + 1, Math.ceil(from + ((to - from) * (column + 1)) / columns)));
    let [low, high] = [Infinity, -Infinity];
    for (const samples of channels) {
      for (let i = first; i < end; i++) {
        if (samples[i] < low) low = samples[i];
        if (samples[i] > high) high = samples[i];
      }
    }
    out.set(low <= high ? [low, high] : [0, 0], 2 * column);
  }
  return out;
}
