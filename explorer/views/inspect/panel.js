// @ts-check
// One panel of the inspect view: two stacked canvases (what stays, what lights up), their size, zoom and pointer.

import { clampView, fitScale, toContent, toScreen, wholeView, zoomAt } from "../kit/draw/geometry.js";

const MAX_ZOOM = 60;
const DRAG_PX = 4; // less is a click with a trembling hand

/** `content`: {size(W, H) -> {w, h, pad}, drawBase(ctx, frame), drawOverlay(ctx, frame), hit(x, y, frame) -> {code, token}}.
 *  `shared`: a view {zoom, cx, cy} held by several panels that show the same content, or a fresh object. */
export class Panel {
  constructor(stage, content, callbacks, shared = { view: null }) {
    this.stage = stage;
    this.content = content;
    this.callbacks = callbacks;
    this.shared = shared;
    this.W = this.H = 0;
    this.dpr = 1;
    this.moving = false;
    const [base, overlay] = stage.querySelectorAll("canvas");
    this.base = base;
    this.overlay = overlay;
    this.pointers = new Map();
    new ResizeObserver(() => this.resize()).observe(stage);
    this.listen();
  }

  /** Size the canvases for the stage; a hidden tab has width 0 and draws nothing until it is shown. */
  resize() {
    const { clientWidth: W, clientHeight: H } = this.stage;
    const dpr = Math.min(globalThis.devicePixelRatio || 1, 3);
    if (W === this.W && H === this.H && dpr === this.dpr) return;
    Object.assign(this, { W, H, dpr });
    for (const canvas of [this.base, this.overlay]) {
      canvas.width = Math.max(1, Math.round(W * dpr));
      canvas.height = Math.max(1, Math.round(H * dpr));
    }
    this.callbacks.redraw(this);
  }

  /** Everything a drawing function needs, in CSS pixels; null while hidden or empty. */
  frame() {
    const size = this.content.size(this.W, this.H);
    if (!size || this.W < 8 || this.H < 8) return null;
    const { w, h, pad = 0 } = size;
    const { W, H } = this;
    const scale = fitScale(w, h, W, H, pad);
    if (scale <= 0) return null;
    const view = this.settle(this.shared.view ?? wholeView(w, h), { w, h, W, H, scale, pad });
    const place = (x, y) => toScreen(view, scale, W, H, x, y);
    return { W, H, w, h, pad, scale, view, s: scale * view.zoom, place, dpr: this.dpr, moving: this.moving };
  }

  draw(which) {
    const canvas = which === "base" ? this.base : this.overlay;
    const ctx = canvas.getContext("2d");
    ctx.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    ctx.clearRect(0, 0, this.W, this.H);
    const frame = this.frame();
    if (!frame) return;
    ctx.save();
    if (which === "base") this.content.drawBase(ctx, frame);
    else this.content.drawOverlay(ctx, frame);
    ctx.restore();
  }

  get zoomed() {
    return (this.shared.view?.zoom ?? 1) > 1.001;
  }

  setView(view) {
    this.shared.view = view;
    this.stage.style.touchAction = this.zoomed ? "none" : "pan-y";
    this.callbacks.moved(this);
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
    clearTimeout(this.settled);
    this.settled = setTimeout(() => {
      this.moving = false;
      this.callbacks.redraw(this);
    }, 90);
  }

  at(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  hit(px, py) {
    const frame = this.frame();
    if (!frame) return null;
    const [x, y] = toContent(frame.view, frame.scale, frame.W, frame.H, px, py);
    return this.content.hit(x, y, frame, px, py);
  }

  listen() {
    const { stage } = this;
    stage.style.touchAction = "pan-y";
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("dblclick", () => this.reset());
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.up(event));
    stage.addEventListener("pointerleave", () => this.pointers.size === 0 && this.callbacks.hover(this, null));
  }

  wheel(event) {
    // Zooming out of the whole view is not ours: the page scrolls on.
    if (event.deltaY > 0 && !this.zoomed) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoom(...this.at(event), Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0022)));
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
    if (!before) return this.callbacks.hover(this, this.hit(px, py));
    if (this.pointers.size === 2) this.pinch(event.pointerId, [px, py]);
    else {
      if (!this.dragged && Math.hypot(px - this.from[0], py - this.from[1]) < DRAG_PX) return;
      if (!this.dragged && this.zoomed) this.stage.setPointerCapture(event.pointerId);
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
    const hit = this.hit(...this.at(event));
    if (hit) this.callbacks.click(this, hit);
    if (event.pointerType === "touch") this.callbacks.hover(this, null);
  }
}
