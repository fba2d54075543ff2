// @ts-check
// Where two runs lie one below the other, as on a phone, the card says so and leads from one to the other.

import { h, say } from "../kit/widgets/dom.js";
import { AIR_PX, headPx, overlap } from "./place.js";

const SIDES = "#lab-view .dte-lab.lab-ab .lab-side";

/** The run that is out of sight, "A" or "B", or null where they stand beside each other or there is but one. Pure.
 *  @param {[number, number][]} stretches tops and bottoms of the runs  @param {[number, number]} free of the window */
export function farSide([a, b], free) {
  if (!a || !b || b[0] < a[1]) return null;
  return overlap(b, free) > overlap(a, free) ? "A" : "B";
}

/** {element, refresh()}: "Run B lies below run A", with a button that shows the one that is out of sight. */
export function sidesPart(find = () => [...document.querySelectorAll(SIDES)]) {
  let shown = null;
  const show = () => {
    const side = find()["AB".indexOf(shown ?? "A")];
    if (side) window.scrollBy({ top: side.getBoundingClientRect().top - headPx() - AIR_PX });
    refresh();
  };
  const button = h("button", { type: "button", class: "dte-link", onclick: show });
  const element = h("p", { class: "gd-sides", hidden: true }, "Run B lies below run A. ", button);
  const refresh = () => {
    const stretches = find().map((side) => {
      const { top, bottom } = side.getBoundingClientRect();
      return /** @type {[number, number]} */ ([top, bottom]);
    });
    shown = farSide(stretches, [0, window.innerHeight]);
    element.toggleAttribute("hidden", shown === null);
    say(button, `Show run ${shown ?? "A"}`);
  };
  return { element, refresh };
}
