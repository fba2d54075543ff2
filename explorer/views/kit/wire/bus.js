// @ts-check
// The bus of a page that is one browser component: what is chosen (kept in the address), who listens, and the way to ask
// the server. Pages build their own on it: codebook/link.js, compare/link.js.

import { unpack } from "./encoding.js";

const ADDRESS_MS = 250; // browsers refuse hundreds of changes in a few seconds

export const differing = (before, state) => Object.keys(state).filter((name) => state[name] !== before[name]);

const isPacked = (value) => typeof value === "object" && value !== null && "dtype" in value && "data" in value;

/** The same answer with every packed array as a typed array; a packed matrix also keeps its `shape` beside it. Pure. */
export function unpackAll(value) {
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(unpackAll);
  if (isPacked(value)) {
    const { array, shape } = unpack(value);
    return shape.length > 1 ? Object.assign(array, { shape }) : array;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpackAll(part)]));
}

/** @typedef {Error & {stale?: boolean, stopped?: boolean, field?: string | null}} AskError  what ask() rejects with */
/** @typedef {ReturnType<typeof createPageBus>} PageBus */

/** ask: async (request) -> JSON text. first: the state to begin with. win: the window whose address is written, or null.
 *  next(state, changes) -> frozen state. inAddress: names kept by query(search, state). scope(state): what goes with every
 *  question; an answer to another scope is stale.
 *  @param {{ask: (request: any) => Promise<any>, token?: string, first: any, win?: Window | null, next: (state: any, changes: any) => any,
 *    inAddress: string[], query: (search: string, state: any) => string, scope?: (state: any) => any}} options */
export function createPageBus({ ask, token = "", first, win = null, next, inAddress, query, scope = () => ({}) }) {
  let state = first;
  let writing = null;
  const listeners = new Set();

  const tell = (names, before) => {
    for (const listener of [...listeners]) {
      if (!listener.names.some((name) => names.includes(name))) continue;
      try {
        listener.callback(state, before);
      } catch (error) {
        console.error("a panel of the page failed", error); // one broken panel must not silence the others
      }
    }
  };
  const writeAddress = () => {
    writing = null;
    const { pathname, search, hash } = win.location;
    const text = query(search, state);
    const address = pathname + (text ? `?${text}` : "") + hash;
    if (address !== pathname + search + hash) win.history.replaceState(win.history.state, "", address);
  };

  return {
    get state() {
      return state;
    },
    /** Change some fields; listeners of those that differ hear of it. */
    set(changes) {
      const before = state;
      const after = next(state, changes);
      const names = differing(before, after);
      if (names.length === 0) return;
      state = after;
      const kept = names.some((name) => inAddress.includes(name));
      if (win && kept && writing === null) writing = win.setTimeout(writeAddress, ADDRESS_MS);
      tell(names, before);
    },
    /** Another state, and listeners of `names` hear of it with those of what differs. */
    replace(after, names = []) {
      const before = state;
      state = after;
      tell([...names, ...differing(before, state)], before);
    },
    /** callback(state, before) whenever one of `names` changes. */
    on(names, callback) {
      const listener = { names, callback };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async ask(what, args = {}) {
      const around = scope(state);
      const text = await ask({ ...args, what, token, ...around });
      const answer = typeof text === "string" ? JSON.parse(text) : text;
      const fail = (message, extra) => Object.assign(new Error(message), extra);
      if (differing(around, scope(state)).length > 0) throw fail("another choice was made", { stale: true });
      if (!answer?.ok)
        throw fail(answer?.error?.message ?? "The server gave no answer. It may have been stopped: start it again, then try again.", {
          field: answer?.error?.field ?? null,
        });
      return unpackAll(answer);
    },
  };
}
