// @ts-check
// The sides of a player: the panels of one run in two columns, with its curves below both, or of two runs beside each other.
// A panel that fails says so in its place, and the others go on.

import { Component } from "../component.js";
import { addStyleSheet } from "../page/component.js";
import { h, say } from "../widgets/dom.js";

/** The sheets of the player, for whoever shows its panels. */
export const loadSheets = () => Promise.all(["player.css", "plane/plane.css"].map((name) => addStyleSheet(new URL(name, import.meta.url).href)));

/** A panel in a section of its own: {section, panel}. create(section, env) -> {draw(view), destroy?, snapshot?}. */
export function makePanel(name, create, env) {
  const section = h("section", { class: `lab-panel lab-panel-${name}` });
  return { section, panel: guard(name, () => create(section, env), section) };
}

export class Sides extends Component {
  /** panels: {centre, right}, each name -> create. drawn(i): a new frame of side i is on its plane. */
  constructor(panels, env, drawn) {
    super();
    this.panels = panels;
    this.env = env;
    this.drawn = drawn;
    this.sides = [];
    this.element = h("div", { class: "lab-sides" });
    this.own(() => this.set(0));
  }

  get count() {
    return this.sides.length;
  }

  /** So many sides; their names are seen where there are two. */
  set(count) {
    if (this.sides.length === count) return;
    while (this.sides.length > count) {
      const side = this.sides.pop();
      for (const { panel } of side.panels) panel.destroy?.();
      side.element.remove();
    }
    while (this.sides.length < count) this.add(this.sides.length);
    for (const side of this.sides) side.heading.hidden = count === 1;
  }

  add(i) {
    const name = "AB"[i];
    const { aboutOf, about } = this.env;
    const env = { ...this.env, side: i, about: aboutOf ? aboutOf(i) : about, drawn: () => this.drawn(i) };
    const make = (list) => Object.entries(list).map(([id, create]) => ({ id, ...makePanel(id, create, env) }));
    const [centre, right] = [make(this.panels.centre), make(this.panels.right)];
    const wide = (p) => p.id === "curves"; // many small plots: below both columns, which would end at different heights
    const words = h("span", { class: "lab-side-words" });
    const heading = h("h2", { class: "lab-side-name", hidden: true }, h("b", {}, name), words);
    const element = h(
      "div",
      { class: "lab-side", "data-side": name },
      heading,
      h("div", { class: "lab-centre" }, ...centre.map((p) => p.section)),
      h("div", { class: "lab-right" }, ...right.filter((p) => !wide(p)).map((p) => p.section)),
      h("div", { class: "lab-below" }, ...right.filter(wide).map((p) => p.section)),
    );
    this.sides.push({ element, heading, words, panels: [...centre, ...right], plane: centre.find(({ id }) => id === "plane").panel });
    this.element.append(element);
  }

  /** views: one a side. wordsOf(i): what stands beside the name of side i. */
  draw(views, wordsOf) {
    this.sides.forEach((side, i) => {
      for (const { panel } of side.panels) panel.draw(views[i]);
      say(side.words, wordsOf(i));
    });
  }

  /** The planes as they are: [{name, canvas}]. stepOf(i): the step on side i. */
  snapshots(stepOf) {
    return this.sides
      .filter(({ plane }) => plane.snapshot)
      .map(({ plane }, i) => ({ name: `latent-plane${this.sides.length > 1 ? `-${"ab"[i]}` : ""}-step-${stepOf(i)}.png`, canvas: plane.snapshot() }));
  }
}

/** A panel that fails says so in its place, and the others go on. */
function guard(name, create, section) {
  const fail = (error) => {
    console.error(`the panel ${name} failed`, error);
    section.dataset.failed = "";
    return null;
  };
  let panel;
  try {
    panel = create();
  } catch (error) {
    fail(error);
    section.textContent = "This panel could not be shown.";
    return { draw() {} };
  }
  const draw = (view) => {
    try {
      panel.draw(view);
    } catch (error) {
      if (section.dataset.failed === undefined) fail(error); // once, not at each of 30 frames a second
    }
  };
  return { draw, snapshot: panel.snapshot ? () => panel.snapshot() : undefined, destroy: () => panel.destroy?.() };
}
