// @ts-check
// A stage that zooms and moves: wheel, pinch, drag and double click change the view; what is under the pointer is told in
// the units of the content.

import { clampView, fitScale, toContent, toScreen, wholeView, zoomAt } from "../draw/geometry.js";
import { Stage } from "./stage.js";

const MAX_ZOOM = 60;
const DRAG_PX = 4; // less is a click with a trembling hand
const REST_MS = 90; // without a gesture, after which it has come to rest
const FINEST = 3;

/**
 * @typedef {object} Content  what a zooming stage shows, in units of its own
 * @property {(W: number, H: number) => {w: number, h: number, pad?: number} | null} size  null: nothing
 * @property {(ctx: CanvasRenderingContext2D, frame: any) => unknown} drawBase  what stays
 * @property {(ctx: CanvasRenderingContext2D, frame: any) => unknown} drawOverlay  what lights up
 * @property {(x: number, y: number, frame: any, px: number, py: number) => any} hit  what lies at a place, or null
 *
 * @typedef {object} ZoomEvents
 * @property {(stage: ZoomStage) => void} moved  the view is another: redraw all stages that share it
 * @property {(stage: ZoomStage, hit: any) => void} hover
 * @property {(stage: ZoomStage, hit: any) => void} click
 */

export class ZoomStage extends Stage {
  /** shared: a view {zoom, cx, cy} held by several stages that show the same content, or a fresh object.
   *  @param {HTMLElement} element  @param {Content} content  @param {any} on  ZoomEvents and those of heirs
   *  @param {{shared?: {view: any}, painter?: import("./pace.js").Painter | null}} [options] */
  constructor(element, content, on, { shared = { view: null }, painter = null } = {}) {
    super(element, { base: (ctx) => this.drawWith("drawBase", ctx), marks: (ctx) => this.drawWith("drawOverlay", ctx) }, { finest: FINEST, painter });
    this.content = content;
    this.on = on;
    this.shared = shared;
    this.moving = false;
    this.pointers = new Map();
    this.touch();
    this.gestures();
  }

  /** Everything a drawing function needs, in CSS pixels; null while hidden or empty. */
  frame() {
    const { W, H, dpr } = this.size;
    const size = this.content.size(W, H);
    if (!size || this.hidden) return null;
    const { w, h, pad = 0 } = size;
    const scale = fitScale(w, h, W, H, pad);
    if (scale <= 0) return null;
    const view = this.settle(this.shared.view ?? wholeView(w, h), { w, h, W, H, scale, pad });
    const place = (x, y) => toScreen(view, scale, W, H, x, y);
    return { W, H, w, h, pad, scale, view, s: scale * view.zoom, place, dpr, moving: this.moving };
  }

  drawWith(method, ctx) {
    const frame = this.frame();
    if (frame) this.content[method](ctx, frame);
  }

  get zoomed() {
    return (this.shared.view?.zoom ?? 1) > 1.001;
  }

  /** A finger scrolls the page until there is something to move. */
  touch() {
    this.element.style.touchAction = this.zoomed ? "none" : "pan-y";
  }

  setView(view) {
    this.shared.view = view;
    this.touch();
    this.on.moved(this);
  }

  reset() {
    this.setView(null);
  }

  zoom(px, py, factor) {
    const frame = this.frame();
    if (!frame) return;
    this.gesture();
    this.setView(this.settle(zoomAt(frame.view, frame.scale, frame.W, frame.H, px, py, factor, MAX_ZOOM), frame));
  }

  /** About the middle. */
  zoomBy(factor) {
    this.zoom(this.size.W / 2, this.size.H / 2, factor);
  }

  pan(dx, dy) {
    const frame = this.frame();
    if (!frame) return;
    this.gesture();
    const { view, s } = frame;
    this.setView(this.settle({ ...view, cx: view.cx - dx / s, cy: view.cy - dy / s }, frame));
  }

  /** Bring content position (x, y) to the middle if zooming has put it off the stage. */
  reveal(x, y) {
    const frame = this.frame();
    if (!frame || !this.zoomed) return;
    const [px, py] = frame.place(x, y);
    if (px >= 0 && py >= 0 && px <= frame.W && py <= frame.H) return;
    this.setView(this.settle({ ...frame.view, cx: x, cy: y }, frame));
  }

  /** Padding is air around the content at every zoom, so that points at the rim stay clear of the border. */
  settle(view, { w, h, W, H, scale, pad }) {
    return clampView(view, w, h, Math.max(W - 2 * pad, 1), Math.max(H - 2 * pad, 1), scale, MAX_ZOOM);
  }

  /** While a gesture lasts, heavy layers may draw a stretched copy; one sharp drawing follows. */
  gesture() {
    this.moving = true;
    this.resting?.();
    this.resting = this.after(() => {
      this.moving = false;
      this.redraw();
    }, REST_MS);
  }

  /** What lies under a place of the stage, or null. */
  hit(px, py) {
    const frame = this.frame();
    if (!frame) return null;
    const [x, y] = toContent(frame.view, frame.scale, frame.W, frame.H, px, py);
    return this.content.hit(x, y, frame, px, py);
  }

  gestures() {
    const { element } = this;
    this.listen(element, "wheel", (event) => this.wheel(event), { passive: false });
    this.listen(element, "dblclick", () => this.reset());
    this.listen(element, "pointerdown", (event) => this.down(event));
    this.listen(element, "pointermove", (event) => this.move(event));
    this.listen(element, ["pointerup", "pointercancel"], (event) => this.up(event));
    this.listen(element, "pointerleave", () => this.pointers.size === 0 && this.on.hover(this, null));
  }

  wheel(event) {
    // Zooming out of the whole view is not ours: the page scrolls on.
    if (event.deltaY > 0 && !this.zoomed) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const [px, py] = this.at(event);
    this.zoom(px, py, Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0022)));
  }

  down(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, this.at(event));
    this.dragged = this.pointers.size > 1;
    this.from = this.at(event);
  }

  move(event) {
    const [px, py] = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.on.hover(this, this.hit(px, py));
    if (this.pointers.size === 2) this.pinch(event.pointerId, [px, py]);
    else {
      if (!this.dragged && Math.hypot(px - this.from[0], py - this.from[1]) < DRAG_PX) return;
      if (!this.dragged && this.zoomed) this.element.setPointerCapture(event.pointerId);
      this.dragged = true;
      if (this.zoomed) this.pan(px - before[0], py - before[1]);
    }
    this.pointers.set(event.pointerId, [px, py]);
  }

  pinch(id, now) {
    const other = [...this.pointers].find(([key]) => key !== id)[1];
    const before = this.pointers.get(id);
    const factor = Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
    this.zoom((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, factor);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId) || event.type === "pointercancel" || this.dragged) return;
    const [px, py] = this.at(event);
    const hit = this.hit(px, py);
    if (hit) this.on.click(this, hit);
    if (event.pointerType === "touch") this.on.hover(this, null);
  }
}
