// @ts-check
// Time on the screen: a window {from, to} in seconds, shown over a width. Pure.

import { roundStep } from "./ticks.js";

const SHORTEST_S = 0.02; // of a window

/** The window inside 0..duration, at least SHORTEST_S long. */
export function clampWindow({ from, to }, duration) {
  const length = Math.min(Math.max(to - from, Math.min(SHORTEST_S, duration)), duration);
  const start = Math.min(Math.max(from, 0), duration - length);
  return { from: start, to: start + length };
}

/** Zoom by `factor` (above 1: closer) so that time `at` stays where it is. */
export function zoomWindow({ from, to }, at, factor, duration) {
  const length = (to - from) / factor;
  const share = (at - from) / (to - from);
  return clampWindow({ from: at - share * length, to: at + (1 - share) * length }, duration);
}

/** The window moved by `by` seconds. */
export const panWindow = ({ from, to }, by, duration) => clampWindow({ from: from + by, to: to + by }, duration);

/** The window that holds time `at`: itself, or moved on so that `at` is near its left end. */
export function follow(window, at, duration) {
  if (at >= window.from && at < window.to) return window;
  return panWindow(window, at - window.from - 0.1 * (window.to - window.from), duration);
}

export const toX = ({ from, to }, time, width) => ((time - from) / (to - from)) * width;
export const toTime = ({ from, to }, x, width) => from + (x / width) * (to - from);

/** The token of `count` at `time`, or -1 outside the sound. */
export function tokenAt(time, count, duration) {
  if (!(time >= 0) || time >= duration) return -1;
  return Math.min(count - 1, Math.floor((time / duration) * count));
}

/** The first and the last token that a window shows. */
export function tokensIn(window, count, duration) {
  const first = Math.max(0, Math.floor((window.from / duration) * count));
  return [first, Math.min(count - 1, Math.ceil((window.to / duration) * count))];
}

/** Round times inside a window, about one each `gap` pixels: [{time, text}]. */
export function timeTicks(window, width, gap = 90) {
  const step = roundStep(((window.to - window.from) * gap) / Math.max(width, 1));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let i = Math.ceil(window.from / step - 1e-9); i * step <= window.to + 1e-9; i++) {
    ticks.push({ time: i * step, text: `${(i * step).toFixed(digits)} s` });
  }
  return ticks;
}

/** What is played for a token: its own stretch, widened to `shortest` seconds about its middle.
 *  @param {number[]} stretch  @param {number} duration */
export function audible([from, to], duration, shortest = 0.12) {
  const missing = Math.max(0, shortest - (to - from)) / 2;
  return [Math.max(0, from - missing), Math.min(duration, to + missing)];
}
