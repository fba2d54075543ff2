// @ts-check
// WAV files of 16-bit samples as player.py sends them, and their outline. Pure.

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
