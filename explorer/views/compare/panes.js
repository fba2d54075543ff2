// @ts-check
// Original, reconstructions and error maps: side by side, two under a divider, or without their names. All panes share
// one view. Drawing happens in animation frames; how many were drawn stands in data-frames.

import { Component } from "../kit/component.js";
import { Beneath, numberOf } from "./beneath.js";
import { mountBlind } from "./blind.js";
import { openDrawn } from "./drawn.js";
import { Legend } from "./legend.js";
import { columnsOf, readZoom, shuffle, viewOfBox, writeZoom } from "./model.js";
import { figureOf, Pane } from "./pane.js";
import { Stepper } from "./stepper.js";
import { decodePicture } from "./pictures.js";
import { Player } from "./player.js";
import { Swipe } from "./swipe.js";
import { h, say, segments } from "../kit/widgets/dom.js";
import { typeset } from "../kit/wire/format.js";
import { Painter } from "../kit/stage/pace.js";

const MODES = [
  { id: "grid", label: "Side by side", title: "Every picture in a pane of its own" },
  { id: "swipe", label: "Swipe", title: "Two pictures over each other, with a divider" },
  { id: "blind", label: "Blind", title: "Names hidden and order shuffled until you have voted" },
];
const SHOWS = [
  { id: "picture", label: "Pictures", title: "What is decoded" },
  { id: "signed", label: "Signed error", title: "Reconstruction less original, mean over the channels" },
  { id: "absolute", label: "Absolute error", title: "How far from the original, mean over the channels" },
];
const ADDRESS_MS = 300;
const LEAST_PX = 300; // of a pane: fewer beside each other are seen better
const LEAST_OBLONG_PX = 190; // of one, for each time that it is wider than high
const HELP = "Arrow keys move, plus and minus zoom, 0 shows everything, E changes between pictures and errors, P plays sounds and clips.";

const zoomedBy = (factor) => (stage) => stage?.zoomBy(factor);

class Panes extends Component {
  constructor(host, bus) {
    super();
    this.host = host;
    this.bus = bus;
    this.sources = this.box = this.pinned = null;
    /** @type {import("./drawn.js").Drawn | null} */
    this.drawn = null;
    this.panes = [];
    this.shared = { view: null };
    this.painter = this.part(new Painter(() => this.count()));
    this.on = {
      moved: () => this.moved(),
      hover: (pane, at) => this.hover(pane, at),
      click: (pane, at) => (this.drawn ? bus.set({ pin: numberOf(at) }) : this.player.seek(at.x / this.sources.width, pane.id ?? "")),
      key: (key) => this.key(key),
    };
    this.swipe = this.part(new Swipe(bus, this.shared, this.on, this.painter));
    this.player = this.part(
      new Player(
        bus,
        (share) => this.head(share),
        (id) => this.nameOf(id),
      ),
    );
    this.build();
    const called = { name: (id) => this.nameOf(id), hidden: () => this.hidden() };
    this.blind = mountBlind(this.vote, bus, this.player, called);
    this.own(bus.on(["pin"], () => this.pin()));
    this.own(bus.on(["pictures"], (_state, before) => this.load(before.pictures)));
    this.own(bus.on(["mode", "seed", "voted", "named"], () => this.layOut()));
    this.own(bus.on(["show", "left", "right"], () => this.fill()));
    this.onResize(this.grid, () => this.columns());
  }

  build() {
    const { bus } = this;
    this.beneath = new Beneath(bus, (id) => this.nameOf(id));
    this.legend = new Legend();
    this.modes = segments("How they are shown", (mode) => bus.set({ mode }));
    this.shows = segments("What is shown", (show) => bus.set({ show }));
    const button = (text, title, act) => h("button", { type: "button", class: "cp-small", title, "aria-label": title, onclick: act }, text);
    const middle = (act) => () => act(this.live()[0]?.stage);
    this.zooms = h("span", { class: "cp-zooms" }, button("−", "Zoom out", middle(zoomedBy(1 / 1.6))), button("+", "Zoom in", middle(zoomedBy(1.6))));
    this.whole = h("button", { type: "button", class: "dte-link", hidden: true, onclick: () => this.lookAt(null) }, "Show everything");
    this.stepper = this.part(new Stepper(bus));
    this.grid = h("div", { class: "cp-grid" });
    this.vote = h("div", { class: "cp-vote", hidden: true });
    this.notes = h("p", { class: "cb-caption" });
    this.failures = h("ul", { class: "cp-failures", hidden: true });
    this.host.classList.add("cb-panel");
    this.host.setAttribute("aria-label", "Pictures side by side");
    this.host.replaceChildren(
      h("div", { class: "cp-tools" }, this.modes.element, this.shows.element, this.zooms, this.whole, this.stepper.element),
      this.legend.element,
      this.player.element,
      this.vote,
      this.grid,
      this.swipe.element,
      this.beneath.readout,
      this.failures,
      this.notes,
      this.beneath.lists,
      this.beneath.details,
    );
    this.modes.options(MODES, bus.state.mode);
    this.shows.options(SHOWS, bus.state.show);
  }

  /** Decode the pictures, then draw; while others come, what is there stays. */
  async load(before) {
    const { pictures } = this.bus.state;
    if (!pictures) return;
    /** @type {any} */
    const sources = await (pictures.drawn ? openDrawn(pictures) : decodePicture(pictures));
    if (this.bus.state.pictures !== pictures) return;
    const other = this.sources && (before?.name !== pictures.name || this.sources.width !== sources.width || this.sources.height !== sources.height);
    if (other) this.shared.view = null;
    if (!this.sources) this.shared.view = readZoom(this.bus.state.zoom, sources.width, sources.height);
    Object.assign(this, { sources, box: null, drawn: pictures.drawn ? sources : null });
    this.player.show(pictures);
    this.modes.options(this.drawn?.blind === false ? MODES.slice(0, 2) : MODES, this.mode());
    this.swipe.use(sources.Pane ?? Pane);
    this.layOut();
    this.beneath.show(this.drawn);
    this.pin();
    this.moved();
  }

  /** How they are shown: not without their names where nothing is decoded that could be nearest. */
  mode() {
    const { mode } = this.bus.state;
    return mode === "blind" && this.drawn?.blind === false ? "grid" : mode;
  }

  /** Ids in the order of the panes; "" is the original, where there is one. */
  order() {
    const { ids, original } = this.sources;
    return [...(original === false ? [] : [""]), ...(this.mode() === "blind" ? shuffle(ids, this.bus.state.seed) : ids)];
  }

  hidden() {
    return this.mode() === "blind" && this.bus.state.voted === null && !this.bus.state.named;
  }

  layOut() {
    const mode = this.mode();
    this.modes.set(mode);
    if (!this.sources) return;
    const order = this.order();
    const key = [mode === "blind", this.hidden(), this.bus.state.voted, ...order].join("|");
    this.grid.hidden = mode === "swipe";
    this.swipe.element.hidden = mode !== "swipe";
    this.vote.hidden = mode !== "blind";
    if (key !== this.laid || this.filled !== this.bus.state.pictures) this.makePanes(order);
    this.laid = key;
    this.filled = this.bus.state.pictures;
    this.blind.show(mode === "blind" ? order.slice(1) : []);
    this.swipe.options(order, (id) => this.nameOf(id));
    this.describe();
    this.columns();
    this.fill();
  }

  /** What a pane is called: while names are hidden, a letter. */
  nameOf(id) {
    if (id === "") return this.drawn?.first || "Original";
    return this.hidden() ? letter(this.order().indexOf(id) - 1) : this.bus.title(id);
  }

  makePanes(order) {
    const hidden = this.hidden();
    const blind = this.mode() === "blind";
    this.player.forgetParts();
    const focused = this.panes.findIndex(({ element }) => element === document.activeElement);
    for (const pane of this.panes) pane.destroy();
    this.panes = order.map((id, i) => {
      const name = this.nameOf(id);
      const pane = this.part(new (this.sources.Pane ?? Pane)(`${name}. ${HELP}`, this.shared, this.on, this.painter));
      const facts = this.bus.state.pictures.panes.find((one) => one.tokenizer === id);
      const figure = figureOf(pane, {
        name,
        before: blind && !hidden && id !== "" ? `${letter(i - 1)}: ` : "",
        won: blind && this.bus.state.voted === id,
        line: facts && !hidden ? facts.words.replaceAll(", ", " · ") : "",
        worst: facts && this.worstOf(facts),
        show: (found) => this.showWorst(found),
        tokenizer: hidden && id !== "" ? null : id || "original",
        ...this.player.partsOf(id),
      });
      return Object.assign(pane, { id, figure });
    });
    this.grid.replaceChildren(...this.panes.map((pane) => pane.figure));
    this.player.follow();
    this.panes[focused]?.element.focus({ preventScroll: true });
  }

  worstOf(facts) {
    if (this.drawn) return this.drawn.worst(facts);
    return { label: this.player.kind === "audio" ? "worst stretch" : "worst patch", box: facts.worst };
  }

  showWorst({ box, mark }) {
    if (mark) this.bus.set({ pin: numberOf(mark) });
    else this.lookAt(box);
  }

  columns() {
    if (!this.sources) return;
    const ratio = this.drawn?.ratio ?? Math.min(3, Math.max(0.75, this.sources.width / this.sources.height));
    for (const element of [this.grid, this.swipe.element]) element.style.setProperty("--ratio", ratio);
    const width = this.grid.clientWidth;
    if (width < 8) return;
    const least = Math.min(Math.max(LEAST_PX, LEAST_OBLONG_PX * ratio), width < 520 ? (width - 12) / (ratio > 1.4 || this.drawn ? 1 : 2) : Infinity);
    this.grid.style.setProperty("--columns", columnsOf(this.panes.length, width, least));
  }

  fill() {
    const mode = this.mode();
    const plain = this.player.kind === "audio" || Boolean(this.drawn); // the colours of two spectrograms are not subtracted
    const show = plain ? "picture" : this.bus.state.show;
    this.shows.element.hidden = plain;
    this.shows.set(show);
    if (!this.sources) return;
    for (const pane of this.panes) Object.assign(pane, { source: this.sources.get(pane.id, show), box: this.box });
    if (mode === "swipe") this.swipe.fill(this.sources, show, this.box);
    for (const pane of this.live()) pane.pin = this.pinned;
    this.legend.draw(show, this.bus.state.pictures.scale);
    Object.assign(this.host.dataset, { show, mode });
    this.redraw();
  }

  describe() {
    const { pictures, run } = this.bus.state;
    const set = run?.names.length > 1 ? `${pictures.name}, ` : "";
    const how = "Drag to move, turn the wheel or pinch to zoom, double click for the whole.";
    say(this.notes, typeset([`${set}${pictures.size}, the same for all.`, pictures.says, ...pictures.notes, how].join(" ")));
    this.failures.hidden = pictures.failures.length === 0;
    this.failures.replaceChildren(...pictures.failures.map(({ name, why }) => h("li", {}, h("b", {}, this.bus.title(name)), ` could not do this: ${why}`)));
  }

  live() {
    return this.mode() === "swipe" ? this.swipe.panes : this.panes;
  }

  redraw() {
    for (const pane of this.live()) pane.stage.redraw();
  }

  count() {
    this.host.dataset.frames = String(Number(this.host.dataset.frames ?? 0) + 1);
  }

  /** Where a sound plays: a line in every pane. */
  head(share) {
    for (const pane of this.live()) {
      pane.head = share;
      pane.stage.remark();
    }
  }

  /** The view was changed by one pane: all follow in the next frame, and the address when it rests. */
  moved() {
    const zoomed = (this.shared.view?.zoom ?? 1) > 1.001;
    for (const pane of this.live()) pane.stage.touch();
    this.whole.hidden = !zoomed;
    this.shared.moving = true;
    this.redraw();
    this.resting?.();
    this.resting = this.after(() => this.rest(), ADDRESS_MS);
  }

  rest() {
    this.shared.moving = false;
    this.redraw();
    if (this.sources) this.bus.set({ zoom: writeZoom(this.shared.view, this.sources.width, this.sources.height) });
  }

  /** Zoom to a box (top, left, height, width), and mark it in every pane; null: everything. */
  lookAt(box) {
    const { stage } = this.live()[0];
    const frame = stage.frame();
    this.box = box;
    this.shared.view = box && frame ? stage.settle(viewOfBox(box, frame.W, frame.H, frame.scale), frame) : null;
    this.fill();
    this.moved();
  }

  /** The place under the pointer, marked in all other panes. */
  hover(pane, at) {
    if (this.drawn) this.beneath.point(at ?? this.pinned);
    if (this.mode() === "swipe" && !this.drawn) return;
    for (const other of this.live()) {
      other.cross = other === pane && !this.drawn ? null : at;
      other.stage.remark();
    }
  }

  /** What was chosen of something drawn, in all panes, in words and lists. */
  pin() {
    const { pin } = this.bus.state;
    this.pinned = this.drawn && pin !== null ? this.drawn.markOf(pin) : null;
    for (const pane of this.live()) {
      pane.pin = this.pinned;
      pane.stage.remark();
    }
    this.beneath.point(this.pinned);
    this.beneath.list(this.pinned);
  }

  key(key) {
    const { show } = this.bus.state;
    if ((key === "p" || key === "P") && this.player.kind) this.player.toggle();
    else if (key === "e" || key === "E") this.bus.set({ show: SHOWS[(SHOWS.findIndex(({ id }) => id === show) + 1) % SHOWS.length].id });
    else if (this.mode() === "blind" && this.blind.key(key)) return true;
    else if (key === "Escape" && this.pinned) this.bus.set({ pin: null });
    else if (key === "Escape" && this.box) this.lookAt(null);
    else return false;
    return true;
  }
}

/** A, B, C, ...: what a pane without a name is called. */
export const letter = (i) => String.fromCharCode(65 + i);

export function mount(host, bus) {
  return new Panes(host, bus);
}
