// @ts-check
// The picture beside the edited one: the difference to the decode before any edit, that decode, what one token reaches,
// or the second picture that a region is taken from.

import { Component } from "../kit/component.js";
import { colormap } from "../kit/draw/colormaps.js";
import { unpack } from "../kit/wire/encoding.js";
import { boxBetween, nounOf, reachWords, scaleTop } from "./model.js";
import { createStage, frame } from "./stage.js";
import { h, segments } from "../kit/widgets/dom.js";

const VIEWS = [
  { id: "difference", label: "Difference", title: "How far the edited decode is from the one before any edit" },
  { id: "before", label: "Before", title: "The decode before any edit" },
  { id: "reach", label: "Reach", title: "What one token changes" },
];
const SOURCE = { id: "source", title: "Where a region is taken from" };
const EDITED = { id: "edited", label: "Edited", title: "The decode of the edited tokens" }; // where tokens are drawn apart from it
const MAP = "viridis";
const LUT = Array.from({ length: 256 }, (_, i) => colormap(MAP, i / 255));

/** Values 0..top, one a pixel -> RGBA bytes. Pure. */
export function colour(values, top) {
  const out = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    const [r, g, b] = LUT[Math.min(255, Math.round((255 * values[i]) / top))];
    out[4 * i] = r;
    out[4 * i + 1] = g;
    out[4 * i + 2] = b;
    out[4 * i + 3] = 255;
  }
  return out;
}

/** Changes 0..1 of a box laid into a picture of zeros, in steps of 8 bits. Pure. */
export function laidOut(change, box, width, height) {
  const steps = new Float32Array(width * height);
  if (!box) return steps;
  const [top, left, h_, w] = box;
  for (let y = 0; y < h_; y++) for (let x = 0; x < w; x++) steps[(top + y) * width + left + x] = 255 * change[y * w + x];
  return steps;
}

export class SidePicture extends Component {
  constructor(editor) {
    super();
    this.editor = editor;
    this.view = "difference";
    this.found = this.cell = this.anchor = this.image = null;
    this.measuring = false;
    this.tabs = segments("Picture on the right", (id) => this.show(id));
    this.tabs.options(VIEWS, this.view);
    this.stage = this.part(
      createStage({
        label: "Second picture",
        mark: (ctx, space) => this.mark(ctx, space),
        on: {
          down: (cell) => this.grab(cell),
          move: (cell) => this.anchor !== null && this.drag(cell),
          up: () => (this.anchor = null),
          cancel: () => (this.anchor = null),
          extend: (from, to) => {
            if (!this.corner) this.corner = from;
            this.drag(to, this.corner);
          },
        },
      }),
    );
    this.bar = h("canvas", { width: 256, height: 1, class: "ed-scale-bar", "aria-hidden": "true" });
    this.top = h("span", {}, "");
    this.scale = h("div", { class: "ed-scale" }, h("span", {}, "0"), this.bar, this.top);
    this.words = h("p", { class: "ed-words" });
    this.pictures = h("select", { class: "ed-select", onchange: () => this.fetch(this.pictures.value) });
    this.choose = h("label", { class: "ed-field", hidden: true }, h("span", {}, "Take from"), this.pictures);
    this.element = h(
      "div",
      { class: "ed-pane" },
      h("div", { class: "ed-pane-head" }, this.tabs.element),
      this.stage.element,
      this.choose,
      this.scale,
      this.words,
    );
    const bytes = new Uint8ClampedArray(LUT.flatMap((rgb) => [...rgb, 255]));
    this.bar.getContext("2d").putImageData(new ImageData(bytes, 256, 1), 0, 0);
  }

  opened() {
    const { grid, open } = this.editor;
    this.forget();
    const views = [...(open.placed ? [] : [EDITED]), ...VIEWS, ...(open.same ? [{ ...SOURCE, label: `Second ${nounOf(open)}` }] : [])];
    this.tabs.options(views, (this.view = open.placed ? "difference" : "edited"));
    const { samples, picture } = this.editor.opening;
    this.pictures.replaceChildren(...samples.filter(({ id }) => id !== picture).map(({ id, title }) => h("option", { value: id }, title)));
    this.stage.setGrid(grid.rows, grid.cols);
    this.draw();
  }

  show(view) {
    this.view = view;
    this.tabs.set(view);
    if (view === "source" && !this.image) this.fetch(this.pictures.value);
    this.draw();
  }

  draw() {
    const { editor, view } = this;
    if (!editor.open) return;
    const { width, height, base } = editor.open;
    const { rows, cols } = editor.grid;
    const mapped = view === "difference" || view === "reach";
    this.scale.hidden = !mapped;
    this.choose.hidden = view !== "source";
    this.stage.element.classList.toggle("ed-live", view === "source");
    if (view !== "source") this.stage.setGrid(rows, cols);
    if (view === "edited") this.drawEdited();
    else if (view === "before") this.stage.show(base, width, height);
    else if (view === "difference") this.drawDifference();
    else if (view === "reach") this.drawReach();
    else this.drawSource();
    this.stage.remark();
  }

  drawEdited() {
    const { width, height } = this.editor.open;
    this.stage.show(this.editor.tokens.picture, width, height);
    this.words.textContent = "The decode of the edited tokens. They have no place of their own in it: Reach shows where each acts.";
    this.stage.describe("The decode of the edited tokens");
  }

  drawDifference() {
    const { width, height } = this.editor.open;
    const { steps, most } = this.editor.tokens.difference;
    this.paint(steps, scaleTop(most), width, height);
    const sound = this.editor.open.modality === "audio";
    const same = most === 0 ? "No difference yet, so all of it is dark. " : "";
    this.words.textContent = `${same}Edited against the decode before any edit; the largest of red, green and blue at each pixel${sound ? " of the spectrograms" : ""}.`;
    this.stage.describe(`Difference map, at most ${most} of 255 steps`);
  }

  drawReach() {
    const { grid, open } = this.editor;
    const { width, height } = open;
    const steps = laidOut(this.found?.change ?? [], this.found?.box ?? null, width, height);
    this.paint(steps, scaleTop(steps.reduce((a, b) => Math.max(a, b), 0)), width, height);
    const words = this.found
      ? reachWords({ ...this.found, cell: this.cell, grid, open })
      : "Choose the tool Reach and click a token: it is left out, and the decode compared.";
    this.words.textContent = this.measuring ? "Measuring…" : words;
    this.stage.describe(words);
  }

  drawSource() {
    this.words.textContent = this.image ? "Drag the region to take; then click in what is edited where it shall lie." : "Loading…";
    if (!this.image) return;
    this.stage.showImage(this.image);
    this.stage.setGrid(this.sourceGrid.rows, this.sourceGrid.cols);
    this.stage.describe("The second one. Drag a region to take.");
  }

  paint(values, top, width, height) {
    this.stage.show(colour(values, top), width, height);
    this.top.textContent = `${top} of 255`;
  }

  /** Measure what the token at `cell` changes; only the newest wish is drawn. */
  async measure(cell) {
    const { open, choice } = this.editor;
    const wish = (this.wish = {});
    this.cell = cell;
    this.measuring = true;
    this.show("reach");
    try {
      const answer = await this.editor.ask("reach", { edits: this.editor.text, position: cell, levels: open.same ? null : [choice.level] });
      if (this.wish !== wish) return;
      this.found = { ...answer, change: unpack(answer.change).array };
    } catch (error) {
      if (this.wish !== wish) return;
      this.editor.say(error.message);
    }
    this.measuring = false;
    this.draw();
  }

  /** What was measured is of tokens that are no longer there. -> no cell */
  forget() {
    Object.assign(this, { wish: null, found: null, cell: null, measuring: false });
    return null;
  }

  async fetch(id) {
    const wish = (this.fetching = {});
    this.image = null;
    this.editor.choose({ source: null });
    this.draw();
    try {
      const answer = await this.editor.ask("source", { picture: id });
      const image = new Image();
      image.src = answer.url;
      await image.decode();
      if (this.fetching !== wish) return;
      const { rows, cols } = answer;
      const mine = this.editor.grid;
      const size = [Math.min(Math.ceil(rows / 3), mine.rows), Math.min(Math.ceil(cols / 3), mine.cols)];
      this.image = image;
      this.sourceGrid = { rows, cols };
      this.editor.choose({ source: { id, box: [Math.floor((rows - size[0]) / 2), Math.floor((cols - size[1]) / 2), ...size] } });
    } catch (error) {
      if (this.fetching === wish) this.editor.say(error.message);
    }
    this.draw();
  }

  grab(cell) {
    if (this.view !== "source" || !this.image) return;
    this.anchor = cell;
    this.drag(cell);
  }

  drag(cell, from = this.anchor) {
    if (this.view !== "source" || !this.image) return;
    const { source } = this.editor.choice;
    this.editor.choose({ source: { ...source, box: boxBetween(from, cell, this.stage.grid) } });
    this.stage.remark();
  }

  mark(ctx, { rect, boxRect }) {
    if (this.view === "source" && this.editor.choice.source?.box) frame(ctx, boxRect(this.editor.choice.source.box));
    if (this.view === "reach" && this.cell !== null && this.editor.open.placed) frame(ctx, rect(this.cell), 1.5);
  }
}
