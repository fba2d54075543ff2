// @ts-check
// The colour maps of colormaps.py, for the browser: same tables, same formulas, held together by a test.

export const TABLES = {
  viridis: "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
  cividis: "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
  diverging: "14467f 3d7ab5 8ab2d6 cfdfec f7f7f5 f7ddc2 eeae74 d9772b 9c4a07",
};

const ANCHORS = Object.fromEntries(
  Object.entries(TABLES).map(([name, text]) => [name, text.split(" ").map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)))]),
);

const clip = (t) => (t > 0 ? Math.min(t, 1) : 0); // NaN is 0
const css = (rgb) => `rgb(${rgb[0]},${rgb[1]},${rgb[2]})`;

/** t in [0, 1] -> [r, g, b] in 0..255, linear between the anchors. */
export function colormap(name, t) {
  const anchors = ANCHORS[name];
  const x = clip(t) * (anchors.length - 1);
  const low = Math.min(Math.floor(x), anchors.length - 2);
  const share = x - low;
  return [0, 1, 2].map((i) => Math.floor(anchors[low][i] * (1 - share) + anchors[low + 1][i] * share + 0.5));
}

export const viridis = (t) => css(colormap("viridis", t));
export const cividis = (t) => css(colormap("cividis", t));
/** t in [-1, 1]: blue, white at 0, orange. */
export const diverging = (t) => css(colormap("diverging", (t + 1) / 2));

/** OKLab -> [r, g, b] floats, not clipped. */
function oklabToSrgb(lightness, a, b) {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
  return linear.map((x) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
}

/** (u, v) in [0, 1]: near positions get near colours, also without red-green vision. -> [r, g, b] in 0..255. */
export function plane(u, v) {
  const x = clip(u) - 0.5;
  const y = clip(v) - 0.5;
  return oklabToSrgb(0.66 + 0.34 * x, 0.16 * x * (1 - y), 0.24 * y).map((c) => Math.floor(clip(c) * 255 + 0.5));
}

/** A position in the unit square for a code without a map (R2 low-discrepancy sequence). */
export function hashedPosition(code) {
  return [(0.5 + (code + 1) * 0.7548776662466927) % 1, (0.5 + (code + 1) * 0.5698402909980532) % 1];
}

/** Share of values below each value (ties by order): 0..1. Spreads crowded maps over the whole colour plane. */
function rankShare(values) {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const share = new Float32Array(values.length);
  order.forEach((index, rank) => (share[index] = values.length > 1 ? rank / (values.length - 1) : 0.5));
  return share;
}

/** Stable colours for codes from their map positions: codes (n), xy (2n) -> Uint8Array (3 * K); 0 where unknown.
 *  Half the rank and half the position, so that crowded centres still differ and outliers stay at the edge. */
export function codePalette(K, codes = [], xy = []) {
  const rgb = new Uint8Array(3 * K);
  const known = new Uint8Array(K);
  const axis = (offset) => {
    const values = Float32Array.from(codes, (_, i) => xy[2 * i + offset]);
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const rank = rankShare(values);
    return values.map((value, i) => (high > low ? 0.4 * ((value - low) / (high - low)) + 0.6 * rank[i] : 0.5));
  };
  const [u, v] = [axis(0), axis(1)];
  codes.forEach((code, i) => {
    rgb.set(plane(u[i], v[i]), 3 * code);
    known[code] = 1;
  });
  for (let code = 0; code < K; code++) if (!known[code]) rgb.set(plane(...hashedPosition(code)), 3 * code);
  return rgb;
}

const [NEUTRAL, BELOW, ABOVE] = [
  [142, 147, 158],
  [36, 96, 190],
  [214, 96, 16],
];
const FIRST_SHARE = 0.4; // of the full colour that the code next to the middle has already

/** Colours of the codes of one axis, -L to L: grey in the middle, blue below it and orange above it, by the logarithm. */
export function signedPalette(K) {
  const middle = (K - 1) / 2;
  const rgb = new Uint8Array(3 * K);
  for (let code = 0; code < K; code++) {
    const size = Math.log1p(Math.abs(code - middle)) / Math.log1p(Math.max(1, middle));
    const share = code === middle ? 0 : FIRST_SHARE + (1 - FIRST_SHARE) * size;
    const end = code < middle ? BELOW : ABOVE;
    rgb.set(
      NEUTRAL.map((from, i) => Math.round(from + share * (end[i] - from))),
      3 * code,
    );
  }
  return rgb;
}
