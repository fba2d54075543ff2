// @ts-check
// The legend of error maps: their colours, and the errors at their ends.

import { colormap } from "../kit/draw/colormaps.js";
import { h, say } from "../kit/widgets/dom.js";

export class Legend {
  constructor() {
    this.low = h("span", {});
    this.ramp = h("span", { class: "cp-ramp" });
    this.high = h("span", {});
    this.words = h("span", { class: "cp-legend-words" });
    this.element = h("div", { class: "cp-legend", hidden: true }, this.low, this.ramp, this.high, this.words);
  }

  /** show: "picture" (no legend), "signed" or "absolute". scale: the error at the ends. */
  draw(show, scale) {
    this.element.hidden = show === "picture";
    if (show === "picture") return;
    const name = show === "signed" ? "diverging" : "viridis";
    say(this.low, show === "signed" ? `−${scale.toFixed(2)}` : "0");
    say(this.high, scale.toFixed(2));
    this.ramp.style.background = `linear-gradient(90deg, ${Array.from({ length: 9 }, (_, i) => `rgb(${colormap(name, i / 8).join(" ")})`).join(", ")})`;
    say(
      this.words,
      show === "signed"
        ? "blue: too dark, orange: too bright; values in 0 to 1, one scale for all panes"
        : "mean over the channels; values in 0 to 1, one scale for all panes",
    );
  }
}
