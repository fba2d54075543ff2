// @ts-check
// Two pictures over each other: left of the divider one, right of it the other. Moving the divider redraws nothing.

import { Component } from "../kit/component.js";
import { Pane } from "./pane.js";
import { h } from "../kit/widgets/dom.js";

const STEP = 2;
const LABEL = "Two pictures over each other. Arrow keys move, plus and minus zoom, 0 shows everything, E changes between pictures and errors.";

export class Swipe extends Component {
  constructor(bus, shared, on, painter) {
    super();
    this.bus = bus;
    this.at = 50;
    this.make = (Kind) => [LABEL, ""].map((label) => this.part(new Kind(label, shared, on, painter)));
    this.panes = [];
    this.divider = h("div", {
      class: "cp-divider",
      tabindex: 0,
      role: "slider",
      "aria-label": "Divider between the two pictures",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
    });
    this.selects = ["left", "right"].map((side) =>
      h("select", {
        class: "cb-select",
        "data-side": side,
        "aria-label": `Picture on the ${side}`,
        onchange: (event) => bus.set({ [side]: event.target.value }),
      }),
    );
    this.box = h("div", { class: "cp-two" });
    this.element = h("div", { class: "cp-swipe", hidden: true }, h("div", { class: "cp-sides" }, ...this.selects), this.box);
    this.slide();
    this.use(Pane);
  }

  /** Panes of another class, where something else is drawn. */
  use(Kind) {
    if (this.panes[0]?.constructor === Kind) return;
    for (const pane of this.panes) pane.destroy();
    this.panes = this.make(Kind);
    const [below, above] = this.panes.map((pane) => pane.element);
    above.classList.add("cp-above");
    above.removeAttribute("tabindex");
    above.setAttribute("aria-hidden", "true");
    this.box.replaceChildren(below, above, this.divider);
    this.to(this.at);
  }

  slide() {
    const follow = (event) => {
      const { left, width } = this.box.getBoundingClientRect();
      this.to((100 * (event.clientX - left)) / width);
    };
    this.listen(this.divider, "pointerdown", (event) => {
      this.divider.setPointerCapture(event.pointerId);
      event.preventDefault();
      this.divider.focus({ focusVisible: false });
    });
    this.listen(this.divider, "pointermove", (event) => this.divider.hasPointerCapture(event.pointerId) && follow(event));
    this.listen(this.divider, "keydown", (event) => {
      const step = event.shiftKey ? 5 * STEP : STEP;
      const to = { ArrowLeft: this.at - step, ArrowRight: this.at + step, Home: 0, End: 100 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.to(to);
    });
  }

  to(share) {
    this.at = Math.min(100, Math.max(0, share));
    this.panes[1].element.style.clipPath = `inset(0 0 0 ${this.at}%)`;
    this.divider.style.left = `${this.at}%`;
    this.divider.setAttribute("aria-valuenow", Math.round(this.at));
    this.divider.setAttribute("aria-valuetext", `${Math.round(this.at)} % left, ${Math.round(100 - this.at)} % right`);
  }

  /** The ids on both sides: the chosen ones where they are there, else the first two. */
  sides() {
    const { left, right } = this.bus.state;
    const there = (id) => id !== null && this.ids.includes(id);
    return [there(left) ? left : this.ids[0], there(right) ? right : this.ids[1]];
  }

  /** ids: in the order of the panes, "" the original where there is one. */
  options(ids, nameOf) {
    const key = ids.map(nameOf).join("|");
    this.ids = ids;
    if (key !== this.key) for (const select of this.selects) select.replaceChildren(...ids.map((id) => h("option", { value: id }, nameOf(id))));
    this.key = key;
  }

  fill(sources, show, box) {
    this.sides().forEach((id, i) => {
      this.selects[i].value = id;
      Object.assign(this.panes[i], { source: sources.get(id, show), box, id });
    });
  }
}
