// @ts-check
// Which picture is read: a sample, or the visitor's own.

import { Component } from "../kit/component.js";
import { acceptFiles } from "../kit/wire/accept.js";
import { sendFiles } from "../kit/wire/files.js";
import { bytes } from "../kit/wire/format.js";
import { nextIndex } from "../kit/widgets/sample_strip.js";
import { h } from "../kit/widgets/dom.js";
import { note } from "../kit/widgets/panel.js";

export class Chooser extends Component {
  /** page: {bus, pictures}. on.pick(picture). */
  constructor(page, on) {
    super();
    this.page = page;
    this.on = on;
    this.sending = null;
    this.own(() => this.sending?.abort());
    this.trouble = h("p", { class: "cb-status", hidden: true });
    this.input = h("input", {
      type: "file",
      accept: acceptFiles("image"),
      "aria-label": "A picture of your own",
      onchange: () => this.take([...this.input.files]),
    });
    this.drop = h(
      "label",
      { class: "dte-drop lg-drop", title: "A picture of your own: it stays on this server and goes when you close the page" },
      this.input,
      h("b", {}, "Your own"),
    );
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      this.drop.addEventListener(name, (event) => {
        event.preventDefault();
        this.drop.classList.toggle("is-over", name === "dragenter" || name === "dragover");
        if (name === "drop") this.take([...event.dataTransfer.files]);
      });
    }
    this.tiles = page.pictures.map((one) => this.tile(one));
    this.strip = h(
      "div",
      { class: "lg-strip", role: "radiogroup", "aria-label": "The picture that is read", onkeydown: (event) => this.key(event) },
      ...this.tiles,
    );
    this.element = h("div", { class: "lg-choose" }, this.strip, this.drop, this.trouble);
    page.bus.on(["picture"], () => this.draw());
    this.draw();
  }

  tile({ id, title, about, image }) {
    const words = { type: "button", class: "lg-tile", role: "radio", "data-picture": id, "aria-label": title, title: `${title}. ${about}` };
    return h("button", { ...words, onclick: () => this.on.pick(id) }, h("img", { loading: "lazy", src: image, alt: "" }));
  }

  key(event) {
    const at = nextIndex(event.key, this.tiles.indexOf(/** @type {any} */ (document.activeElement)), this.tiles.length);
    if (at === null || this.tiles.length === 0) return;
    event.preventDefault();
    this.tiles[at].focus();
  }

  async take(files) {
    this.input.value = ""; // the same file may be chosen again
    if (files.length === 0 || this.sending) return;
    try {
      if (files.length > 1) throw new Error("Choose one picture.");
      this.sending = sendFiles(files, (loaded, total) => note(this.trouble, `Sending: ${bytes(loaded)} of ${bytes(total)}`), "tokenize");
      const { title, image } = await this.page.bus.ask("own", { files: await this.sending.done });
      note(this.trouble, "");
      this.tiles = [...this.tiles.filter(({ dataset }) => dataset.picture !== "own"), this.tile({ id: "own", title, about: "Your own", image })];
      this.strip.replaceChildren(...this.tiles);
      this.on.pick("own");
    } catch (error) {
      note(this.trouble, error.message, "problem");
    } finally {
      this.sending = null;
    }
  }

  draw() {
    for (const tile of this.tiles) {
      const chosen = tile.dataset.picture === this.page.bus.state.picture;
      tile.setAttribute("aria-checked", String(chosen));
      tile.tabIndex = chosen ? 0 : -1;
    }
  }
}
