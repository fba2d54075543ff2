// @ts-check
// The lab's bus: what is hovered, chosen, scrubbed to, and which overlays are on. It never talks to Python.

import { createState } from "../wire/bus.js";

const FIRST = {
  level: 0, // of a quantizer with several codebooks
  hoverCode: null,
  code: null, // the one that stays lit
  scrub: null, // the step on screen, or null for now
  cells: true,
  latents: true,
  trails: true,
  gradients: false,
  lag: false, // a line from each code to the latents that it last won
  drawing: false, // the plane takes points
  compared: 0, // comparisons that the visitor began on this page
};

/** A new bus, one for each lab. */
export function createBus(first = {}) {
  const core = createState({ ...FIRST, ...first });
  return {
    get state() {
      return core.state;
    },
    set: core.set,
    subscribe: core.subscribe,
    /** Light up a code in every panel; null or nothing lets go. */
    hover: (code = null) => core.set({ hoverCode: code }),
    /** Keep a code lit; choosing it again lets go. */
    choose: (code = null) => core.set({ code: code === core.state.code ? null : code }),
  };
}

/** The code that lights up: the hovered one, else the chosen one; null if this codebook does not have it. */
export function litCode(state, K) {
  const code = state.hoverCode ?? state.code;
  return code !== null && code < K ? code : null;
}
