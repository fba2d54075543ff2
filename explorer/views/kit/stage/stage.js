// @ts-check
// The stage of every canvas that is drawn on a page: layers over each other on one element, as fine as the screen, drawn
// at most once an animation frame, in the colours of the theme.

import { Component } from "../component.js";
import { readTheme } from "../draw/colours.js";
import { h } from "../widgets/dom.js";
import { GAP_MS, Painter, throttle } from "./pace.js";

const NEAR_PX = 80; // outside of the screen, where a heavy layer is drawn already
const LEAST_PX = 8; // a stage that is smaller is hidden

/**
 * @typedef {object} Size
 * @property {number} W  in CSS pixels
 * @property {number} H
 * @property {number} dpr  device pixels a CSS pixel
 * @property {import("../draw/colours.js").Theme} theme
 *
 * @typedef {(ctx: CanvasRenderingContext2D, size: Size) => unknown} Draw
 *
 * @typedef {object} Layer
 * @property {Draw} draw
 * @property {number} [gap]  of a heavy layer: ms between two drawings at least, and none while it is out of sight
 * @property {boolean} [opaque]  it covers the whole stage, which is quicker to put on the page
 * @property {Record<string, any>} [attributes]  of its canvas
 *
 * @typedef {object} StageEvents
 * @property {(x: number, y: number) => void} [point]
 * @property {() => void} [leave]
 * @property {(x: number, y: number) => void} [press]
 * @property {(key: string, shift: boolean) => unknown} [key]  true: it was taken
 *
 * @typedef {object} StageOptions
 * @property {number} [finest]  device pixels a CSS pixel at most
 * @property {Painter | null} [painter]  of stages that are drawn together
 * @property {StageEvents} [on]
 */

export class Stage extends Component {
  /**
   * element: takes the canvases. layers: from the lowest to the highest; "base" is what stays, "marks" what lights up.
   * @param {HTMLElement} element  @param {Record<string, Draw | Layer>} layers  @param {StageOptions} [options]
   */
  constructor(element, layers, { finest = 2, painter = null, on = {} } = {}) {
    super();
    this.element = element;
    this.finest = finest;
    /** @type {Size} */
    this.size = { W: 0, H: 0, dpr: 1, theme: null };
    this.painter = painter ?? this.part(new Painter());
    /** @type {Record<string, Layer>} */
    this.layers = {};
    /** @type {Record<string, HTMLCanvasElement>} */
    this.canvases = {};
    /** @type {Record<string, {request: () => void}>} */
    this.paces = {};
    for (const [name, layer] of Object.entries(layers)) this.addLayer(name, typeof layer === "function" ? { draw: layer } : layer);
    element.classList.add("dte-layers");
    element.append(...Object.values(this.canvases));
    this.watchSight();
    this.onResize(element, () => this.fit());
    this.onTheme(() => {
      this.size.theme = null;
      this.redraw();
    });
    this.pointer(on);
  }

  addLayer(name, layer) {
    this.layers[name] = layer;
    this.canvases[name] = h("canvas", { "aria-hidden": layer.attributes?.role ? null : "true", ...layer.attributes });
    if (!layer.gap) return;
    const heavy = () => {
      this.stale = !this.inSight;
      if (!this.stale) this.drawNow(name, "marks");
    };
    this.paces[name] = this.part(throttle(heavy, layer.gap));
  }

  /** What nobody sees need not be drawn, if it is heavy: it is when it comes near. */
  watchSight() {
    this.inSight = true;
    this.stale = false; // asked for while it was scrolled out of sight
    if (Object.keys(this.paces).length === 0) return;
    const onChange = (now) => {
      this.inSight = now;
      if (now && this.stale) this.redraw();
    };
    this.onSight(this.element, onChange, NEAR_PX);
  }

  /** Take the size of the element. Layers are drawn at once: a canvas that was resized is empty. */
  fit() {
    const { clientWidth: W, clientHeight: H } = this.element;
    const dpr = Math.min(globalThis.devicePixelRatio || 1, this.finest);
    const { size } = this;
    if (W === size.W && H === size.H && dpr === size.dpr) return;
    Object.assign(size, { W, H, dpr });
    for (const canvas of Object.values(this.canvases)) {
      Object.assign(canvas, { width: Math.max(1, Math.round(W * dpr)), height: Math.max(1, Math.round(H * dpr)) });
    }
    this.drawNow();
  }

  /** Nothing can be drawn on it: it is drawn when it is shown, since its size changes then. */
  get hidden() {
    return this.size.W < LEAST_PX || this.size.H < LEAST_PX;
  }

  /** Draw some layers at the next frame, a heavy one when its time comes. @param {...string} names */
  request(...names) {
    if (this.disposed) return;
    const light = names.filter((name) => !this.paces[name]);
    for (const name of names) this.paces[name]?.request();
    if (light.length > 0) this.painter.request(this, light);
  }

  redraw() {
    this.request(...Object.keys(this.layers));
  }

  remark() {
    this.request("marks");
  }

  /** Draw at once, also out of sight: what a file is made of, or what was just resized. All layers, unless some are named.
   *  @param {...string} names */
  drawNow(...names) {
    const wanted = Object.keys(this.layers).filter((name) => names.length === 0 || names.includes(name));
    this.painter.paint(new Map([[this, new Set(wanted)]]));
  }

  /** What the painter calls. @param {Set<string>} names */
  drawLayers(names) {
    if (this.disposed || this.hidden) return;
    for (const name of Object.keys(this.layers)) if (names.has(name)) this.drawLayer(name);
  }

  drawLayer(name) {
    const { draw, opaque = false } = this.layers[name];
    const { W, H, dpr } = this.size;
    this.size.theme ??= readTheme(this.element); // not before: an element outside of the page has no colours yet
    const ctx = this.canvases[name].getContext("2d", { alpha: !opaque });
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.clearRect(0, 0, W, H);
    ctx.save();
    draw(ctx, this.size);
    ctx.restore();
  }

  /** Say what the lowest layer shows, for those who do not see it. @param {string} text */
  describe(text) {
    const [canvas] = Object.values(this.canvases);
    if (canvas.getAttribute("aria-label") !== text) canvas.setAttribute("aria-label", text);
  }

  /** Where an event is on the stage, in CSS pixels. A click is told in whole ones and the moves before it in fractions:
   *  both are taken in whole ones, so that what lit up is what is pressed. @param {MouseEvent} event @returns {[number, number]} */
  at(event) {
    const box = this.element.getBoundingClientRect();
    const [x, y] = [Math.floor(event.clientX), Math.floor(event.clientY)];
    return [x - box.left - this.element.clientLeft, y - box.top - this.element.clientTop];
  }

  /** @param {StageEvents} on */
  pointer({ point, leave, press, key }) {
    const { element } = this;
    if (point) this.listen(element, "pointermove", (event) => point(...this.at(event)));
    if (leave) this.listen(element, ["pointerleave", "blur"], () => leave());
    if (press) this.listen(element, "click", (event) => press(...this.at(event)));
    if (!key) return;
    this.listen(element, "keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !key(event.key, event.shiftKey)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
}

/** The element of a chart that is drawn on a canvas, and its stage: `paint(ctx, size)` draws what stays, after `gap` ms at
 *  least, `mark(ctx, size)` what lights up.
 *  @param {{label: string, className?: string, gap?: number, paint: Draw, mark?: Draw, on?: StageEvents}} options */
export function chartStage({ label, className = "", gap = GAP_MS, paint, mark = () => {}, on = {} }) {
  const live = on.key ? { tabindex: 0, role: "application", "aria-label": label } : {};
  const element = h("div", { class: `dte-board dte-lp-stage ${className}`, ...live });
  return new Stage(element, { base: { draw: paint, gap, attributes: { role: "img" } }, marks: mark }, { on });
}
