// @ts-check
// What the parts of a page share: who listens, a state that they hear of, its address, and the way to ask the server.
// Every bus is made of these: the selection, the lab's, the editor's, and those of pages that are one browser component
// (codebook/link.js, compare/link.js).

import { Component } from "../component.js";
import { unpack } from "./encoding.js";

const ADDRESS_MS = 250; // browsers refuse hundreds of changes in a few seconds

export const differing = (before, state) => Object.keys(state).filter((name) => state[name] !== before[name]);

/** Who listens. tell(...values) calls all of them; one that fails is reported and silences no other. */
export function createListeners() {
  const callbacks = new Set();
  return {
    /** Returns the function that unsubscribes. @param {Function} callback */
    add(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    tell(...values) {
      for (const callback of [...callbacks]) {
        try {
          callback(...values);
        } catch (error) {
          console.error("a part of the page failed", error);
        }
      }
    },
    clear: () => callbacks.clear(),
  };
}

/** A state of plain values, frozen. Listeners hear of a change only if something is different.
 *  @template State
 *  @param {State} first */
export function createState(first) {
  /** @type {Readonly<State>} */
  let state = Object.freeze({ ...first });
  const listeners = createListeners();
  return {
    get state() {
      return state;
    },
    /** @param {Partial<State>} changes  @param {string | null} [origin] who changes them, for listeners */
    set(changes, origin) {
      const previous = state;
      const next = Object.freeze({ ...state, ...changes });
      if (differing(previous, next).length === 0) return;
      state = next;
      listeners.tell(state, previous, origin);
    },
    /** callback(state, previous, origin); returns the function that unsubscribes.
     *  @param {(state: Readonly<State>, previous: Readonly<State>, origin?: string | null) => void} callback */
    subscribe: (callback) => listeners.add(callback),
  };
}

/** Write another query into the address of the window, in place of the one that is there. @param {string} text without the
 *  question mark @param {Window} win */
export function replaceQuery(text, win = window) {
  const { pathname, search, hash } = win.location;
  const address = pathname + (text ? `?${text}` : "") + hash;
  if (address !== pathname + search + hash) win.history.replaceState(win.history.state, "", address);
}

/** soon() writes query(search) into the address of `win`, at most once in ADDRESS_MS; soon.cancel() calls it off.
 *  @param {(search: string) => string} query  @param {Window} [win] */
export function addressWriter(query, win = window) {
  let writing = null;
  const write = () => {
    writing = null;
    replaceQuery(query(win.location.search), win);
  };
  const soon = () => {
    if (writing === null) writing = win.setTimeout(write, ADDRESS_MS);
  };
  const cancel = () => {
    if (writing !== null) win.clearTimeout(writing);
    writing = null;
  };
  return Object.assign(soon, { cancel });
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

/** @typedef {Error & {stale?: boolean, stopped?: boolean, field?: string | null}} AskError  what ask() rejects with */
/** @typedef {ReturnType<typeof createPageBus>} PageBus */

/** ask: async (request) -> JSON text. first: the state to begin with. win: the window whose address is written, or null.
 *  next(state, changes) -> frozen state. inAddress: names kept by query(search, state). scope(state): what goes with every
 *  question; an answer to another scope is stale.
 *  @param {{ask: (request: any) => Promise<any>, token?: string, first: any, win?: Window | null, next: (state: any, changes: any) => any,
 *    inAddress: string[], query: (search: string, state: any) => string, scope?: (state: any) => any}} options */
export function createPageBus({ ask, token = "", first, win = null, next, inAddress, query, scope = () => ({}) }) {
  let state = first;
  const listeners = createListeners();
  const writeSoon = win ? addressWriter((search) => query(search, state), win) : null;
  const life = new Component();
  life.own(listeners.clear);
  life.own(() => writeSoon?.cancel());

  return {
    life, // of the page: its parts that are no component belong to it, and when it ends nobody hears of anything
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
      if (names.some((name) => inAddress.includes(name))) writeSoon?.();
      listeners.tell(names, before);
    },
    /** Another state, and listeners of `names` hear of it with those of what differs. */
    replace(after, names = []) {
      const before = state;
      state = after;
      listeners.tell([...names, ...differing(before, state)], before);
    },
    /** callback(state, before) whenever one of `names` changes. */
    on(names, callback) {
      return listeners.add((changed, before) => names.some((name) => changed.includes(name)) && callback(state, before));
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
