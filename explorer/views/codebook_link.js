// The bus of the codebook page: what is chosen (kept in the address), what is hovered, the opened audit, and the way to
// ask the server. Panels export mount(host, bus) and need nothing else:
//
//   bus.state   frozen {tokenizer, audit, level, code, map, colour, order, lasso, hover}; null where nothing is chosen
//   bus.open    the answer of `open`, arrays unpacked to typed arrays, or null while it loads
//   bus.level() the opened level that is on screen, or null
//   bus.set(changes), bus.hover(code | null)
//   bus.on(["code", "hover", "open"], (state, before) => ...) -> off; called at once, so draw in requestAnimationFrame
//   bus.ask(what, args) -> Promise of the answer; rejects with Error(message), or with error.stale where another
//                          tokenizer or audit was chosen meanwhile: nothing is to be said then

import { unpack } from "./encoding.js";

export const FIRST = Object.freeze({
  tokenizer: null, // null too for an audit of plain indices
  audit: null,
  level: 0,
  code: null, // the one that stays lit and whose page is open
  map: null, // kind of map; null: the first that fits the codebook
  colour: null, // what colours the map
  order: "usage", // of the heatmap
  lasso: null, // Set of codes
  hover: null,
});
export const IN_ADDRESS = ["tokenizer", "audit", "level", "code", "map", "colour", "order"];
const ADDRESS_MS = 250; // browsers refuse hundreds of changes in a few seconds

/** The state after `changes`: what belonged to another codebook is let go, numbers outside the codebook are none. Pure. */
export function nextState(state, changes, sizes = null) {
  const next = { ...state, ...changes };
  const otherTokenizer = next.tokenizer !== state.tokenizer;
  if (otherTokenizer && !("level" in changes)) next.level = 0;
  if (otherTokenizer || next.level !== state.level) {
    for (const name of ["code", "lasso", "hover"]) if (!(name in changes)) next[name] = null;
    if (otherTokenizer && !("map" in changes)) next.map = null;
  }
  if (sizes && !otherTokenizer && next.audit === state.audit) {
    if (!(next.level >= 0 && next.level < sizes.length)) next.level = 0;
    for (const name of ["code", "hover"]) if (!isCode(next[name], sizes[next.level])) next[name] = null;
  }
  return Object.freeze(next);
}

const differing = (before, state) => Object.keys(state).filter((name) => state[name] !== before[name]);
const isCode = (code, K) => Number.isInteger(code) && code >= 0 && code < K;

/** The query of a link to this state; keys of others are kept, defaults left out. Pure. */
export function queryOf(before, state) {
  const query = new URLSearchParams(before);
  for (const name of IN_ADDRESS) {
    if (state[name] === FIRST[name] || state[name] === null) query.delete(name);
    else query.set(name, state[name]);
  }
  return query.toString();
}

/** What the browser alone remembers, read from a link: {map, colour, order}. Pure. */
export function ownState(search) {
  const query = new URLSearchParams(search);
  return Object.fromEntries(["map", "colour", "order"].filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
}

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

/** The code that lights up: the hovered one, else the chosen one; null for neither. */
export const litCode = (state) => state.hover ?? state.code;

/** ask: async (request) -> JSON text. A new bus; `win` is the window whose address it writes, or null for none. */
export function createBus({ ask, token = "", first = {}, win = null }) {
  let state = Object.freeze({ ...FIRST, ...first });
  let open = null;
  let writing = null;
  const listeners = new Set();

  const sizes = () => open?.levels.map((level) => level.codebook_size) ?? null;
  const tell = (names, before) => {
    for (const listener of [...listeners]) {
      if (!listener.names.some((name) => names.includes(name))) continue;
      try {
        listener.callback(state, before);
      } catch (error) {
        console.error("a panel of the codebook page failed", error); // one broken panel must not silence the others
      }
    }
  };
  const writeAddress = () => {
    writing = null;
    const { pathname, search, hash } = win.location;
    const query = queryOf(search, state);
    const address = pathname + (query ? "?" + query : "") + hash;
    if (address !== pathname + search + hash) win.history.replaceState(win.history.state, "", address);
  };

  return {
    get state() {
      return state;
    },
    get open() {
      return open;
    },
    level() {
      return open?.levels[state.level] ?? null;
    },
    /** Change some fields; listeners of those that differ hear of it. */
    set(changes) {
      const before = state;
      const next = nextState(state, changes, sizes());
      const names = differing(before, next);
      if (names.length === 0) return;
      state = next;
      if (win && names.some((name) => IN_ADDRESS.includes(name))) writing ??= win.setTimeout(writeAddress, ADDRESS_MS);
      tell(names, before);
    },
    /** Light up a code in every panel; null lets go. */
    hover(code = null) {
      this.set({ hover: code });
    },
    /** callback(state, before) whenever one of `names` changes ("open": another audit is there, or gone). */
    on(names, callback) {
      const listener = { names, callback };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** A new `open` answer, or null while another is on its way. A level or code of a link that it lacks is
     *  let go before anybody hears of it. */
    opened(answer) {
      const before = state;
      open = answer ? unpackAll(answer) : null;
      if (open) state = nextState(state, {}, sizes());
      tell(["open", ...differing(before, state)], before);
    },
    async ask(what, args = {}) {
      const { tokenizer, audit } = state;
      const text = await ask({ ...args, what, token, tokenizer, audit });
      const answer = typeof text === "string" ? JSON.parse(text) : text;
      const fail = (message, extra) => Object.assign(new Error(message), extra);
      if (state.tokenizer !== tokenizer || state.audit !== audit) throw fail("another codebook was chosen", { stale: true });
      if (!answer?.ok) throw fail(answer?.error?.message ?? "The server gave no answer. It may have been stopped: start it again, then try again.", { field: answer?.error?.field ?? null });
      return unpackAll(answer);
    },
  };
}
