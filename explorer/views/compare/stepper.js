// @ts-check
// Which medium of a set is on screen: back, on, or by name.

import { Component } from "../kit/component.js";
import { h } from "../kit/widgets/dom.js";

export class Stepper extends Component {
  constructor(bus) {
    super();
    this.bus = bus;
    const button = (text, title, by) =>
      h("button", { type: "button", class: "cp-small", title, "aria-label": title, onclick: () => bus.go(bus.state.at + by) }, text);
    this.back = button("‹", "Previous picture of the set", -1);
    this.next = button("›", "Next picture of the set", 1);
    this.names = h("select", { class: "cb-select", "aria-label": "Picture of the set", onchange: () => bus.go(Number(this.names.value)) });
    this.element = h("span", { class: "cp-stepper", hidden: true }, this.back, this.names, this.next);
    this.own(bus.on(["run", "job", "at"], () => this.step()));
    this.step();
  }

  step() {
    const { run, at } = this.bus.state;
    const names = run?.names ?? [];
    this.element.hidden = names.length < 2;
    if (this.listed !== names) this.names.replaceChildren(...names.map((name, i) => h("option", { value: i }, `${i + 1} of ${names.length}: ${name}`)));
    this.listed = names;
    this.names.value = String(at);
    this.back.disabled = at <= 0;
    this.next.disabled = at >= names.length - 1;
  }
}
