// @ts-check
// A run that is on its way, and what was asked of it before it came. A preset's Mend is pressed on the run that is seen or the
// one that opens under the same name: it is done to that one once it is there, and to no other.

/** @typedef {{preset: string | null, mended: boolean}} Named  what a run was opened as */

/** @param {(action: string, args?: any) => Promise<any>} act  asks the server, one request after the other */
export function createOpening(act) {
  /** @type {{named: Named, done: Promise<unknown>} | null} */
  let opening = null;

  /** Ask for a run; what is asked of it meanwhile waits. @param {string} action @param {any} args @param {Named} named */
  async function open(action, args, named) {
    const mine = { named, done: act(action, args) };
    opening = mine;
    try {
      return await mine.done;
    } finally {
      if (opening === mine) opening = null;
    }
  }

  /** @param {string} preset  whose button was pressed */
  async function mend(preset) {
    while (opening) {
      const { named, done } = opening;
      await Promise.resolve(done).catch(() => null);
      if (named.preset !== preset || named.mended) return { ok: true, dropped: true }; // the run that it was pressed for has gone
    }
    return act("mend", {});
  }

  return {
    open,
    /** As `act`, which knows of no opening. @param {string} action @param {any} [args] */
    act(action, args = {}) {
      if (action === "mend") return mend(args.preset);
      return action === "preset" ? open(action, args, { preset: args.id, mended: false }) : act(action, args);
    },
    /** What a link opens. @param {string} query */
    travel(query) {
      const named = new URLSearchParams(query);
      return open("travel", { query }, { preset: named.get("preset"), mended: named.get("mended") === "1" });
    },
  };
}
