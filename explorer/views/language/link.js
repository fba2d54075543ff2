// @ts-check
// The state of the page of a language model and the query of a link to it; pages/language/link.py reads it back. Pure.

import { textOfTokens } from "./model.js";

export const IN_ADDRESS = ["picture", "given", "written", "at", "temperature", "top_k", "seed", "view", "text"];

/** The next state: a place that the text no longer has is let go, frozen. */
export function nextState(facts) {
  return (state, changes) => {
    const next = { ...state, ...changes };
    const length = next.view === "written" ? next.given * facts.columns + next.written.length : facts.rows * facts.columns;
    if (next.at !== null && next.at >= length) next.at = null;
    return Object.freeze(next);
  };
}

/** The query of a link; keys of others are kept. */
export function queryOf(facts) {
  return (before, state) => {
    const query = new URLSearchParams(before);
    const shown = { ...state, written: textOfTokens(state.written, facts.K), at: state.at ?? "" };
    for (const name of IN_ADDRESS) {
      if (shown[name] === "") query.delete(name);
      else query.set(name, String(shown[name]));
    }
    return query.toString();
  };
}
