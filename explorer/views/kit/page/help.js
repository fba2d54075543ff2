// @ts-check
// Short help beside a number: a small button that opens its words, by mouse, touch and keyboard alike. The words come
// from Python (analysis/codes/definitions.py) with the values of the views; one box shows them, where the button stands.

import { h } from "../widgets/dom.js";

const BOX = { margin: 8, width: 340 };

const known = new Map(); // id -> {term, words}
let box = null;
let opener = null;

/** Take definitions {id: {term, words}} that came with a value; later ones replace those of the same id. */
export function learn(definitions) {
  for (const [id, one] of Object.entries(definitions ?? {})) known.set(id, one);
}

/** What is known under an id: {term, words} or null. */
const definitionOf = (id) => known.get(id) ?? null;

/** Left and top of a box of w x h beside a button, inside a window of W x H: below it, or above where that has no room. */
function placeBeside({ left, top, bottom }, w, h, W, H, margin = BOX.margin) {
  const x = Math.max(margin, Math.min(left - 12, W - w - margin));
  const below = bottom + 6;
  const y = below + h + margin <= H || top - 6 - h < margin ? Math.min(below, Math.max(margin, H - h - margin)) : top - 6 - h;
  return [x, y];
}

function close() {
  if (!opener) return;
  opener.setAttribute("aria-expanded", "false");
  opener.removeAttribute("aria-describedby");
  opener = null;
  box.remove();
}

function place() {
  if (!opener?.isConnected) return close();
  const { innerWidth: W, innerHeight: H } = window;
  box.style.width = `${Math.min(BOX.width, W - 2 * BOX.margin)}px`;
  const [x, y] = placeBeside(opener.getBoundingClientRect(), box.offsetWidth, box.offsetHeight, W, H);
  Object.assign(box.style, { left: `${x}px`, top: `${y}px` });
}

function build() {
  box = h("div", { class: "dte-help-box" });
  box.id = "dte-help-box";
  box.setAttribute("role", "status");
  box.append(h("strong", {}), h("p", {}));
  document.addEventListener("pointerdown", (event) => {
    if (opener && !box.contains(event.target) && !opener.contains(event.target)) close();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (!opener || event.key !== "Escape") return;
      event.stopPropagation(); // Escape also lets go of the chosen code
      close();
    },
    true,
  );
  for (const name of ["scroll", "resize"]) window.addEventListener(name, place, { passive: true, capture: true });
}

function toggle(button, one) {
  const again = opener === button;
  close();
  const definition = one();
  if (again || !definition) return;
  if (!box) build();
  const [title, words] = box.children;
  title.textContent = definition.term[0].toUpperCase() + definition.term.slice(1);
  words.textContent = definition.words;
  opener = button;
  button.setAttribute("aria-expanded", "true");
  button.setAttribute("aria-describedby", box.id);
  document.body.append(box); // the views hide what runs over their edges
  place();
}

function make(className, text, label, one) {
  const button = h("button", { class: className }, text);
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  if (label) button.setAttribute("aria-label", label);
  button.addEventListener("click", (event) => {
    event.preventDefault(); // it may stand in the summary of a folded part, or in a label
    event.stopPropagation();
    toggle(button, one);
  });
  return button;
}

/** A "?" beside a number. what: an id, or {term, words} that came with the number itself. */
export function helpMark(what) {
  const one = typeof what === "string" ? () => definitionOf(what) : () => what;
  return make("dte-help", "?", `What is this: ${one()?.term ?? "help"}`, one);
}

/** The terms of a panel as a row of words to press; those that nobody has defined are left out. */
export function helpTerms(ids) {
  const row = h("p", { class: "dte-help-terms" });
  for (const id of ids.filter((each) => known.has(each))) row.append(make("dte-help-term", definitionOf(id).term, "", () => definitionOf(id)));
  row.hidden = row.childElementCount === 0;
  return row;
}
