// @ts-check
// The bus of the codebook page: what is chosen (kept in the address), what is hovered, the opened audit, and the way to
// ask the server. Panels export mount(host, bus) and need nothing else:
//
//   bus.state   frozen {tokenizer, audit, level, code, map, colour, order, lasso, hover}; null where nothing is chosen
//   bus.open    the answer of `open`, arrays unpacked to typed arrays, or null while it loads
//   bus.level() the opened level that is on screen, or null
//   bus.life    the component that everything of the page ends with
//   bus.set(changes), bus.hover(code | null)
//   bus.on(["code", "hover", "open"], (state, before) => ...) -> off; called at once, so draw in requestAnimationFrame
//   bus.ask(what, args) -> Promise of the answer; rejects with Error(message), or with error.stale where another
//                          tokenizer or audit was chosen meanwhile: nothing is to be said then

import { createPageBus, unpackAll } from "../kit/wire/bus.js";
import { LEVEL_NAMES, levelIn, putLevel } from "../kit/wire/level.js";

export { unpackAll };

export const FIRST = Object.freeze({
  tokenizer: null, // null too for an audit of plain indices
  audit: null,
  level: 0,
  code: null, // the one that stays lit and whose page is open
  map: null, // kind of map; null: the first that fits the codebook
  colour: null, // what colours the map
  order: "usage", // of the heatmap
  beside: null, // key of another audit that stands beside this one
  lasso: null, // Set of codes
  hover: null,
});
export const IN_ADDRESS = ["tokenizer", "audit", "level", "code", "map", "colour", "order", "beside"];
export const NAMES = [...IN_ADDRESS, ...LEVEL_NAMES]; // keys of a link

/** The state after `changes`: what belonged to another codebook is let go, numbers outside the codebook are none. Pure. */
export function nextState(state, changes, sizes = null) {
  const next = { ...state, ...changes };
  const otherTokenizer = next.tokenizer !== state.tokenizer;
  if (otherTokenizer && !("level" in changes)) next.level = 0;
  if (otherTokenizer || next.level !== state.level) {
    for (const name of ["code", "lasso", "hover"]) if (!(name in changes)) next[name] = null;
    if (otherTokenizer && !("map" in changes)) next.map = null;
    if (otherTokenizer && !("beside" in changes)) next.beside = null;
  }
  if (sizes && !otherTokenizer && next.audit === state.audit) {
    if (!(next.level >= 0 && next.level < sizes.length)) next.level = 0;
    for (const name of ["code", "hover"]) if (!isCode(next[name], sizes[next.level])) next[name] = null;
  }
  return Object.freeze(next);
}

const isCode = (code, K) => Number.isInteger(code) && code >= 0 && code < K;

/** The query of a link to this state; keys of others are kept, defaults left out. Pure. */
export function queryOf(before, state) {
  const query = new URLSearchParams(before);
  for (const name of IN_ADDRESS) {
    if (name === "level") putLevel(query, state.level);
    else if (state[name] === FIRST[name] || state[name] === null) query.delete(name);
    else query.set(name, state[name]);
  }
  return query.toString();
}

/** What the browser alone remembers, read from a link: {map, colour, order}. Pure. */
export function ownState(search) {
  const query = new URLSearchParams(search);
  return Object.fromEntries(["map", "colour", "order", "beside"].filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
}

/** All that a link says: the first tokenizer where it names none that is here, none where it names plain indices. Pure. */
export function linkedState(search, tokenizers) {
  const query = new URLSearchParams(search);
  const number = (name) => (/^\d{1,9}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : null);
  const [asked, audit] = [query.get("tokenizer"), query.get("audit")];
  const known = tokenizers.some(({ id }) => id === asked) || (asked === null && audit !== null);
  const tokenizer = known ? asked : (tokenizers[0]?.id ?? null);
  return { ...FIRST, tokenizer, audit, level: levelIn(query), code: number("code"), ...ownState(search) };
}

/** The code that lights up: the hovered one, else the chosen one; null for neither. */
export const litCode = (state) => state.hover ?? state.code;

/** ask: async (request) -> JSON text. A new bus; `win` is the window whose address it writes, or null for none. */
export function createBus({ ask, token = "", first = {}, win = null }) {
  let open = null;
  let fits = true; // whether what is open is of the tokenizer and audit that are chosen
  const sizes = () => (fits ? (open?.levels.map((level) => level.codebook_size) ?? null) : null);
  const core = createPageBus({
    ...{ ask, token, win, inAddress: IN_ADDRESS, query: queryOf, first: Object.freeze({ ...FIRST, ...first }) },
    next: (state, changes) => {
      const after = nextState(state, changes, sizes());
      fits &&= after.tokenizer === state.tokenizer && after.audit === state.audit;
      return after;
    },
    scope: ({ tokenizer, audit }) => ({ tokenizer, audit }),
  });
  return {
    get state() {
      return core.state;
    },
    get open() {
      return open;
    },
    level() {
      return open?.levels[core.state.level] ?? null;
    },
    life: core.life,
    set: core.set,
    on: core.on, // also "open": another audit is there, or gone
    ask: core.ask,
    /** Light up a code in every panel; null lets go. */
    hover(code = null) {
      core.set({ hover: code });
    },
    /** A new `open` answer, or null while another is on its way. A level or code of a link that it lacks is
     *  let go before anybody hears of it. */
    opened(answer) {
      open = answer ? unpackAll(answer) : null;
      fits = true;
      core.replace(open ? nextState(core.state, {}, sizes()) : core.state, ["open"]);
    },
  };
}
