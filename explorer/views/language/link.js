// @ts-check
// The state of the page of a language model and the query of a link to it; pages/language/link.py reads it back. Pure.

import { textOfTokens, tokensOfText } from "./model.js";

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

/** The state that a link names, as pages/language/link.py reads it; what it leaves out is as in `facts.first`. */
export function stateOf(search, { first, K }) {
  const query = new URLSearchParams(search);
  const found = { ...first };
  for (const name of ["picture", "view", "text"]) found[name] = query.get(name) ?? first[name];
  for (const name of ["given", "temperature", "top_k", "seed"]) found[name] = query.has(name) ? Number(query.get(name)) : first[name];
  return { ...found, written: tokensOfText(query.get("written") ?? "", K), at: query.has("at") ? Number(query.get("at")) : null };
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
