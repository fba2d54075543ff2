// @ts-check
// Thousands of small marks a frame: their pixels are copied into one picture, many times quicker than a canvas draws them.
// Pixels are packed RGBA of a little-endian Uint32Array, not premultiplied, as in ImageData. Pure.

/** A picture of w x h pixels that marks are stamped on. */
export class Sheet {
  constructor(w, h) {
    this.w = w;
    this.h = h;
    this.pixels = new Uint32Array(w * h);
  }

  clear() {
    this.pixels.fill(0);
  }

  /** mark: {pixels, size, half}, `size` pixels a side, with its middle at (x, y). What is off the sheet is left out. */
  stamp({ pixels: from, size, half }, x, y) {
    const { w, h, pixels: to } = this;
    const [left, top] = [x - half, y - half];
    const [x0, x1] = [Math.max(0, -left), Math.min(size, w - left)];
    const [y0, y1] = [Math.max(0, -top), Math.min(size, h - top)];
    for (let row = y0; row < y1; row++) {
      let source = row * size + x0;
      let target = (top + row) * w + left + x0;
      for (let column = x0; column < x1; column++, source++, target++) {
        const pixel = from[source];
        const alpha = pixel >>> 24;
        if (alpha === 0) continue;
        to[target] = alpha === 255 || to[target] === 0 ? pixel : over(pixel, to[target]);
      }
    }
  }

  /** A filled rectangle of one opaque or transparent colour, in whole pixels. */
  fill(x, y, w, h, pixel) {
    const [x0, x1] = [Math.max(0, x), Math.min(this.w, x + w)];
    if (x1 <= x0) return;
    const last = Math.min(this.h, y + h);
    for (let row = Math.max(0, y); row < last; row++) this.pixels.fill(pixel, row * this.w + x0, row * this.w + x1);
  }
}

/** One pixel over another (Porter and Duff 1984). */
export function over(top, below) {
  const a = (top >>> 24) / 255;
  const b = ((below >>> 24) / 255) * (1 - a);
  const whole = a + b;
  const mix = (shift) => Math.round((((top >>> shift) & 255) * a + ((below >>> shift) & 255) * b) / whole);
  return ((Math.round(255 * whole) << 24) | (mix(16) << 16) | (mix(8) << 8) | mix(0)) >>> 0;
}

/** The same picture with its opacity times `share`. */
export function faint(pixels, share) {
  return Uint32Array.from(pixels, (pixel) => ((Math.round((pixel >>> 24) * share) << 24) | (pixel & 0xffffff)) >>> 0);
}
