// @ts-check
// One pane: a picture that zooms and moves together with all others that share its view.

import { Component } from "../kit/component.js";
import { h } from "../kit/widgets/dom.js";
import { ZoomStage } from "../kit/stage/zoom.js";
import { outline } from "../kit/draw/colours.js";

const PAN_PX = 40;
const KEYS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const CROSS_PX = 9;
const SHARP_FROM = 2; // screen pixels a pixel of the picture, from which its pixels are drawn as squares

/** shared: {view, moving} of all panes, which one `painter` draws. on: {moved(), hover(pane, {x, y} | null), click(pane,
 *  {x, y}), key(key) -> handled}. `source` (canvas), `box`, `cross` and `head` (a share of the width) are drawn; set them,
 *  then ask the stage to. */
export class Pane extends Component {
  constructor(label, shared, on, painter) {
    super();
    this.element = h("div", { class: "cp-stage", tabindex: 0, role: "application", "aria-label": label });
    this.shared = shared;
    this.on = on;
    this.source = this.box = this.cross = this.head = this.pin = null;
    const events = {
      moved: () => on.moved(),
      hover: (_, hit) => on.hover(this, hit),
      click: (_, hit) => hit && on.click(this, hit),
    };
    this.stage = this.part(new ZoomStage(this.element, this, events, { shared, painter }));
    this.listen(this.element, "keydown", (event) => this.key(event));
  }

  /** @param {number} _W @param {number} _H @returns {any} */
  size(_W, _H) {
    return this.source && { w: this.source.width, h: this.source.height };
  }

  /** @param {number} x @param {number} y @param {any} _frame @param {number} _px @param {number} _py @returns {any} */
  hit(x, y, _frame, _px, _py) {
    return this.source && x >= 0 && y >= 0 && x < this.source.width && y < this.source.height ? { x, y } : null;
  }

  drawBase(ctx, { W, H, s, view, dpr, place }) {
    ctx.imageSmoothingEnabled = s * dpr < SHARP_FROM;
    ctx.imageSmoothingQuality = this.shared.moving ? "low" : "high"; // sharp again as soon as it rests
    // Only what is in sight: at 60 times its size a picture would be 30,000 pixels wide.
    const [left, top] = [Math.max(0, Math.floor(view.cx - W / 2 / s)), Math.max(0, Math.floor(view.cy - H / 2 / s))];
    const width = Math.min(this.source.width - left, Math.ceil(W / s) + 2);
    const height = Math.min(this.source.height - top, Math.ceil(H / s) + 2);
    ctx.drawImage(this.source, left, top, width, height, ...place(left, top), width * s, height * s);
  }

  drawOverlay(ctx, { place, s }) {
    if (this.box) {
      const [top, left, height, width] = this.box;
      const [x, y] = place(left, top);
      outline(ctx, (path) => path.rect(x, y, width * s, height * s), 1.5);
    }
    if (this.head !== null) {
      const [x, y] = place(this.head * this.source.width, 0);
      outline(
        ctx,
        (path) => {
          path.moveTo(x, y);
          path.lineTo(x, y + this.source.height * s);
        },
        1.5,
      );
    }
    if (!this.cross) return;
    const [x, y] = place(this.cross.x, this.cross.y);
    outline(
      ctx,
      (path) => {
        path.moveTo(x - CROSS_PX, y);
        path.lineTo(x + CROSS_PX, y);
        path.moveTo(x, y - CROSS_PX);
        path.lineTo(x, y + CROSS_PX);
      },
      1,
    );
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.press(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  press(key) {
    const { stage } = this;
    const [dx, dy] = KEYS[key] ?? [];
    if (key in KEYS) stage.pan(dx * PAN_PX, dy * PAN_PX);
    else if (key === "+" || key === "=") stage.zoomBy(1.4);
    else if (key === "-") stage.zoomBy(1 / 1.4);
    else if (key === "0") stage.reset();
    else return this.on.key(key);
    return true;
  }
}

/** A pane with its caption. line: its figures. worst: {label} of a button, which asks to `show` it; null without one. */
export function figureOf(pane, { name, before, won, line, worst, show, tokenizer, control, movie }) {
  const link = { type: "button", class: "dte-link", title: "Show what this one does worst", "data-act": "worst", onclick: () => show(worst) };
  const caption = h(
    "figcaption",
    {},
    h("b", { title: name }, before + name, won ? " ✓ your vote" : ""),
    line ? h("span", {}, line) : null,
    worst ? h("button", link, worst.label) : null,
  );
  if (control) caption.append(control);
  return h("figure", { class: "cp-pane", "data-tokenizer": tokenizer }, pane.element, movie, caption);
}
