// @ts-check
// The lab's bus: what is hovered, chosen, scrubbed to, and which overlays are on. It never talks to Python.

const FIRST = {
  level: 0, // of a quantizer with several codebooks
  hoverCode: null,
  code: null, // the one that stays lit
  scrub: null, // the step on screen, or null for now
  cells: true,
  latents: true,
  trails: true,
  gradients: false,
  drawing: false, // the plane takes points
  compared: 0, // comparisons that the visitor began on this page
};

/** A new bus, one for each lab. */
export function createBus(first = {}) {
  let state = Object.freeze({ ...FIRST, ...first });
  const listeners = new Set();

  return {
    get state() {
      return state;
    },
    /** Change some fields; listeners hear of it only if something is different. */
    set(patch) {
      const next = Object.freeze({ ...state, ...patch });
      if (Object.keys(next).every((key) => next[key] === state[key])) return;
      const previous = state;
      state = next;
      for (const listener of [...listeners]) {
        try {
          listener(state, previous);
        } catch (error) {
          console.error("a listener of the lab failed", error); // one broken panel must not silence the others
        }
      }
    },
    /** Light up a code in every panel; null or nothing lets go. */
    hover(code = null) {
      this.set({ hoverCode: code });
    },
    /** Keep a code lit; choosing it again lets go. */
    choose(code = null) {
      this.set({ code: code === state.code ? null : code });
    },
    /** callback(state, previous); returns the function that unsubscribes. */
    subscribe(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
}

/** The code that lights up: the hovered one, else the chosen one; null if this codebook does not have it. */
export function litCode(state, K) {
  const code = state.hoverCode ?? state.code;
  return code !== null && code < K ? code : null;
}
