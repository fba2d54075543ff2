// @ts-check
// The bar on top: play, single steps, speed, start again; where the run stands; the timeline; what can be taken away.

import { Component } from "../../kit/component.js";
import { saveFile } from "../../kit/wire/files.js";
import { h } from "../../kit/widgets/dom.js";
import { countOf, whole } from "../../kit/wire/format.js";
import { pointsLeftOut } from "../address.js";
import { copyLink, createExports, savePlanes } from "../../kit/player/exports.js";
import { createTimeline } from "../../kit/player/charts/timeline.js";

const STEPS = [1, 10, 100];
const SPEEDS = [1, 3, 10, 30, 60, 100];

/** "step 1,240 · 620,000 latents · 312 steps a second · CPU, 1 thread". refused: there was no place for a run. */
export function statusWords(status, frame, refused = false) {
  if (refused) return "No run";
  if (!status) return frame ? `step ${whole(frame.step)} · the run is starting…` : "Starting…";
  const seen = frame ? [countOf(frame.latents_seen, "latent")] : [];
  const rate = Number(status.steps_per_second) || 0;
  const still = status.ended ? "ended" : "paused";
  const speed = status.playing ? [`${rate < 10 ? rate.toFixed(1) : whole(rate)} steps a second`] : [still];
  const step = status.step ?? frame?.step; // of a run that ended only the last frame is left
  return [step === undefined ? "" : `step ${whole(step)}`, ...seen, ...speed, status.device].filter(Boolean).join(" · ");
}

/** A seed that is not `now`; small, so that it can be told to somebody. */
export function otherSeed(now, random = Math.random) {
  const seed = Math.floor(1000 * random());
  return seed === now ? seed + 1 : seed;
}

/** env.snapshots() -> [{name, canvas}] of the planes. */
export function createTransport(root, env) {
  const { act, bus } = env;
  const life = new Component();
  let view = null;
  const message = h("p", { class: "lab-error", role: "alert" });
  const tell = (answer) => {
    message.textContent = answer && !answer.ok ? (answer.error?.message ?? "That did not work.") : "";
    return answer;
  };
  const run = async (action, args) => tell(await act(action, args));
  const live = (action, args) => {
    timeline.stop();
    bus.set({ scrub: null });
    return run(action, args);
  };
  const button = (text, title, onclick, extra = "") => h("button", { type: "button", class: `dte-button lab-button ${extra}`, title, onclick }, text);
  const play = button("Play", "Play or pause (space bar, outside of fields)", () => live(view?.status?.playing ? "pause" : "play"), "lab-primary");
  const steps = STEPS.map((count) => button(`+${count}`, `Take ${countOf(count, "step")} and pause`, () => live("step", { count })));
  const speed = h("select", {
    class: "dte-button lab-select",
    "aria-label": "Speed",
    onchange: () => run("speed", { steps_per_second: speed.value === "" ? null : Number(speed.value) }),
  });
  speed.append(...SPEEDS.map((n) => h("option", { value: n }, `${countOf(n, "step")}/s`)), h("option", { value: "" }, "full speed"));
  speed.value = "";
  const reset = button("Reset", "Start anew with the same seed and settings: the same run again", () => live("reset"));
  const seed = button("New seed", "Start anew with another seed", () => live("set", { changes: { seed: otherSeed(view?.settings?.seed) } }));
  const status = h("p", { class: "lab-status", role: "status" });
  const timeline = life.part(createTimeline(bus));
  const exports = exportMenu(env, run, () => view, life);
  root.classList.add("lab-transport");
  root.setAttribute("aria-label", "Transport");
  root.append(
    h(
      "div",
      { class: "lab-bar" },
      play,
      h("span", { class: "lab-group", role: "group", "aria-label": "Single steps" }, ...steps),
      speed,
      reset,
      seed,
      status,
      exports,
    ),
    timeline.element,
    message,
  );
  return Object.assign(life, {
    play: () => play.click(),
    draw(next) {
      view = next;
      const { playing, limit } = view.status ?? {};
      const put = (element, text) => element.textContent !== text && (element.textContent = text);
      put(play, playing ? "Pause" : "Play");
      put(status, statusWords(view.status, view.past ? null : view.frame, view.refused));
      const wanted = limit === null || limit === undefined ? "" : String(limit);
      const known = Array.from(speed.options, (option) => option.value);
      if (document.activeElement !== speed && known.includes(wanted)) speed.value = wanted;
      timeline.draw(view);
    },
  });
}

function exportMenu(env, run, current, life) {
  const file = (kind) => async (note) => {
    note("Being made…");
    const answer = await run("export", { kind });
    note("");
    if (answer?.file) saveFile(answer.file);
    return Boolean(answer?.ok);
  };
  const link = async (note) => {
    env.writeAddress(current());
    const lost = Math.max(0, ...current().all.map((settings) => pointsLeftOut(settings, env.payload.defaults)));
    if (lost) {
      note(`The ${whole(lost)} points that were drawn are too many for a link, so it opens these settings on other data. The points are in "Frames, .npz".`);
      return false;
    }
    const holds = "settings, seed, run B, mended or not, speed and pause";
    return copyLink(note, `Copied. It opens this run from its start: ${holds}.`, `The address bar holds the link: ${holds}.`);
  };
  return createExports(life, [
    { text: "Frames, .npz", title: "Every kept moment as numpy arrays; of two runs that of run A", make: file("npz") },
    { text: "Curves, .csv", title: "One row a kept step: losses and measures; of two runs that of run A", make: file("csv") },
    { text: "Plane, .png", title: "The latent plane as it is now", make: () => savePlanes(env) },
    { text: "Link", title: "A link that opens this run from its start", make: link },
  ]);
}
