// @ts-check
// A pane whose content is drawn by heirs: as wide as all of it, whatever the proportions of the pane.

import { Pane } from "./pane.js";

export class DrawnPane extends Pane {
  size(W, H) {
    return this.source && { w: this.source.unit, h: (this.source.unit * H) / Math.max(1, W) };
  }

  /** What lights up: what is pointed at, here or in another pane, or else what was chosen. */
  get mark() {
    return this.cross ?? this.pin ?? null;
  }

  get theme() {
    return this.stage.size.theme;
  }

  /** The part of `count` things side by side that is in sight. */
  span({ view, W, s, w }, count) {
    const share = (x) => Math.min(1, Math.max(0, x / w)) * count;
    return { from: share(view.cx - W / 2 / s), to: share(view.cx + W / 2 / s) };
  }
}
