// @ts-check
// The stage of the map: zoom, pan and click as on every panel, and a lasso (its own mode, or the shift key).

import { toContent } from "../../kit/draw/geometry.js";
import { ZoomStage } from "../../kit/stage/zoom.js";
import { thinOut } from "./lasso.js";

const LOOP_PX = 12; // a loop that is smaller is a click

/** on: as for ZoomStage, and: looping() while a loop is drawn, lasso(polygon in content units) when it is closed. */
export class MapStage extends ZoomStage {
  setMode(mode) {
    this.mode = mode;
    this.element.dataset.mode = mode;
    this.touch();
  }

  touch() {
    this.element.style.touchAction = this.zoomed || this.mode === "lasso" ? "none" : "pan-y";
  }

  down(event) {
    super.down(event);
    this.loop = null;
    if (event.button !== 0 || this.pointers.size > 1) return; // a second finger pinches
    if (this.mode === "lasso" || event.shiftKey) this.loop = [this.at(event)];
  }

  move(event) {
    if (!this.loop || !this.pointers.has(event.pointerId)) return super.move(event);
    if (this.loop.length === 1) this.element.setPointerCapture(event.pointerId);
    this.loop = thinOut([...this.loop, this.at(event)], 2);
    this.on.looping(this);
  }

  up(event) {
    const { loop } = this;
    this.loop = null;
    const reach = loop ? Math.max(...loop.map(([x, y]) => Math.hypot(x - loop[0][0], y - loop[0][1]))) : 0;
    if (reach < LOOP_PX) {
      if (loop) this.on.looping(this);
      return super.up(event);
    }
    this.pointers.delete(event.pointerId);
    const frame = this.frame();
    if (event.type === "pointercancel" || !frame) return this.on.looping(this);
    this.on.lasso(loop.map(([px, py]) => toContent(frame.view, frame.scale, frame.W, frame.H, px, py)));
  }
}
