// @ts-check
// A lens over the latent plane: wheel, pinch, dragging, double click, buttons and keys bring a part of it nearer. It belongs
// to the hand that holds it: no link keeps it, and another run, basis or what fills the plane puts it away.

import { Component } from "../../component.js";
import { h } from "../../widgets/dom.js";

export const MOST = 200; // times nearer; codes of a run that collapses lie close together
const STEP = 1.6; // of a button or a key
const DRAG_PX = 4; // less is a click with a trembling hand

/** @typedef {{x: number, y: number, half: number}} Square  what is seen: its middle, and half of its shorter side */

/** The part that is seen, kept inside of the whole on a stage of W x H px; null where it is the whole. Pure.
 *  @param {Square | null} lens  @param {Square} whole  @param {number} W  @param {number} H  @returns {Square | null} */
export function partOf(lens, whole, W, H) {
  if (!lens || !(lens.half < whole.half * 0.999)) return null;
  const half = Math.max(lens.half, whole.half / MOST);
  const least = Math.max(Math.min(W, H), 1);
  const keep = (at, middle, side) => Math.min(Math.max(at, middle - ((whole.half - half) * side) / least), middle + ((whole.half - half) * side) / least);
  return { x: keep(lens.x, whole.x, W), y: keep(lens.y, whole.y, H), half };
}

/** What is seen after zooming by `factor`, so that the place (x, y) of the plane stays where it is. Pure.
 *  @param {Square} seen  @param {number} x  @param {number} y  @param {number} factor  @param {Square} whole */
export function nearer(seen, x, y, factor, whole) {
  const half = Math.min(Math.max(seen.half / factor, whole.half / MOST), whole.half);
  const share = half / seen.half;
  return { x: x + (seen.x - x) * share, y: y + (seen.y - y) * share, half };
}

/**
 * plane: {field, stage, whole() -> Square or null, seen() -> placing of what is seen, taken() -> whether gestures are
 * for another, redraw()}.
 */
export class Lens extends Component {
  constructor(plane) {
    super();
    this.plane = plane;
    this.square = null;
    this.dragged = false; // so that the click which ends a drag chooses nothing
    this.pointers = new Map();
    const button = (text, label, act) => h("button", { type: "button", class: "dte-button lab-button", "aria-label": label, title: label, onclick: act }, text);
    this.whole = button("⤢", "Show everything again", () => this.reset());
    const [out, into] = [button("−", "Zoom out", () => this.zoomBy(1 / STEP)), button("+", "Zoom in", () => this.zoomBy(STEP))];
    this.element = h("span", { class: "lab-group lab-zooms", role: "group", "aria-label": "Zoom of the plane" }, out, into, this.whole);
    this.set(null);
    const { field } = plane;
    this.listen(field, "wheel", (event) => this.wheel(event), { passive: false });
    this.listen(field, "dblclick", () => plane.taken() || this.reset());
    this.listen(field, "pointerdown", (event) => this.down(event));
    this.listen(field, "pointermove", (event) => this.move(event));
    this.listen(field, ["pointerup", "pointercancel", "lostpointercapture"], (event) => this.pointers.delete(event.pointerId));
  }

  /** What is seen of the whole: the lens, where there is one. @param {Square} whole  @param {number} W  @param {number} H */
  over(whole, W, H) {
    return partOf(this.square, whole, W, H) ?? whole;
  }

  /** @param {Square | null} square */
  set(square) {
    const { field, stage, whole, redraw } = this.plane;
    const all = whole();
    this.square = all ? partOf(square, all, stage.size.W, stage.size.H) : null;
    /** @type {HTMLButtonElement} */ (this.whole).disabled = !this.square;
    this.touch();
    field.dataset.zoom = this.square ? (all.half / this.square.half).toFixed(2) : "1";
    redraw();
  }

  /** A finger scrolls the page until there is something to move. */
  touch() {
    this.plane.field.style.touchAction = this.square || this.plane.taken() ? "none" : "pan-y";
  }

  reset() {
    if (this.square) this.set(null);
  }

  zoom(px, py, factor) {
    const whole = this.plane.whole();
    if (!whole) return;
    const { W, H } = this.plane.stage.size;
    const [x, y] = this.plane.seen().world(px, py);
    this.set(nearer(this.over(whole, W, H), x, y, factor, whole));
  }

  /** About the middle. */
  zoomBy(factor) {
    this.zoom(this.plane.stage.size.W / 2, this.plane.stage.size.H / 2, factor);
  }

  /** Bring a place of the plane to the middle, where the lens has left it outside. */
  reveal(x, y) {
    const { W, H } = this.plane.stage.size;
    if (!this.square) return;
    const { left, top, scale } = this.plane.seen();
    const [px, py] = [left + scale * x, top - scale * y];
    if (px < 0 || py < 0 || px > W || py > H) this.set({ ...this.square, x, y });
  }

  /** @param {string} key  @returns whether it was for the lens */
  key(key) {
    if (key === "+" || key === "=") this.zoomBy(STEP);
    else if (key === "-") this.zoomBy(1 / STEP);
    else if (key === "0") this.reset();
    else return false;
    return true;
  }

  wheel(event) {
    if (this.plane.taken() || (event.deltaY > 0 && !this.square)) return; // zooming out of the whole: the page scrolls on
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoom(...this.plane.stage.at(event), Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0022)));
  }

  down(event) {
    if (event.button !== 0 || this.plane.taken()) return;
    this.from = this.plane.stage.at(event);
    this.pointers.set(event.pointerId, this.from);
    this.dragged = this.pointers.size > 1;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.plane.stage.at(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (at) => Math.max(1, Math.hypot(at[0] - other[0], at[1] - other[1]));
      this.zoom((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, apart(now) / apart(before));
    } else {
      if (!this.square || (!this.dragged && Math.hypot(now[0] - this.from[0], now[1] - this.from[1]) < DRAG_PX)) return;
      if (!this.dragged) this.plane.field.setPointerCapture(event.pointerId);
      this.dragged = true;
      const { scale } = this.plane.seen();
      this.set({ ...this.square, x: this.square.x - (now[0] - before[0]) / scale, y: this.square.y + (now[1] - before[1]) / scale });
    }
    this.pointers.set(event.pointerId, now);
  }
}
