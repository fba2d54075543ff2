// @ts-check
// The browser-side bus shared by all components of a page (a module singleton): what is pinned and what is hovered.
// It never talks to Python; the inspect view triggers the one Python event for a click.

/**
 * @typedef {object} Selected
 * @property {number} level
 * @property {number | null} code
 * @property {number | null} token
 * @property {number | null} hoverCode
 * @property {number | null} hoverToken
 *
 * @typedef {{code?: number | null, level?: number, token?: number | null, origin?: string | null, pinned?: boolean}} Choice
 * @typedef {(state: Selected, previous: Selected, origin?: string | null) => void} Listener
 */

/** A new bus. Pages use the shared `selection` below; tests make their own. */
export function createSelection() {
  /** @type {Selected} */
  let state = Object.freeze({ level: 0, code: null, token: null, hoverCode: null, hoverToken: null });
  /** @type {Set<Listener>} */
  const listeners = new Set();

  function update(patch, origin) {
    const next = Object.freeze({ ...state, ...patch });
    if (Object.keys(next).every((key) => next[key] === state[key])) return;
    const previous = state;
    state = next;
    for (const listener of [...listeners]) {
      try {
        listener(state, previous, origin);
      } catch (error) {
        console.error("selection listener failed", error); // one broken view must not silence the others
      }
    }
  }

  return {
    get state() {
      return state;
    },
    /** Pin a code (and the token it was chosen at, or null). `pinned: false` unpins; `level` may change alone.
     *  @param {Choice} [choice] */
    set({ code, level, token, origin = null, pinned = true } = {}) {
      const patch = {};
      if (level !== undefined) patch.level = level;
      if (!pinned) Object.assign(patch, { code: null, token: null });
      else if (code !== undefined) Object.assign(patch, { code, token: token ?? null });
      update(patch, origin);
    },
    /** Light up a code without pinning it; no arguments: nothing is hovered.
     *  @param {{code?: number | null, token?: number | null, origin?: string | null}} [choice] */
    hover({ code = null, token = null, origin = null } = {}) {
      update({ hoverCode: code, hoverToken: token }, origin);
    },
    /** callback(state, previous, origin); returns the function that unsubscribes. @param {Listener} callback */
    subscribe(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
}

export const selection = createSelection();
