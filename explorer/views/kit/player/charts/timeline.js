// @ts-check
// The timeline: a bar over every kept moment of the run, with a tick for each step at which codes were reseeded.

import { Component } from "../../component.js";
import { h } from "../../widgets/dom.js";
import { countOf, whole } from "../../wire/format.js";
import { Stage } from "../../stage/stage.js";

const REPLAY_MS = 12_000; // a whole run, however long it was
const REPLAY_TICK_MS = 50;
const TICKS_MS = 500;
const THUMB = 16; // px; the browser insets the ends of a range by half of it

/** The kept step nearest to `step`: one of `steps`, or first + a multiple of the stride, or the last one. */
export function keptStep(step, { first, last, stride, steps = null }) {
  if (step >= last) return last;
  if (steps?.length) return steps.reduce((best, one) => (Math.abs(one - step) < Math.abs(best - step) ? one : best));
  const near = first + Math.round((step - first) / stride) * stride;
  return Math.min(Math.max(near, first), last);
}

/** How many strides a replay moves at each tick, so that a run of any length lasts about REPLAY_MS. */
export function replayStride({ first, last, stride }) {
  const moments = Math.max(1, (last - first) / stride);
  return stride * Math.max(1, Math.round((moments * REPLAY_TICK_MS) / REPLAY_MS));
}

/** Words beside the bar. `shown`: the step that the frame on screen has. */
export function timelineWords(scrub, shown, kept) {
  if (scrub === null && kept.steps) return `${countOf(kept.all, "moment")} kept, from step ${whole(kept.first)} to ${whole(kept.last)}`;
  if (scrub === null) return `Every ${kept.stride === 1 ? "step" : countOf(kept.stride, "step")} kept, from ${whole(kept.first)} to ${whole(kept.last)}`;
  return `Looking back: step ${whole(shown ?? scrub)} of ${whole(kept.last)}`;
}

/** The kept step before or after the one on screen, null for the newest. by: -1 or 1. */
export function stepBeside(scrub, by, { first, last, stride, steps = null }) {
  const now = scrub ?? last;
  const next = steps?.length ? (by > 0 ? steps.find((one) => one > now) : steps.findLast((one) => one < now)) : now + by * stride;
  return next === undefined || next > last ? null : Math.max(next, first);
}

export function createTimeline(bus) {
  const life = new Component();
  let kept = { first: 0, last: 0, stride: 1 };
  let ticks = [];
  let replay = null;
  const range = h("input", { type: "range", class: "lab-range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Moment of the run, in steps" });
  const marked = h("div", { class: "lab-ticks" });
  const words = h("span", { class: "lab-time-words", role: "status" });
  const button = (text, title, onclick) => h("button", { type: "button", class: "dte-button lab-button", title, onclick }, text);
  const now = button("Back to now", "Show the newest frame again", () => {
    stop();
    bus.set({ scrub: null });
  });
  now.classList.add("lab-now");
  const again = button("Replay", "Go through the kept moments of the run, in about 12 seconds", () => (replay ? stop() : start()));
  const element = h("div", { class: "lab-timeline" }, again, h("div", { class: "lab-track" }, range, marked), words, now);

  function stop() {
    replay?.();
    replay = null;
    again.textContent = "Replay";
  }

  function start() {
    again.textContent = "Stop replay";
    bus.set({ scrub: kept.first });
    replay = life.repeat(() => {
      const { scrub } = bus.state;
      if (scrub === null || scrub >= kept.last) {
        stop();
        bus.set({ scrub: null });
      } else bus.set({ scrub: Math.max(keptStep(scrub + replayStride(kept), kept), stepBeside(scrub, 1, kept) ?? kept.last) });
    }, REPLAY_TICK_MS);
  }

  range.addEventListener("input", () => {
    stop();
    bus.set({ scrub: keptStep(Number(range.value), kept) });
  });

  function drawTicks(ctx, { W, H, theme }) {
    ctx.fillStyle = theme.ink;
    ctx.globalAlpha = 0.55;
    const span = Math.max(kept.last - kept.first, 1);
    for (const step of ticks) ctx.fillRect(THUMB / 2 + ((step - kept.first) / span) * (W - THUMB) - 0.5, 0, 1, H);
  }

  let drawnFor = "";
  let hadTicks = false;
  const stage = life.part(new Stage(marked, { base: drawTicks }));

  return Object.assign(life, {
    element,
    stop,
    /** Go through the kept moments, or stop doing so. */
    replay: () => again.click(),
    /** Show the kept moment before (-1) or after (1) the one on screen. */
    go(by) {
      stop();
      const next = stepBeside(bus.state.scrub, by, kept);
      bus.set({ scrub: next === kept.last && by > 0 ? null : next });
    },
    draw({ status, ticks: newTicks, frame, past }) {
      if (!status) return;
      const { scrub } = bus.state;
      kept = status.kept ?? kept;
      ticks = newTicks;
      range.min = kept.first;
      range.max = Math.max(kept.last, kept.first + 1);
      if (document.activeElement !== range || scrub === null) range.value = scrub ?? kept.last;
      else if (replay) range.value = scrub;
      range.setAttribute("aria-valuetext", `step ${whole(scrub ?? kept.last)} of ${whole(kept.last)}`);
      const text = timelineWords(scrub, past ? frame?.step : null, kept);
      if (words.textContent !== text) words.textContent = text;
      now.disabled = scrub === null;
      element.classList.toggle("lab-past", scrub !== null);
      const key = `${Math.floor(performance.now() / TICKS_MS)} ${ticks.length}`;
      if (key !== drawnFor && (ticks.length || hadTicks)) stage.redraw();
      drawnFor = key;
      hadTicks = ticks.length > 0;
    },
  });
}
