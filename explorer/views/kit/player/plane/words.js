// @ts-check
// What the latent plane shows, said honestly: which plane, which latents, why there are no cells, how many codes are dead.

import { LAB, numberOf } from "../about.js";
import { countOf, percent, whole } from "../../wire/format.js";

export const MOST_CELLS = 1024;

/** Why the cells of a rule are those of the nearest code, where its latents are drawn. */
const RULES = {
  fsq: "Cells: exact. Latents are drawn behind FSQ's bound, h tanh(z + s) − o, where rounding makes a grid.",
  lfq: "Cells: exact. The sign of each dimension is the nearest corner.",
  bsq: "Cells: exact. Latents are drawn on the unit sphere, z / |z|, where the sign of each dimension is the nearest corner.",
};

/** Which cells to draw: "euclidean", "cosine", or null for none. Of a rule, too, the nearest code is the one in use. */
export function cellKind(frame) {
  const { kind, metric } = frame.plane;
  if (kind === "pca" || frame.codebook_size > MOST_CELLS) return null;
  if (metric === "cosine") return kind === "line" ? null : "cosine";
  return "euclidean";
}

function cellWords(frame, quantizer) {
  const { kind, metric } = frame.plane;
  if (kind === "pca") return "No cells: cells of projected codes would not be the ones in use.";
  if (frame.codebook_size > MOST_CELLS) return `No cells: they are drawn up to K = ${whole(MOST_CELLS)} codes.`;
  if (metric === "implicit") return RULES[quantizer] ?? "Cells: exact, of the nearest code.";
  if (kind === "line") return cellKind(frame) ? "Cells: the intervals in use." : "No cells: the metric has none on a line.";
  return metric === "cosine" ? "Cells: exact, by the angle to the codes." : "Cells: exact, of the nearest code.";
}

/** Which plane; it is fitted to latents and codes together, and of checkpoints to codes alone. */
function planeName({ z, plane: { kind, explained, fitted_at, dims } }) {
  if (kind === "exact") return "Exact plane of 2-D latents.";
  if (kind === "line") return "1-D latents on a line; height has no meaning.";
  const fitted = z.shape[0] > 0 ? "latents and codes" : "codes";
  const share = explained === null ? "" : `, ${percent(explained, 1)} of the variance of the ${fitted} that it was fitted to`;
  const when = fitted_at === null ? "" : `; axes of step ${whole(fitted_at)}, fixed since`;
  return `PCA of ${whole(dims)}-D ${fitted}${share}${when}.`;
}

/** "Dead: 41 of 64 codes, not chosen for 20 steps." */
export function deadWords(frame, about = LAB) {
  const { dead, unseen: unchosen, codebook_size: K, active = K } = frame;
  const unseen = unchosen - (K - active);
  const waiting = active < K ? ` At work: ${whole(active)} of ${whole(K)}; the others wait for their turn.` : "";
  const silent = `Dead: ${whole(dead)} of ${countOf(K, "code")}, ${about.silent(frame)}.`;
  return (unseen > 0 ? `${silent} Unseen so far: ${whole(unseen)} of ${whole(K)}.` : silent) + waiting;
}

/** Sentences of the caption. `arrows`: of arrowScale, or null. quantizer: of the run, which names the rule of the cells. */
export function planeWords(frame, arrows = null, quantizer = "", about = LAB) {
  const level = frame.levels > 1 ? [`Level ${frame.level + 1} of ${frame.levels}.`] : [];
  const words = [...level, planeName(frame), cellWords(frame, quantizer), about.latents(frame)];
  if (arrows) {
    const some = `${whole(arrows.shown)} of ${countOf(frame.z.shape[0], "latent")}`;
    const length = Number(arrows.typical.toPrecision(2));
    words.push(
      arrows.typical > 0
        ? `Arrows: minus the gradient of the reconstruction loss at ${some}, one scale, 90% shorter than ${length}.`
        : `Arrows: the gradient of the reconstruction loss is 0 at ${some}: none comes through.`,
    );
  }
  return words.join(" ");
}

const STATE = ["live", "dead", "unseen so far"];

/** What the lines of lag are, or why there are none. Pure. */
export function lagWords(frame) {
  if (!frame.lag) return "No lag: these codes follow from a rule and are not meant to follow latents.";
  if (!frame.won) return `No lines of lag: they are drawn up to K = ${whole(MOST_CELLS)} codes.`;
  return "Lines: from each live code to the middle of the latents that it last won in a batch.";
}

/** "Code 12 · 8.1 latents a step (EMA) · dead, silent for 310 steps · 0.2 spreads from the latents it last won" */
export function codeWords(frame, code, about = LAB) {
  const count = Number(frame.counts.array[code].toPrecision(2));
  const silent = about.since(frame.silent.array[code]);
  const since = silent && `, silent for ${silent}`;
  const lag = frame.lag?.array[code] ?? NaN;
  const behind = Number.isFinite(lag) ? ` · ${Number(lag.toPrecision(2))} spreads from the latents it last won` : "";
  return `Code ${numberOf(frame, code)} · ${count} ${count === 1 ? "latent" : "latents"} a step (${about.counts}) · ${STATE[frame.state.array[code]]}${since}${behind}`;
}
