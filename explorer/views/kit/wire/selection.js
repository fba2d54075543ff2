// @ts-check
// The browser-side bus shared by all components of a page (a module singleton): what is pinned and what is hovered.
// It never talks to Python; the inspect view triggers the one Python event for a click.

import { createState } from "./bus.js";

/**
 * @typedef {object} Selected
 * @property {number} level
 * @property {number | null} code
 * @property {number | null} token
 * @property {number | null} hoverCode
 * @property {number | null} hoverToken
 *
 * @typedef {{code?: number | null, level?: number, token?: number | null, origin?: string | null, pinned?: boolean}} Choice
 */

/** A new bus. Pages use the shared `selection` below; tests make their own. */
export function createSelection() {
  /** @type {Selected} */
  const first = { level: 0, code: null, token: null, hoverCode: null, hoverToken: null };
  const core = createState(first);
  return {
    get state() {
      return core.state;
    },
    /** Pin a code (and the token it was chosen at, or null). `pinned: false` unpins; `level` may change alone.
     *  @param {Choice} [choice] */
    set({ code, level, token, origin = null, pinned = true } = {}) {
      /** @type {Partial<Selected>} */
      const patch = {};
      if (level !== undefined) patch.level = level;
      if (!pinned) Object.assign(patch, { code: null, token: null });
      else if (code !== undefined) Object.assign(patch, { code, token: token ?? null });
      core.set(patch, origin);
    },
    /** Light up a code without pinning it; no arguments: nothing is hovered.
     *  @param {{code?: number | null, token?: number | null, origin?: string | null}} [choice] */
    hover({ code = null, token = null, origin = null } = {}) {
      core.set({ hoverCode: code, hoverToken: token }, origin);
    },
    subscribe: core.subscribe,
  };
}

export const selection = createSelection();
