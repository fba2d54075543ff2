// @ts-check
// What may be laid over the latent plane, and what its marks mean.

import { h } from "../../widgets/dom.js";

export const OVERLAYS = [
  ["cells", "Cells", "The region of each code, where it is the one in use"],
  ["latents", "Latents", "The latents of the newest batch"],
  ["trails", "Trails", "Where the codes came from"],
  ["gradients", "Gradients", "The way each latent is pushed: minus the gradient that comes through the bottleneck"],
  ["lag", "Lag", "A line from each code to the middle of the latents that it last won: how far it is behind"],
  ["drawing", "Draw points", "Paint the data by hand"],
];

/** Help on those of them that a plane has. */
export const explainOverlays = (overlays) => ({
  term: "What the plane shows",
  words: overlays.map(([, name, words]) => `${name}: ${words[0].toLowerCase()}${words.slice(1)}.`).join(" "),
});

const keysOf = (about) => [
  ["live", `live, by latents a step (${about.counts}, log scale)`],
  ["dead", "dead"],
  ["unseen", "unseen so far"],
  ["reseed", "reseeded"],
  ["again", "reseeded, had died again"],
];

export function legend(about) {
  const keys = keysOf(about).map(([kind, text]) => h("span", {}, h("i", { class: `lab-key lab-key-${kind}`, "aria-hidden": "true" }), text));
  const heaps = h("span", {}, "a number: so many codes lie on one another there");
  return h("p", { class: "lab-legend" }, ...keys, heaps);
}
