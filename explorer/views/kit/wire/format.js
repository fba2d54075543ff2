// @ts-check
// Words and numbers of the inspect view. Pure: plain values in, text out.

const WHOLE = new Intl.NumberFormat("en-US");

/** What the parts of a token are called, as `joints/naming.py` has it: stages of a sum have an order, groups have none. */
export const partNoun = (combination) => (combination === "concatenate" ? "group" : "level");

/** What the quantizer of a level (from 0) is given: behind the first of a sum it is what is left over. */

/** The same of a level of the codebook page, in the plural. */
export const givens = (level) => `${level?.given ?? "latent"}s`;

export const capital = (word) => word[0].toUpperCase() + word.slice(1);

export const whole = (n) => WHOLE.format(Math.round(n));

/** Counts may be moving averages: whole where whole, else two significant digits below 10, none above. */
export function amount(n) {
  if (Number.isInteger(n) || Math.abs(n) >= 10) return whole(n);
  return Number(n.toPrecision(2)).toString();
}

/** share of total as a percentage; small but not zero is "<0.1%", and what is not all of it is never "100%". */
export function percent(part, total) {
  if (!(total > 0)) return "–";
  const value = (100 * part) / total;
  if (value === 0) return "0%";
  if (value < 0.1) return "<0.1%";
  if (value < 100 && value >= 99.5) return value >= 99.95 ? ">99.9%" : `${value.toFixed(1)}%`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}%`;
}

/** A sentence of the server as it is set: "256 x 168" by it is "256 × 168" here. */
export const typeset = (text) => text.replace(/(?<=\d) x (?=\d)/g, "\u00a0×\u00a0"); // never apart on two lines

/** Numbers of the server with a minus that is one: "-2.41 dB" is "−2.41 dB" here. */
export const signed = (text) => text.replace(/(?<![\w.])-(?=\d)/g, "−");

/** "12.4 MiB" */
export function bytes(n) {
  if (n < 1024) return `${whole(n)} bytes`;
  const [unit, size] = n < 2 ** 20 ? ["KiB", n / 1024] : n < 2 ** 30 ? ["MiB", n / 2 ** 20] : ["GiB", n / 2 ** 30];
  return `${size < 10 ? size.toFixed(1) : whole(size)} ${unit}`;
}

/** "1 code", "1,204 codes". */
export const countOf = (n, one, many = `${one}s`) => `${whole(n)} ${Math.round(n) === 1 ? one : many}`;

const plural = (n, one, many) => `${amount(n)} ${n === 1 ? one : many}`;

/** "code 512, 14 of 1,024 tokens": the sentence of the live region. */
export function sentence({ code, count, total, token = null, row = null, col = null, where = null, level = null, noun = "level", held = null }) {
  const place = token === null ? "" : `, at ${where ?? `row ${row + 1}, column ${col + 1}`}`;
  const prefix = level === null ? "" : `${held ?? `${noun} ${level + 1}`}, `;
  return `${prefix}code ${code}, ${whole(count)} of ${countOf(total, "token")}${place}`;
}

/** The denominators of the histogram. `where`: "here" or "training"; words: what the checkpoint kept of its training. */
export function usageCaption({ used, total, perplexity, words = "" }, K, where, noun = "picture") {
  const ceiling = Math.min(K, Math.round(total));
  const said = where === "here" ? `${countOf(total, "token")} of this ${noun} counted.` : `What the checkpoint kept: ${words}.`;
  const unused = where === "here" ? "unused here" : "with less than one token of these";
  return (
    `${said} ${whole(used)} of ${countOf(K, "code")} used, ceiling min(K, N) = ${whole(ceiling)}; ` +
    `${whole(K - used)} ${unused}. Perplexity ${amount(perplexity)} of at most ${whole(ceiling)}.`
  );
}

export function gridCaption({ rows, cols, K, D, metric, indices }, placed = true, place = null) {
  const space = metric === "implicit" ? "implicit codebook" : `${metric} codebook`;
  if (place?.kind === "graph")
    return `${countOf(indices.length, "token")}, one a node in the order of the file, wrapped in reading order. K = ${whole(K)}, the last code being none; like colours mean nothing.`;
  if (!placed) {
    return `${countOf(indices.length, "token")} without a place of their own, wrapped in reading order: each may act on the whole picture. K = ${whole(K)}, D = ${D}, ${space}. Like colours lie close on the map.`;
  }
  const steps =
    place?.kind === "clip"
      ? `${countOf(place.frames.length, "step")} of ${whole(rows / place.tiles[0])} × ${whole(cols / place.tiles[1])}`
      : `${whole(rows)} × ${whole(cols)}`;
  return `${steps} tokens, one code each of K = ${whole(K)}, D = ${D}, ${space}. Like colours lie close on the map.`;
}

export function pictureCaption({ picture, placed, notes, about = "" }, { rows, cols }) {
  if (about) return typeset([about, picture.note, ...notes].filter(Boolean).join(" "));
  const size = `${whole(picture.width)} × ${whole(picture.height)} px`;
  const patch = placed
    ? `, ${decimal(picture.width / cols)} × ${decimal(picture.height / rows)} px a token`
    : "; its tokens have no place of their own in the picture";
  return typeset([`${size}${patch}.`, picture.note, ...notes].filter(Boolean).join(" "));
}

const decimal = (x) => (Number.isInteger(x) ? String(x) : x.toFixed(1));

/** What the reconstruction is made of, for the level selector. level from 0. */
export function modeWords(mode, level, count, noun) {
  const n = level + 1;
  if (mode === "solo") return `Decoded from ${noun} ${n} only.`;
  if (mode === "mute") return `Decoded without ${noun} ${n}.`;
  if (mode === "cumulative") return n === 1 ? `Decoded from ${noun} 1.` : `Decoded from ${noun}s 1 to ${n}.`;
  return `Decoded from all ${count} ${noun}s.`;
}

/** Label beside a highlighted code. */
export const codeLabel = (code, count) => `${code}  ·  ${plural(count, "token", "tokens")}`;

/** Rows (arrays of numbers or plain words) to CSV text. */
export function csv(header, rows) {
  return `${[header, ...rows].map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A file name from a title: lower case, digits and dashes. */
export function fileStem(...parts) {
  const text = parts.join(" ").toLowerCase();
  return text.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "tokens";
}
