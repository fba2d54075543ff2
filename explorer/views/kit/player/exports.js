// @ts-check
// What of a run can be taken away, as a menu: files, pictures of the planes, and a link.

import { saveCanvas } from "../wire/files.js";
import { h } from "../widgets/dom.js";

/** entries: [{text, title, make(note) -> whether the menu closes}]; note(words) says something in the menu. life: a Component.
 *  @param {any} life @param {{text: string, title: string, make: (note: (words: string) => void) => any}[]} entries */
export function createExports(life, entries) {
  const said = h("span", { class: "lab-note", role: "status" });
  const menu = h("details", { class: "lab-menu" }, h("summary", { class: "dte-button lab-button" }, "Export"));
  const note = (words) => {
    said.textContent = words;
  };
  const buttons = entries.map(({ text, title, make }) => {
    const onclick = async () => {
      if (await make(note)) menu.open = false;
    };
    return h("button", { type: "button", class: "lab-entry", title, onclick }, text);
  });
  menu.append(h("div", { class: "lab-sheet" }, ...buttons, said));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  life.listen(document, "pointerdown", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  return menu;
}

/** The planes as they are, a file each. env.snapshots() -> [{name, canvas}] */
export function savePlanes(env) {
  for (const { name, canvas } of env.snapshots()) saveCanvas(canvas, name);
  return true;
}

/** Copy the address; say that it was, or where it is to be found without a clipboard. */
export async function copyLink(note, copied, elsewhere) {
  try {
    await navigator.clipboard.writeText(window.location.href);
    note(copied);
  } catch {
    note(elsewhere); // no clipboard without https
  }
  return false;
}
