// @ts-check
// The base of every teaching card: a picture that is dragged with the pointer, a finger or the arrow keys, its controls,
// and one sentence that says what it shows. A card gives pure functions of its state (`Spec`); all else is here.

import { Component } from "../../kit/component.js";
import { Stage } from "../../kit/stage/stage.js";
import { h, say } from "../../kit/widgets/dom.js";
import { addressWriter } from "../../kit/wire/bus.js";
import { mergeLayers, saveCanvas } from "../../kit/wire/files.js";
import { sentence } from "../written.js";
import { makeControl } from "./controls.js";
import { handleAt, keyMove, planeOf, within } from "./plane.js";
import { readState, writeState } from "./state.js";

/**
 * @typedef {object} Handle  what can be dragged
 * @property {string} id
 * @property {string} name  as it is spoken: "code 3"
 * @property {number} x  in units of the plane
 * @property {number} y
 *
 * @typedef {object} Found  what follows from a state
 * @property {string} words  what the picture shows, in a sentence or two
 * @property {Record<string, number | string>} facts  `data-*` of the card, which tasks ask for
 *
 * @typedef {object} Scene  what a picture is drawn from
 * @property {any} state  @property {any} found  @property {import("./plane.js").Plane} plane
 * @property {number} W  @property {number} H  @property {import("../../kit/draw/colours.js").Theme} theme
 * @property {string | null} lit  id of the handle that is held, pointed at or has the focus
 *
 * @typedef {object} Spec
 * @property {{x: number, y: number, half: number}} window  of the plane that is always seen
 * @property {Record<string, import("./state.js").Value>} first  the state as it opens; its names are those of the address
 * @property {(state: any) => any} fit  a state that is whole, of any that an address may bring or a control make
 * @property {(state: any) => Found & any} find
 * @property {(state: any, found: any) => Handle[]} handles
 * @property {(state: any, id: string, x: number, y: number) => any} move  the state with a handle at x, y
 * @property {(state: any, patch: any) => any} [change]  the state after a control set some of it, where more follows
 * @property {(state: any, dx: number, dy: number) => any} [turn]  the state after dragging where no handle is, in units
 * @property {import("./controls.js").Control[]} controls
 * @property {(ctx: CanvasRenderingContext2D, scene: Scene) => void} draw
 * @property {{label: string, draw: (ctx: CanvasRenderingContext2D, scene: Scene) => void, height?: number}} [chart]  a second picture
 */

const REACH_PX = { mouse: 20, pen: 26, touch: 34 };
const PLAY_MS = 450; // between two states of what plays
const SPOKEN_MS = 500; // after the last change, what it shows is said

export class TeachingCard extends Component {
  /** @param {HTMLElement} root @param {string} name @param {{title: string, does: string}} words @param {Spec} spec */
  constructor(root, name, words, spec, win = window) {
    super();
    this.root = root;
    this.name = name;
    this.spec = spec;
    this.held = this.over = this.playing = this.stop = this.due = this.told = null;
    this.buttons = new Map();
    this.opened = this.state = spec.fit(readState(spec.first, win.location.search));
    this.writeSoon = addressWriter((search) => writeState(spec.first, this.state, search), win);
    this.own(() => this.writeSoon.cancel());
    this.build(words);
    this.pointer();
    this.update();
  }

  build({ title, does }) {
    const { spec } = this;
    this.controls = spec.controls.map((one) => makeControl(one, { change: (patch) => this.change(patch), act: (control) => this.act(control) }));
    const row = (some) => spec.controls.flatMap(({ kind }, i) => (some(kind) ? [this.controls[i].element] : []));
    const isButton = (kind) => kind === "button" || kind === "play";
    this.words = h("p", { class: "le-words" });
    this.said = "";
    this.spoken = h("p", { class: "dte-spoken", role: "status" });
    this.board = h("div", { class: "dte-board le-board", role: "group", "aria-label": `${title}: picture to drag` });
    const chart = spec.chart ? h("div", { class: "dte-board le-chart", style: `height: ${spec.chart.height ?? 180}px` }) : null;
    const link = (text, act) => h("button", { type: "button", class: "dte-link", onclick: act }, text);
    this.element = h(
      "article",
      { class: "le-card", "aria-label": title },
      h("header", { class: "le-card-head" }, h("h2", {}, title), h("p", {}, does)),
      this.board,
      h(
        "div",
        { class: "le-side" },
        h("div", { class: "le-controls" }, ...row((kind) => !isButton(kind)), h("div", { class: "le-buttons" }, ...row(isButton))),
        chart,
        this.words,
        this.spoken,
        h(
          "p",
          { class: "dte-exports" },
          link("Reset", () => this.reset()),
          link("Picture, .png", () => this.save()),
        ),
      ),
    );
    this.element.dataset.card = this.name;
    this.root.replaceChildren(this.element);
    const scene = (size) => ({ ...size, plane: this.plane(size), state: this.state, found: this.found, lit: this.held ?? this.over });
    const base = { draw: (ctx, size) => spec.draw(ctx, scene(size)), attributes: { role: "img" } };
    this.stage = this.part(new Stage(this.board, { base }));
    this.onResize(this.board, () => this.place());
    if (chart) {
      const drawn = { draw: (ctx, size) => spec.chart.draw(ctx, scene(size)), attributes: { role: "img", "aria-label": spec.chart.label } };
      this.chart = this.part(new Stage(chart, { base: drawn }));
    }
  }

  plane({ W, H }) {
    return planeOf(this.spec.window, W, H);
  }

  /** Another state, shown at the next frame; several within a frame are one. */
  set(state) {
    this.state = this.spec.fit(state);
    this.due ??= this.nextFrame(() => this.update());
    this.writeSoon();
  }

  change(patch) {
    this.play(null);
    this.set(this.spec.change?.(this.state, patch) ?? { ...this.state, ...patch });
  }

  act(control) {
    if (control.kind === "button") {
      this.play(null);
      this.set(control.act(this.state));
    } else this.play(this.playing === control ? null : control);
  }

  /** State after state, until there is no next one. */
  play(control) {
    this.stop?.();
    this.stop = null;
    this.playing = control;
    if (control) {
      const next = () => {
        const state = control.act(this.state);
        if (state === null) this.play(null);
        else this.set(state);
      };
      this.stop = this.repeat(next, PLAY_MS);
      next();
    }
    this.due ??= this.nextFrame(() => this.update());
  }

  /** Back to what the link opened; from there to what the card opens with without one. */
  reset() {
    this.play(null);
    const same = writeState(this.spec.first, this.state, "") === writeState(this.spec.first, this.opened, "");
    this.set(same ? this.spec.first : this.opened);
  }

  update() {
    this.due?.();
    this.due = null;
    this.found = this.spec.find(this.state);
    for (const [name, value] of Object.entries(this.found.facts)) this.element.dataset[name] = String(value);
    for (const control of this.controls) control.refresh(this.state, this.playing);
    if (this.said !== this.found.words) this.words.replaceChildren(...sentence((this.said = this.found.words)));
    this.place();
    this.paint();
    this.told?.();
    this.told = this.after(() => this.tell(), SPOKEN_MS);
  }

  paint() {
    this.stage.drawNow();
    this.chart?.drawNow();
  }

  /** A handle is a button without a look of its own, over its mark: for the keyboard and for those who do not see. */
  place() {
    const plane = this.plane(this.stage.size);
    this.handles = this.spec.handles(this.state, this.found);
    const ids = new Set(this.handles.map(({ id }) => id));
    for (const [id, button] of this.buttons) {
      if (ids.has(id)) continue;
      button.remove();
      this.buttons.delete(id);
    }
    for (const { id, name, x, y } of this.handles) {
      if (!this.buttons.has(id)) this.addButton(id, name);
      const [px, py] = plane.at(x, y);
      this.buttons.get(id).style.transform = `translate(${px.toFixed(1)}px, ${py.toFixed(1)}px)`;
    }
    if (!this.stage.hidden) this.element.dataset.ready = "true"; // before it has a size nothing can be dragged
  }

  addButton(id, name) {
    const button = h("button", { type: "button", class: "le-handle", "data-handle": id, "aria-label": `${name}, move with the arrow keys` });
    const light = (on) => {
      this.over = on ? id : null;
      this.paint();
    };
    button.addEventListener("focus", () => light(true));
    button.addEventListener("blur", () => light(false));
    button.addEventListener("keydown", (event) => this.key(event, id));
    this.buttons.set(id, button);
    this.board.append(button);
  }

  key(event, id) {
    const by = keyMove(event.key, event.shiftKey, this.spec.window.half);
    if (this.due) this.update(); // keys come faster than frames: what is drawn may be older than the state
    const handle = this.handles.find((one) => one.id === id);
    if (!by || !handle || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.moveTo(id, handle.x + by[0], handle.y + by[1]);
  }

  moveTo(id, x, y) {
    const [a, b] = within(this.spec.window, x, y);
    this.set(this.spec.move(this.state, id, a, b));
  }

  worldAt(event) {
    const [px, py] = this.stage.at(event);
    return this.plane(this.stage.size).world(px, py);
  }

  hit(event) {
    const [px, py] = this.stage.at(event);
    return handleAt(this.handles, this.plane(this.stage.size), px, py, REACH_PX[event.pointerType] ?? REACH_PX.mouse);
  }

  pointer() {
    const { board } = this;
    this.listen(board, "pointerdown", (event) => this.grab(event));
    this.listen(board, "pointermove", (event) => this.drag(event));
    this.listen(board, ["pointerup", "pointercancel", "lostpointercapture"], () => this.release());
    this.listen(board, "pointerleave", () => this.point(null));
    // A finger on a handle drags it; elsewhere it scrolls the page, as everywhere.
    const still = (event) => event.cancelable && (this.held !== null || this.spec.turn) && event.preventDefault();
    this.listen(board, ["touchstart", "touchmove"], still, { passive: false });
  }

  grab(event) {
    if (event.button > 0) return;
    const handle = this.hit(event);
    if (!handle && !this.spec.turn) return;
    event.preventDefault();
    const [x, y] = this.worldAt(event);
    this.held = handle?.id ?? "";
    this.from = handle ? [handle.x - x, handle.y - y] : [x, y]; // the mark does not jump under the pointer
    this.board.setPointerCapture(event.pointerId);
    this.buttons.get(this.held)?.focus({ preventScroll: true });
    this.board.dataset.held = "true";
    this.play(null);
  }

  drag(event) {
    if (this.held === null) return this.point(this.hit(event)?.id ?? null);
    const [x, y] = this.worldAt(event);
    if (this.held !== "") return this.moveTo(this.held, x + this.from[0], y + this.from[1]);
    this.set(this.spec.turn(this.state, x - this.from[0], y - this.from[1]));
    this.from = [x, y];
  }

  release() {
    if (this.held === null) return;
    this.held = null;
    delete this.board.dataset.held;
    this.paint();
  }

  point(id) {
    if (this.over === id) return;
    this.over = id;
    this.board.dataset.over = String(id !== null);
    this.paint();
  }

  tell() {
    say(this.spoken, this.found.words);
    this.stage.describe(this.found.words);
  }

  save() {
    const { canvases, size } = this.stage;
    saveCanvas(mergeLayers(Object.values(canvases), size.theme.surface), `${this.name}.png`);
  }
}
