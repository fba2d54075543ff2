// @ts-check
// The address bar: what Python chose (value), what is selected (the bus), and what a view sets itself (`setAddress`).

import { Component } from "../component.js";
import { addressWriter } from "../wire/bus.js";
import { LEVEL_NAMES, putLevel } from "../wire/level.js";
import { selection } from "../wire/selection.js";

const SELECTED = ["level", "code", "token"];

/** The query of a link: `chosen` from Python, `own` from views ("" for none), `state` of the selection; others stay. */
export function queryOf(before, chosen, own, state) {
  const query = new URLSearchParams(before);
  for (const name of [...SELECTED, ...Object.keys(own), "mode", "from"]) query.delete(name);
  for (const [name, value] of Object.entries({ ...chosen, ...own })) if (value !== "") query.set(name, value);
  putLevel(query, state.level);
  if (state.code !== null) query.set("code", state.code);
  if (state.token !== null) query.set("token", state.token);
  return query.toString();
}

const own = {};
let chosen = null; // nothing is written before Python has read the link it was opened with
let asked = false; // another link, and Python has not read it yet: what is shown is still the state before it
let writer = null;

function soon() {
  writer ??= addressWriter((search) => (chosen === null ? search.slice(1) : queryOf(search, chosen, own, selection.state)));
  writer();
}

/** Keep a choice that only the browser knows, such as {map: "umap"}. */
export function setAddress(patch) {
  Object.assign(own, patch);
  soon();
}

/** Keys of the query that are this page's own. */
export const NAMES = ["picture", "tokenizer", "side", "from", "mode", "map", ...SELECTED, ...LEVEL_NAMES];

/** The query of a link to what is shown. @param {string} search */
export const currentQuery = (search) => (chosen !== null ? queryOf(search, chosen, own, selection.state) : asked ? "" : search);

/** Another link was taken: its address stays as it is until Python has read it. */
export function awaitChosen() {
  chosen = null;
  asked = true;
}

export function mount({ element, props, watch }) {
  const life = new Component();
  element.hidden = true;
  const take = () => {
    if (props.value) chosen = JSON.parse(props.value);
    asked = false;
    soon();
  };
  life.own(selection.subscribe((state, previous) => SELECTED.some((name) => state[name] !== previous[name]) && soon()));
  life.own(() => writer?.cancel());
  watch("value", take);
  take();
  return life;
}
