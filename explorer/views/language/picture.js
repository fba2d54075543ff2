// @ts-check
// The picture of the text so far: real tokens, written ones, and the places that are still empty; or the real picture, or
// how surprising each of its tokens is. A place is looked at by a click or by the arrow keys.

import { Component } from "../kit/component.js";
import { cividis } from "../kit/draw/colormaps.js";
import { label, outline } from "../kit/draw/colours.js";
import { Stage } from "../kit/stage/stage.js";
import { h } from "../kit/widgets/dom.js";
import { bitsText, lengthOf, placeOf, placeWords, textRead } from "./model.js";

export const MOST_BITS = 16; // at the end of the scale of surprise
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const COVER = 0.86; // of the surprise over the picture

/** The place under (x, y) of a stage of W x H px. Pure. */
export function placeAt(x, y, W, H, { rows, columns }) {
  const column = Math.min(columns - 1, Math.max(0, Math.floor((x / W) * columns)));
  return Math.min(rows - 1, Math.max(0, Math.floor((y / H) * rows))) * columns + column;
}

/** Where an arrow key leads from a place, at most to `last`. Pure. */
export function stepFrom(place, key, { rows, columns }, last) {
  const step = STEPS[key];
  if (!step) return null;
  const row = Math.floor(place / columns) + step[0];
  const column = (place % columns) + step[1];
  if (row < 0 || row >= rows || column < 0 || column >= columns) return place;
  return Math.min(last, row * columns + column);
}

export class Picture extends Component {
  /** page: {facts, bus, read() -> what is known of the picture, image() -> that of the text}. on.look(place). */
  constructor(page, on) {
    super();
    this.page = page;
    this.on = on;
    this.hover = null;
    this.images = new Map();
    const { rows, columns } = page.facts;
    this.element = h("div", {
      class: "dte-board lg-stage",
      tabindex: 0,
      role: "application",
      "aria-label": `The picture as ${rows} rows of ${columns} tokens. Arrow keys move the place that is looked at.`,
    });
    this.stage = this.part(
      new Stage(
        this.element,
        { base: (ctx, size) => this.base(ctx, size), marks: (ctx, size) => this.marks(ctx, size) },
        {
          on: {
            point: (x, y) => this.point(placeAt(x, y, this.stage.size.W, this.stage.size.H, page.facts)),
            leave: () => this.point(null),
            press: (x, y) => on.look(placeAt(x, y, this.stage.size.W, this.stage.size.H, page.facts)),
            key: (key) => this.key(key),
          },
        },
      ),
    );
  }

  key(key) {
    const { bus, facts } = this.page;
    const last = Math.min(this.length, facts.rows * facts.columns - 1);
    const to = stepFrom(Math.min(placeOf(bus.state, facts), last), key, facts, last);
    if (to === null) return false;
    this.on.look(to);
    return true;
  }

  get length() {
    return lengthOf(textRead(this.page.bus.state, this.page.facts), this.page.facts);
  }

  point(place) {
    if (place === this.hover) return;
    this.hover = place;
    this.stage.remark();
  }

  /** A picture at an address, once it is there; until then what was shown before. */
  image(name, url) {
    const kept = this.images.get(name) ?? { url: "", image: null };
    if (url && kept.url !== url) {
      const image = new Image();
      kept.url = url;
      image.onload = () => {
        if (this.disposed || kept.url !== url) return;
        kept.image = image;
        this.stage.redraw();
      };
      image.src = url;
      this.images.set(name, kept);
    }
    return kept.image;
  }

  draw() {
    this.stage.redraw();
  }

  base(ctx, { W, H, theme }) {
    const { bus, read } = this.page;
    const { view } = bus.state;
    ctx.fillStyle = theme.raised;
    ctx.fillRect(0, 0, W, H);
    const known = read();
    if (!known) return;
    const image = view === "written" ? this.image("text", this.page.image()) : this.image("real", known.decoded);
    if (view === "surprise") ctx.filter = "grayscale(1)";
    if (image) ctx.drawImage(image, 0, 0, W, H);
    ctx.filter = "none";
    if (view === "surprise") this.surprise(ctx, W, H, known.bits);
    if (view === "written") this.empty(ctx, W, H, theme);
  }

  surprise(ctx, W, H, bits) {
    const { rows, columns } = this.page.facts;
    const [w, hh] = [W / columns, H / rows];
    ctx.globalAlpha = COVER;
    bits.forEach((one, place) => {
      ctx.fillStyle = cividis(one / MOST_BITS);
      ctx.fillRect((place % columns) * w, Math.floor(place / columns) * hh, w + 0.5, hh + 0.5);
    });
    ctx.globalAlpha = 1;
  }

  /** Places that nothing is written at. */
  empty(ctx, W, H, theme) {
    const { rows, columns } = this.page.facts;
    const [w, hh] = [W / columns, H / rows];
    const from = this.shown();
    const [row, column] = [Math.floor(from / columns), from % columns];
    ctx.fillStyle = theme.raised;
    ctx.fillRect(column * w, row * hh, W, hh + 0.5);
    ctx.fillRect(0, (row + 1) * hh, W, H);
    ctx.fillStyle = theme.bar;
    for (let place = from; place < rows * columns; place += 1)
      ctx.fillRect(((place % columns) + 0.5) * w - 1.5, (Math.floor(place / columns) + 0.5) * hh - 1.5, 3, 3);
  }

  /** Tokens that the picture on the stage shows: while it is written these are fewer than there are. */
  shown() {
    return this.page.bus.state.view === "written" ? Math.min(this.length, this.page.shown()) : this.length;
  }

  marks(ctx, { W, H, theme }) {
    const { bus, facts, read } = this.page;
    if (!read()) return;
    const { rows, columns } = facts;
    const [w, hh] = [W / columns, H / rows];
    const box = (place) => (at) => at.rect((place % columns) * w + 1, Math.floor(place / columns) * hh + 1, w - 2, hh - 2);
    const { state } = bus;
    if (state.view === "written" && state.given > 0 && state.given < rows) {
      ctx.strokeStyle = theme.accent;
      ctx.lineWidth = 2;
      ctx.setLineDash([6, 5]);
      ctx.beginPath();
      ctx.moveTo(0, state.given * hh);
      ctx.lineTo(W, state.given * hh);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    const place = placeOf(state, facts);
    if (place < rows * columns) {
      if (place >= this.shown()) {
        ctx.fillStyle = theme.accent;
        ctx.fillRect((place % columns) * w, Math.floor(place / columns) * hh, w, hh);
      }
      outline(ctx, box(place), 2.5);
    }
    if (this.hover === null) return;
    outline(ctx, box(this.hover), 1.5);
    label(ctx, theme, this.words(this.hover), ((this.hover % columns) + 1) * w, Math.floor(this.hover / columns) * hh + hh, W, H);
  }

  /** What a place is, for the label at the pointer. */
  words(place) {
    const { bus, facts, read } = this.page;
    const known = read();
    const where = placeWords(place, facts);
    if (bus.state.view !== "written") return `${where}: code ${known.tokens[place]}, ${bitsText(known.bits[place])} bits`;
    const first = bus.state.given * facts.columns;
    if (place < first) return `${where}: code ${known.tokens[place]}, given`;
    if (place < this.length) return `${where}: code ${bus.state.written[place - first]}, written`;
    return place === this.length ? `${where}: comes next` : `${where}: not written yet`;
  }
}
