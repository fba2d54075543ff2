// @ts-check
// Buttons that open and close parts of the page. Whether a part is open stands on the part itself (`data-open`), so that a
// view inside it can open it too; only what a visitor opens or closes by its button is remembered.

import { Component } from "../component.js";
import { h } from "./dom.js";

const keyOf = (id) => `dte-open-${id}`;

/** What this browser had: "open", "closed", or null where nobody chose or nothing may be kept. */
export function readFold(id, store = () => globalThis.localStorage) {
  try {
    return store()?.getItem(keyOf(id)) ?? null;
  } catch {
    return null; // a browser that keeps nothing may refuse the very question
  }
}

/** Keep that a visitor opened or closed a part. */
export function remember(id, open, store = () => globalThis.localStorage) {
  try {
    store()?.setItem(keyOf(id), open ? "open" : "closed");
  } catch {
    // it is open all the same
  }
}

/** Close a part whose work is done, as its button would; a reader who was in it goes on at the button. @param {string} id */
export function closeFold(id) {
  const part = document.getElementById(id);
  if (!part || !("open" in part.dataset)) return;
  const within = part.contains(document.activeElement);
  delete part.dataset.open;
  remember(id, false);
  if (within) /** @type {HTMLElement} */ (document.querySelector(`[data-fold="${CSS.escape(id)}"]`))?.focus();
}

/** The button that opens and closes `part`, which `id` names; null where the page has no such part. owner: what it goes with.
 *  @param {Component} owner @param {HTMLElement | null} part @param {string} id @param {string} label */
export function foldButton(owner, part, id, label) {
  if (!part) return null;
  const button = h("button", { type: "button", class: "dte-button dte-fold-button", "data-fold": id, "aria-expanded": "false" }, label);
  const follow = () => {
    const open = "open" in part.dataset;
    button.setAttribute("aria-expanded", String(open));
    const inner = /** @type {HTMLDetailsElement} */ (part.querySelector("details[data-with-fold]")); // a panel that has a fold of its own is not opened twice
    if (inner) inner.open = open;
  };
  button.addEventListener("click", () => {
    part.toggleAttribute("data-open");
    remember(id, "open" in part.dataset);
  });
  if (readFold(id) === "open") part.dataset.open = "";
  owner.onMutation(part, follow, { attributes: true, attributeFilter: ["data-open"] });
  follow();
  return button;
}

export function mount({ element, props }) {
  const life = new Component();
  const buttons = JSON.parse(props.value || "[]").map(({ id, label }) => foldButton(life, document.getElementById(id), id, label));
  element.replaceChildren(...buttons.filter(Boolean));
  return life;
}
