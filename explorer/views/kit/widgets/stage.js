// @ts-check
// What the panels of the lab share: the frame of a panel, a stage of two canvases, and a throttle for heavy drawing.

import { h } from "./dom.js";
import { onThemeChange, readTheme } from "../draw/colours.js";

export const GAP_MS = 200; // heavy panels draw at most five times a second, so that the plane keeps its frames
const REST = 12;
const FRAMES_APART = 9; // of the plane, between two drawings of a heavy panel
const LULL_MS = 1000; // without a frame: the run stood still

const NEAR_PX = 80; // outside of the screen, where a panel is drawn already
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
    const timer = { off: false, timeout: 0 };
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
 *  Work that turns out slow waits longer, so that it takes no more than a REST-th of the time. */
export function throttled(work, gap = GAP_MS, clock = CLOCK) {
  let last = -Infinity;
  let rest = gap;
  let timer = null;
  const run = () => {
    timer = null;
    last = clock.now();
    work();
    rest = gap > 0 ? Math.max(gap, REST * (clock.now() - last), FRAMES_APART * pace.gap) : 0;
  };
  return {
    request: () => (timer ??= clock.later(run, Math.max(0, last + rest - clock.now()), gap > 0)),
    cancel() {
      if (timer !== null) clock.cancel(timer);
      timer = null;
    },
  };
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

/** Fill a panel's section: title and tools, body, readout. Returns {caption}. */
export function furnish(root, id, title, tools, ...body) {
  root.classList.add("dte-lp");
  root.dataset.panel = id;
  root.setAttribute("aria-label", title);
  const caption = h("p", { class: "dte-lp-caption" });
  root.replaceChildren(h("div", { class: "dte-lp-head" }, h("h3", {}, title), h("div", { class: "dte-lp-tools" }, ...tools)), ...body, caption);
  return { caption };
}

/** Set text only where it differs: the browser then lays nothing out anew. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @typedef {object} Size
 * @property {number} W  in CSS pixels
 * @property {number} H
 * @property {number} dpr
 * @property {import("../draw/colours.js").Theme} theme
 *
 * @typedef {object} StageEvents
 * @property {(x: number, y: number) => void} [point]
 * @property {() => void} [leave]
 * @property {(x: number, y: number) => void} [press]
 * @property {(key: string, shift: boolean) => unknown} [key]  true: it was taken
 *
 * @typedef {object} StageOptions
 * @property {string} [label]
 * @property {string} [className]
 * @property {number} [gap]
 * @property {(ctx: CanvasRenderingContext2D, size: Size) => void} [paint]
 * @property {((ctx: CanvasRenderingContext2D, size: Size) => void) | null} [mark]
 * @property {StageEvents} [on]
 */

/**
 * A stage: `paint(ctx, size)` draws what stays, `mark(ctx, size)` what lights up; size = {W, H, dpr, theme}.
 * `paint` waits for the throttle, `mark` for the next frame.
 * @param {StageOptions} options
 */
export function createStage({ label, className = "", gap = GAP_MS, paint, mark = null, on = {} }) {
  const base = h("canvas", { role: "img" });
  const marks = h("canvas", { "aria-hidden": "true" });
  const interactive = Boolean(on.key);
  const element = h(
    "div",
    {
      class: `dte-lp-stage ${className}`,
      tabindex: interactive ? 0 : null,
      role: interactive ? "application" : null,
      "aria-label": interactive ? label : null,
    },
    base,
    marks,
  );
  const state = { W: 0, H: 0, dpr: 1, theme: null };
  const drawOn = (canvas, work) => {
    if (state.W < 8 || state.H < 8) return; // hidden: drawn when it is shown, since its size changes then
    state.theme ??= readTheme(element);
    const ctx = canvas.getContext("2d");
    ctx.setTransform(state.dpr, 0, 0, state.dpr, 0, 0);
    ctx.clearRect(0, 0, state.W, state.H);
    ctx.save();
    work(ctx, state);
    ctx.restore();
  };
  const marking = throttled(() => mark && drawOn(marks, mark), 0);
  let inSight = true;
  let stale = false; // asked for while it was scrolled out of sight
  const painting = throttled(() => {
    stale = !inSight;
    if (stale) return;
    drawOn(base, paint);
    marking.request();
  }, gap);
  const sight = watchSight(element, (now) => {
    inSight = now;
    if (now && stale) painting.request();
  });
  const resize = () => {
    const { clientWidth: W, clientHeight: H } = element;
    const dpr = Math.min(globalThis.devicePixelRatio || 1, 2);
    if (W === state.W && H === state.H && dpr === state.dpr) return;
    Object.assign(state, { W, H, dpr });
    for (const canvas of [base, marks]) Object.assign(canvas, { width: Math.max(1, Math.round(W * dpr)), height: Math.max(1, Math.round(H * dpr)) });
    drawOn(base, paint); // at once: a canvas that was resized is empty
    marking.request();
  };
  const observer = new ResizeObserver(resize);
  observer.observe(element);
  const forget = onThemeChange(() => {
    state.theme = null;
    painting.request();
  });
  listen(element, on);
  return {
    element,
    size: state,
    redraw: painting.request,
    remark: marking.request,
    /** What has been asked for, drawn at once, also out of sight: for a file of it. */
    drawNow() {
      drawOn(base, paint);
      if (mark) drawOn(marks, mark);
    },
    describe: (text) => base.getAttribute("aria-label") !== text && base.setAttribute("aria-label", text),
    destroy() {
      observer.disconnect();
      sight?.disconnect();
      forget();
      painting.cancel();
      marking.cancel();
    },
  };
}

/** Tells when the element comes near the screen, or leaves it: what nobody sees need not be drawn. */
function watchSight(element, onChange) {
  if (!globalThis.IntersectionObserver) return null;
  const observer = new IntersectionObserver((entries) => onChange(entries.at(-1).isIntersecting), { rootMargin: `${NEAR_PX}px` });
  observer.observe(element);
  return observer;
}

function listen(element, on) {
  const at = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left - element.clientLeft, event.clientY - box.top - element.clientTop];
  };
  if (on.point) element.addEventListener("pointermove", (event) => on.point(...at(event)));
  if (on.leave) for (const name of ["pointerleave", "blur"]) element.addEventListener(name, () => on.leave());
  if (on.press) element.addEventListener("click", (event) => on.press(...at(event)));
  if (!on.key) return;
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !on.key(event.key, event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Text of an axis: small and quiet. */
export function smallText(ctx, theme, text, x, y, align = "left", colour = theme.muted) {
  ctx.font = `11px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/** Text on a halo of the surface's colour, so that lines behind it do not strike it through. */
export function haloText(ctx, theme, text, x, y, align, colour) {
  ctx.font = `600 11px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = theme.surface;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/** The mark of the scrubbed moment: a line of the accent colour with a grip on top. */
export function drawScrub(ctx, theme, x, top, bottom) {
  ctx.strokeStyle = ctx.fillStyle = theme.accent;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x - 5, top - 6);
  ctx.lineTo(x + 5, top - 6);
  ctx.lineTo(x, top + 2);
  ctx.fill();
}
