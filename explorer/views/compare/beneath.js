// @ts-check
// What stands under the panes: the words of what is pointed at, what is listed of what was chosen, and the details.

import { detailsFor, detailTable } from "./details.js";
import { h, say } from "../kit/widgets/dom.js";

export class Beneath {
  constructor(bus, title) {
    this.bus = bus;
    this.title = title;
    this.drawn = null;
    this.readout = h("p", { class: "cp-readout", role: "status", hidden: true });
    this.lists = h("div", { class: "cp-lists", hidden: true });
    this.details = h("div", { class: "cp-details", hidden: true });
    bus.on(["baseline", "pictures"], () => this.detail());
  }

  /** drawn: see `openDrawn`; null of pictures, sounds and clips. */
  show(drawn) {
    this.drawn = drawn;
    this.readout.hidden = !drawn;
    this.point(null);
    this.list(null);
    this.detail();
  }

  /** What is pointed at, or was chosen, in words. */
  point(mark) {
    if (this.drawn) say(this.readout, mark ? this.drawn.say(mark, this.title) : this.drawn.hint);
  }

  list(mark) {
    const made = mark ? this.drawn?.lists?.(mark, this.title, (other) => this.bus.set({ pin: numberOf(other) })) : null;
    this.lists.hidden = !made;
    this.lists.replaceChildren(...(made ?? []));
  }

  detail() {
    const { pictures, baseline } = this.bus.state;
    const details = detailsFor(pictures?.details ?? [], baseline);
    this.details.hidden = details.length === 0;
    const ids = pictures?.panes.map(({ tokenizer }) => tokenizer) ?? [];
    this.details.replaceChildren(...details.map((one) => detailTable(one, ids, (id) => this.bus.title(id))));
  }
}

/** The number of what is marked, for the address. Pure. */
export const numberOf = (mark) => mark?.row ?? mark?.item ?? mark?.node ?? null;
