// @ts-check
// How the plane moves: codes glide between frames that are far apart, leave trails, and flash when they are reseeded.
// Pure: time comes in as an argument.

const GLIDE_MS = [80, 250]; // frames that follow each other faster need no gliding; slower ones glide this long at most
export const FLASH_MS = 1100;
const MOST_FLASHES = 200;

/** Frames kept for the trails: fewer for many codes, so that drawing stays cheap. */
export const trailLength = (K) => (K <= 128 ? 36 : K <= 512 ? 14 : 7);

export class Motion {
  constructor() {
    this.forget();
  }

  forget() {
    this.frame = this.from = this.to = null;
    this.at = -Infinity;
    this.duration = 0;
    this.trail = [];
    this.flashes = [];
  }

  /** A new frame at time `now`. Another run, codebook, basis or an earlier step starts afresh. glide: false where
   *  drawings in between would cost the time of the next frame. */
  push(frame, now, glide = true) {
    const before = this.frame;
    if (!before || !continues(before, frame)) this.forget();
    const shown = this.positions(now);
    const gap = now - this.at;
    const codes = frame.codes.array;
    const jumped = new Set(frame.reseeds.map((reseed) => reseed[0]));
    this.from = null;
    this.duration = 0;
    this.flowing = gap < GLIDE_MS[0]; // drawings in between would only take the time of the next frame
    if (glide && shown && gap > GLIDE_MS[0] && frame.step > before.step) {
      this.from = Float32Array.from(shown);
      for (const code of jumped) this.from.set(codes.subarray(2 * code, 2 * code + 2), 2 * code);
      this.duration = Math.min(gap, GLIDE_MS[1]);
    }
    Object.assign(this, { frame, to: codes, at: now });
    if (!before || frame.step !== before.step) {
      this.trail.push({ codes, jumped });
      this.trail = this.trail.slice(-trailLength(codes.length / 2));
      const fresh = frame.reseeds.map(([code, x, y, again]) => ({ code, x, y, again: Boolean(again), at: now }));
      this.flashes = [...this.flashes, ...fresh].slice(-MOST_FLASHES);
    }
  }

  /** Where the codes are on screen at `now` (2K), or null. */
  positions(now) {
    const share = this.duration > 0 ? (now - this.at) / this.duration : 1;
    if (!this.from || share >= 1) return this.to;
    const eased = share * (2 - share);
    return this.to.map((x, i) => this.from[i] + eased * (x - this.from[i]));
  }

  /** Flashes that still show, with `left` from 1 down to 0. */
  glowing(now) {
    this.flashes = this.flashes.filter((flash) => now - flash.at < FLASH_MS);
    return this.flashes.map((flash) => ({ ...flash, left: 1 - (now - flash.at) / FLASH_MS }));
  }

  moving(now) {
    return now - this.at < this.duration || this.flashes.some((flash) => now - flash.at < FLASH_MS);
  }
}

function continues(before, frame) {
  return (
    frame.step >= before.step &&
    frame.level === before.level &&
    frame.codes.array.length === before.codes.array.length &&
    frame.plane.kind === before.plane.kind &&
    frame.plane.fitted_at === before.plane.fitted_at
  );
}

/** Smallest box around pairs (x, y ...) that are finite: [x0, y0, x1, y1], or null. */
export function boxOf(...arrays) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const array of arrays) {
    for (let i = 0; i < array.length; i += 2) {
      const [x, y] = [array[i], array[i + 1]];
      if (!Number.isFinite(x + y)) continue;
      if (x < box[0]) box[0] = x;
      if (x > box[2]) box[2] = x;
      if (y < box[1]) box[1] = y;
      if (y > box[3]) box[3] = y;
    }
  }
  return box[2] >= box[0] ? box : null;
}

/** The square to show, as {x, y, half}: grows at once so that nothing is outside, shrinks slowly and only when it is far
 *  too large, so that the plane does not breathe with every batch. */
export function follow(shown, box) {
  if (!box) return shown ?? { x: 0, y: 0, half: 1 };
  const wanted = { x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2, half: Math.max(box[2] - box[0], box[3] - box[1], 1e-6) / 2 };
  if (!shown) return { ...wanted, half: wanted.half * 1.08 };
  const reach = Math.max(box[2] - shown.x, shown.x - box[0], box[3] - shown.y, shown.y - box[1]);
  if (reach > shown.half || !Number.isFinite(reach)) {
    const [x0, y0] = [Math.min(box[0], shown.x - shown.half), Math.min(box[1], shown.y - shown.half)];
    const [x1, y1] = [Math.max(box[2], shown.x + shown.half), Math.max(box[3], shown.y + shown.half)];
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, half: (Math.max(x1 - x0, y1 - y0) / 2) * 1.04 };
  }
  if (wanted.half > 0.72 * shown.half) return shown;
  const glide = (name, goal) => shown[name] + 0.12 * (goal - shown[name]);
  return { x: glide("x", wanted.x), y: glide("y", wanted.y), half: glide("half", wanted.half * 1.08) };
}

/** Every how-manieth latent gets an arrow, and the length of one unit of gradient: the 90th percentile is `pixels`. */
export function arrowScale(gradient, most = 400, pixels = 26) {
  const n = gradient.length / 2;
  const stride = Math.max(1, Math.ceil(n / most));
  const lengths = [];
  for (let i = 0; i < n; i += stride) lengths.push(Math.hypot(gradient[2 * i], gradient[2 * i + 1]));
  const sorted = lengths.filter((x) => Number.isFinite(x)).sort((a, b) => a - b);
  const typical = sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0;
  return { stride, shown: lengths.length, typical, scale: typical > 0 ? pixels / typical : 0 };
}
