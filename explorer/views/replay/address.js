// @ts-check
// The address of the page of recorded runs: which runs are open, and the moment, level and code on screen.

import { addressWriter } from "../kit/wire/bus.js";
import { LEVEL_NAMES, levelIn, putLevel } from "../kit/wire/level.js";

export const KEYS = ["run", "b", "step", ...LEVEL_NAMES, "code"];

/** The query of a link; keys that are not of this page are kept. Pure.
 *  @param {string} before @param {{runs: string[], scrub: number | null, level: number, code: number | null}} state */
export function queryOf(before, { runs, scrub, level, code }) {
  const query = new URLSearchParams(before);
  for (const key of KEYS) query.delete(key);
  const [run, b] = runs;
  if (run) query.set("run", run);
  if (b) query.set("b", b);
  if (scrub !== null) query.set("step", String(scrub));
  putLevel(query, level);
  if (code !== null) query.set("code", String(code));
  return query.toString();
}

const number = (text) => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null);

/** What an address says: {runs, scrub, level, code}. Pure. @param {string} search */
export function stateOf(search) {
  const query = new URLSearchParams(search);
  const runs = [query.get("run"), query.get("b")].filter(Boolean);
  return { runs, scrub: number(query.get("step")), level: levelIn(query), code: number(query.get("code")) };
}

/** write(state) soon; write.now(search): the query of a link to what is on screen. */
export function createAddress(win = window) {
  let newest = null;
  const soon = addressWriter((search) => (newest ? queryOf(search, newest) : search.slice(1)), win);
  const write = (state) => {
    newest = state;
    soon();
  };
  const now = (search) => (newest ? queryOf(search, newest) : search);
  return Object.assign(write, { now, destroy: soon.cancel });
}
