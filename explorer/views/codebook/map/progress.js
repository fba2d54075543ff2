// @ts-check
// What stands in the place of a map that is being made, or along the upper edge of the PCA that is shown meanwhile: how
// far it is, and a button that stops it; and why there is none, with a button that tries again.

import { h, say } from "../../kit/widgets/dom.js";

/** share 0..1, or null while it is not known; over: whether the PCA is shown meanwhile. Pure. */
export function progressWords(label, share, over) {
  if (share === null) return `Fetching the ${label} map…`;
  const done = `${Math.round(100 * share)}%`;
  return over ? `PCA, while ${label} is laid out: ${done}` : `Laying out the ${label} map: ${done}`;
}

export class Progress {
  /** @param {{stop: () => void, again: () => void}} on */
  constructor({ stop, again }) {
    const act = (text, onclick) => h("button", { type: "button", class: "cm-button", onclick }, text);
    this.words = h("p", { role: "status" });
    this.bar = h("progress", { max: 1 });
    this.stop = act("Stop", stop);
    this.again = act("Try again", again);
    this.element = h("div", { class: "dte-over cm-progress", hidden: true }, this.words, this.bar, this.stop, this.again);
  }

  /** How far it is, as `progressWords`. */
  busy(label, share, over) {
    this.put(progressWords(label, share, over), "status");
    this.element.toggleAttribute("data-over", over);
    say(this.stop, over ? "Stop" : "Stop, show the PCA");
    if (share === null) this.bar.removeAttribute("value");
    else this.bar.value = share;
    this.stop.hidden = share === null;
  }

  /** Where the map would be stands why there is none. */
  fail(message) {
    this.put(message, "alert");
    this.element.removeAttribute("data-over");
    this.again.hidden = false;
    this.bar.hidden = this.stop.hidden = true;
  }

  put(text, role) {
    this.element.hidden = this.bar.hidden = false;
    this.again.hidden = true;
    this.words.setAttribute("role", role);
    say(this.words, text);
  }

  hide() {
    this.element.hidden = true;
  }
}
