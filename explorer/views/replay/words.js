// @ts-check
// Recorded runs in words: what their numbers are of, and how a run stands. Pure.

import { LAB } from "../kit/player/about.js";
import { countOf, whole } from "../kit/wire/format.js";

/** @type {import("../kit/player/about.js").About} */
export const RECORDED = {
  counts: "mean since the frame before",
  perplexity: "over all tokens since the record before",
  ceiling: "tokens since the record before",
  latents: (frame) => (frame.paired ? LAB.latents(frame) : latentsWords(frame)) + keptWords(frame),
  rows: ({ interval }) => `recorded every ${countOf(interval ?? 1, "step")}`,
  movement: "",
  none: "Nothing is recorded yet",
  silent: LAB.silent,
  since: LAB.since,
};

/** Of checkpoints of one run: codes, and perhaps the counts that training kept of them.
 *  @type {import("../kit/player/about.js").About} */
export const CHECKPOINTS = {
  counts: "as training kept them",
  perplexity: "of the counts that training kept",
  ceiling: "tokens of training",
  latents: (frame) => `No latents: checkpoints hold codes alone.${keptWords(frame)}`,
  rows: ({ interval }) => `a checkpoint every ${countOf(interval ?? 1, "step")}`,
  movement: "",
  none: "No checkpoint is read yet",
  silent: (frame) => (frame.counted ? "kept counts below 1% of their mean" : "since no counts were kept that would tell it"),
  since: () => "",
};

/** "4,096 latents as they came at step 500.", or where a step has fewer, "The newest 2,048 latents, up to step 500."
 *  @param {any} frame */
function latentsWords({ z, step, batch_size: batch }) {
  const many = countOf(z.shape[0], "latent");
  return z.shape[0] > batch ? `The newest ${many}, up to step ${whole(step)}.` : `${many} as they came at step ${whole(step)}.`;
}

/** " 4,096 of 131,072 codes were kept." of a codebook too large to be kept whole, else "". @param {any} frame */
const keptWords = (frame) => (frame.kept ? ` ${whole(frame.codebook_size)} of ${countOf(frame.kept.of, "code")} were kept.` : "");

/** "live", "ended", or that it stopped without an end. @param {any} run */
export const stateWords = ({ live, ended, checkpoints }) =>
  checkpoints ? "checkpoints" : live ? "live" : ended ? "ended" : "not ended, and nobody writes to it";

/** "first-run: step 1,200 · live · 12 records, every 100 steps · 12 frames kept" @param {any} run */
export function runWords(run) {
  if (run.checkpoints) return `${run.title}: ${countOf(run.frames, "checkpoint")}, up to step ${whole(run.last)}`;
  const every = run.records > 1 ? `, every ${countOf(run.interval, "step")}` : "";
  return `${run.title}: step ${whole(run.last)} · ${stateWords(run)} · ${countOf(run.records, "record")}${every} · ${countOf(run.frames, "frame")} kept`;
}

/** "512 codes, 32 dimensions (quantizer.0, VectorQuantize)" of a level. @param {any} level */
export function levelWords({ name, K, dim, kept, source }) {
  const from = source ? ` (${source})` : "";
  return `${name ? `${name}: ` : ""}${countOf(K, "code")}, ${countOf(dim, "dimension")}${kept ? `, ${whole(kept)} of them kept` : ""}${from}`;
}

/** What stands beside the name of a side: its run, and which of its moments is seen. @param {any} run @param {number | null} step */
export function sideWords(run, step) {
  if (!run) return "";
  return step === null ? run.title : `${run.title}, step ${whole(step)} of ${whole(run.last)} (${stateWords(run)})`;
}

/** What is compared where checkpoints are seen beside a training, "" where both are of one kind. @param {any[]} opened */
export function pairWords([a, b]) {
  if (!a || !b || Boolean(a.checkpoints) === Boolean(b.checkpoints)) return "";
  const [of, other] = a.checkpoints ? ["A", "B"] : ["B", "A"];
  return (
    `Steps of ${of} are those that its checkpoints tell, and are held against the same steps of the training ${other}. Dead codes and perplexity ` +
    `are of the counts that training kept in ${of}, and of the tokens as they came in ${other}: they need not agree of one run.`
  );
}

/** "Dead 3 times: ..." The sentence above the lives of codes. @param {any} lives */
export function livesWords({ K, whole: all, steps, frames, tokens, alive, never, deaths, back, by }) {
  const of = all > K ? `${whole(K)} of ${countOf(all, "code")} that were kept` : countOf(K, "code");
  const told = by.map(([kind, count]) => `${kind}: ${whole(count)}`).join(", ");
  const again = deaths ? ` ${countOf(back, "time")} a dead code was seen live again${told ? ` (${told})` : ""}.` : "";
  return (
    `${of} over steps ${whole(steps[0])} to ${whole(steps[1])}, told from ${countOf(frames, "frame")}: ${whole(alive)} live at the end, ` +
    `${whole(never)} never seen live. ${countOf(deaths, "death")} in all.${again} ${countOf(Math.round(tokens), "token")} counted.`
  );
}

/** A row of the deaths, [code, died, seen, revived, by], in words for its cells. @param {any[]} row */
export function deathWords([code, died, seen, revived, by]) {
  const last = died < 0 ? "never" : whole(died);
  return [String(code), last, whole(seen), revived < 0 ? "–" : whole(revived), by || "nothing yet"];
}
