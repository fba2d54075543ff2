// @ts-check
// When drawing happens: at the next animation frame, or for what is heavy a few times a second and never all at once, so
// that the live plane keeps its frames.

import { Component } from "../component.js";

export const GAP_MS = 200; // heavy panels draw at most five times a second, so that the plane keeps its frames
const REST = 12;
const FRAMES_APART = 9; // of the plane, between two drawings of a heavy panel
const LULL_MS = 1000; // without a frame: the run stood still
const SLICE_MS = 6; // heavy drawing of one animation frame; the rest waits for the next, so that the plane is not held up

const queue = [];
let ticking = false;

function runQueue() {
  const start = performance.now();
  do {
    try {
      queue.shift()?.();
    } catch (error) {
      console.error("a panel could not be drawn", error); // the others still are
    }
  } while (queue.length > 0 && performance.now() - start < SLICE_MS);
  ticking = queue.length > 0;
  if (ticking) requestAnimationFrame(runQueue);
}

function enqueue(work) {
  queue.push(work);
  if (!ticking) requestAnimationFrame(runQueue);
  ticking = true;
}

/** Heavy work lines up in one queue for all panels; light work (gap 0) runs at the next frame. */
const CLOCK = {
  now: () => performance.now(),
  later(work, wait, heavy) {
    const timer = { off: false, timeout: null };
    const unlessOff = () => timer.off || work();
    const start = heavy ? () => enqueue(unlessOff) : () => requestAnimationFrame(unlessOff);
    if (wait > 0) timer.timeout = setTimeout(start, wait);
    else start();
    return timer;
  },
  cancel(timer) {
    timer.off = true;
    clearTimeout(timer.timeout);
  },
};

const pace = { at: -Infinity, gap: 0 };

/** The plane shows a new frame. Where frames come slowly, heavy panels are drawn more seldom, to leave it the time. */
export function frameShown(now = performance.now()) {
  const gap = now - pace.at;
  pace.gap = gap < LULL_MS ? 0.7 * pace.gap + 0.3 * gap : 0;
  pace.at = now;
}

/** request() runs `work` at the next animation frame, at most once in `gap` ms; the last request is never lost.
 *  Work that turns out slow waits longer, so that it takes no more than a REST-th of the time. cancel() calls it off.
 *  @param {() => unknown} work @param {number} [gap] @param {any} [clock] */
export function throttle(work, gap = GAP_MS, clock = CLOCK) {
  let last = -Infinity;
  let rest = gap;
  let timer = null;
  const run = () => {
    timer = null;
    last = clock.now();
    work();
    rest = gap > 0 ? Math.max(gap, REST * (clock.now() - last), FRAMES_APART * pace.gap) : 0;
  };
  const cancel = () => {
    if (timer !== null) clock.cancel(timer);
    timer = null;
  };
  const request = () => {
    timer ??= clock.later(run, Math.max(0, last + rest - clock.now()), gap > 0);
  };
  return { request, cancel, destroy: cancel };
}

/** same(...values) is true while every value is the one of the call before. */
export function memory() {
  let before = null;
  return (...values) => {
    const same = before !== null && before.length === values.length && values.every((value, i) => Object.is(value, before[i]));
    before = values;
    return same;
  };
}

/** Draws what stages ask for, at most once an animation frame. Stages that show one thing share one painter, so that they
 *  change in the same frame. drawn(jobs, ms) hears what was drawn: a map of stages to the set of their layers. A stage
 *  without a size is not among them: nothing of it can be seen or pressed yet. */
export class Painter extends Component {
  /** @param {(jobs: Map<any, Set<string>>, ms: number) => void} [drawn] */
  constructor(drawn = () => {}) {
    super();
    this.drawn = drawn;
    this.due = null;
    /** @type {Map<any, Set<string>>} */
    this.wanted = new Map();
  }

  /** @param {any} stage @param {string[]} layers */
  request(stage, layers) {
    if (!this.wanted.has(stage)) this.wanted.set(stage, new Set());
    for (const layer of layers) this.wanted.get(stage).add(layer);
    this.due ??= this.nextFrame(() => {
      this.due = null;
      const jobs = this.wanted;
      this.wanted = new Map();
      this.paint(jobs);
    });
  }

  /** Draw at once. @param {Map<any, Set<string>>} jobs */
  paint(jobs) {
    const start = performance.now();
    for (const [stage, layers] of jobs) stage.drawLayers(layers);
    const seen = [...jobs].filter(([stage]) => !stage.hidden);
    if (seen.length > 0) this.drawn(new Map(seen), performance.now() - start);
  }
}
