// @ts-check
// Original against reconstruction with its error, quantization-error and margin maps. See reconstruction.py.

import { Component } from "../../kit/component.js";
import { saveCanvas } from "../../kit/wire/files.js";
import { placeText, significant } from "../../kit/wire/words.js";
import { unpack } from "../../kit/wire/encoding.js";
import { saveTable } from "../export.js";
import { moveToken } from "../../kit/draw/geometry.js";
import { figuresCsv } from "./figures.js";
import { isAsked, mapOf, modesOf, MODES, tint, tokenAt, valueText } from "./maps.js";
import { createPanel, emptyHint } from "./panel.js";
import { createStage, drawMarks, drawWhole } from "./stage.js";
import { selection } from "../../kit/wire/selection.js";

export const SHEET = new URL("reconstruction.css", import.meta.url).href; // which whoever mounts it adds to the page

const ORIGIN = "reconstruction";
const IDLE = { time: "Drag the divider, or hover a token.", series: "Drag the divider, or hover a token.", set: "Drag the divider." }; // where tokens are no patches
const SOUND_RATIO = 3.2; // of a spectrogram on the screen: its pixels are bands and columns, which have no proportion

/** desk: of the page, for the maps of each pixel. */
export function mount({ element, props, watch, desk = null }) {
  element.classList.add("dte-rec");
  const view = new View(element, desk);
  const show = () => view.load(props.value ? JSON.parse(props.value) : null);
  show();
  watch("value", show);
  return view;
}

class View extends Component {
  constructor(root, desk) {
    super();
    this.root = root;
    this.desk = desk;
    this.value = null; // the payload
    this.images = {}; // decoded pictures
    this.grids = []; // indices of each level: {array, shape}
    this.mode = MODES[0];
    this.wanted = ""; // the mode that was chosen, which waits for its map
    this.map = this.painted = null; // of the mode and level shown, null for the pictures
    this.pointed = null; // {x, y} in pixels of the picture
    const layers = {
      base: (ctx, size) => drawWhole(ctx, size, this.painted ?? this.images.original, !this.painted),
      after: (ctx, size) => drawWhole(ctx, size, this.painted ? null : this.images.reconstruction, true),
      marks: (ctx, size) => this.value && drawMarks(ctx, size, this.grid, this.value, selection.state),
    };
    this.stage = this.part(createStage({ layers, onPoint: (x, y) => this.point(x, y), onClick: (x, y) => this.click(x, y) }));
    this.panel = createPanel(this.stage.element, {
      onMode: (id) => this.setMode(id),
      onSave: {
        reconstruction: () => this.images.reconstruction && saveCanvas(copyOf(this.images.reconstruction), "reconstruction.png"),
        map: () => this.saveMap(),
        figures: () => saveTable(figuresCsv(this.value.figures), "figures"),
      },
    });
    const { marks } = this.stage.canvases;
    this.listen(marks, "keydown", (event) => this.roam(event));
    this.listen(marks, "blur", () => this.point(null));
    this.own(selection.subscribe((state, previous) => this.follow(state, previous)));
  }

  get level() {
    return Math.min(selection.state.level ?? 0, Math.max(0, (this.value?.num_levels ?? 1) - 1));
  }

  get grid() {
    return this.grids[this.level] ?? null;
  }

  async load(value) {
    for (const { id } of this.value?.figures ?? []) this.root.dataset[id] = ""; // nothing is said of what is not shown yet
    this.value = value;
    this.pointed = this.map = null; // a map that is painted stays until that of this value is here
    if (!value) return this.root.replaceChildren(emptyHint());
    this.grids = value.indices.map(unpack);
    this.stage.setSize(value.width, value.height, value.place?.kind === "time" ? SOUND_RATIO : value.width / value.height);
    this.panel.fill(value);
    if (!this.root.contains(this.panel.body)) this.root.replaceChildren(this.panel.body);
    const modes = modesOf(value, this.level);
    this.setMode((modes.find(({ id }) => id === this.mode.id) ?? modes[0] ?? MODES[0]).id);
    const [original, reconstruction] = await Promise.all([value.original, value.reconstruction].map(loadImage));
    if (this.value !== value) return undefined; // a newer picture came while this one was decoded
    this.images = { original, reconstruction };
    for (const { id, value: number } of value.figures) this.root.dataset[id] = number ?? ""; // for scripts, and tasks of the tour
    return this.stage.redraw();
  }

  /** A mode is shown once its map is here; what was shown stays until then. @param {string} id */
  async setMode(id) {
    const { value } = this;
    this.wanted = id;
    if (isAsked(id, value)) {
      const trouble = await this.ask(value);
      if (this.value !== value || this.wanted !== id) return; // something else was chosen meanwhile
      if (trouble) {
        this.show(MODES[0].id);
        this.panel.readout.textContent = trouble;
        return;
      }
    }
    this.show(id);
  }

  /** Get the maps of each pixel of a payload, once; in words why not, "" where they are here. */
  async ask(value) {
    try {
      value.asked ??= this.desk.figure("differences", value.decoded);
      Object.assign(value, await value.asked);
      return "";
    } catch (error) {
      value.asked = null;
      return error.message;
    }
  }

  show(id) {
    const modes = modesOf(this.value, this.level);
    this.mode = [...modes, ...MODES].find((mode) => mode.id === id);
    this.root.dataset.mode = id;
    this.stage.setSwipe(id === "swipe" && this.value.reconstruction !== null);
    this.map = this.mode.colours ? mapOf(this.value, id, this.level) : null;
    this.painted = this.map ? paintCells(this.map, this.mode) : null;
    const several = this.value.num_levels > 1 && this.map && this.mode.per === "token";
    const suffix = several ? `, ${this.value.noun} ${this.level + 1}` : "";
    this.panel.show(modes, this.mode, this.map, suffix);
    this.stage.describe(this.map ? `${this.mode.name} of the ${this.value.place?.noun ?? "picture"}` : "Original and reconstruction");
    this.describe();
    this.stage.redraw();
  }

  follow(state, previous) {
    if (!this.value) return;
    if (state.level !== previous.level && this.map && this.mode.per === "token") this.setMode(this.mode.id);
    this.describe();
    this.stage.remark();
  }

  tokenUnder(x, y) {
    return this.grid ? tokenAt(x, y, this.grid.shape, this.value.width, this.value.height) : null;
  }

  point(x, y) {
    if (!this.value) return;
    this.pointed = x === null ? null : { x: Math.floor(x), y: Math.floor(y) };
    this.hover(x === null ? null : this.tokenUnder(x, y));
    this.describe(); // the pixel may have changed within the same token
  }

  hover(token) {
    if (token === null) selection.hover({ origin: ORIGIN });
    else selection.hover({ code: this.grid.array[token], token, origin: ORIGIN });
  }

  click(x, y) {
    const token = this.value ? this.tokenUnder(x, y) : null;
    if (token !== null) this.choose(token);
  }

  choose(token) {
    selection.set({ level: this.level, code: this.grid.array[token], token, origin: ORIGIN });
  }

  /** Arrow keys move from token to token, Enter or Space chooses. */
  roam(event) {
    if (!this.grid) return;
    const at = selection.state.hoverToken ?? selection.state.token ?? 0;
    const to = moveToken(at, event.key, ...this.grid.shape);
    const enters = event.key === "Enter" || event.key === " ";
    if (to === null && !enters) return;
    event.preventDefault();
    event.stopPropagation();
    this.pointed = null;
    if (enters) this.choose(at);
    else this.hover(to);
  }

  /** The token to speak of: hovered here or elsewhere, else the chosen one if it is of this level. */
  get marked() {
    const { hoverToken, token, code, level } = selection.state;
    const marked = hoverToken ?? (level === this.level && code !== null ? token : null);
    return this.grid && marked !== null && marked >= 0 && marked < this.grid.array.length ? marked : null;
  }

  describe() {
    const { map, mode, pointed, marked, value } = this;
    const words = [];
    let number = null;
    if (map && mode.per === "pixel" && pointed && pointed.x < value.width && pointed.y < value.height) {
      number = map.at(pointed.y * value.width + pointed.x);
      const timed = ["time", "series"].includes(value.place?.kind) && value.place.seconds;
      words.push(timed ? `${((pointed.x / value.width) * value.place.seconds).toFixed(2)} s` : `x ${pointed.x}, y ${pointed.y}`);
      words.push(valueText(mode, number));
    }
    if (map && mode.per === "token" && marked !== null) {
      number = map.at(marked);
      words.push(valueText(mode, number));
    }
    if (marked !== null) words.push(placeText(marked, this.grid.shape, value.place), `code ${this.grid.array[marked]}`);
    const divider = value.reconstruction ? (IDLE[value.place?.kind] ?? "Drag the divider, or hover a patch.") : "";
    const idle = map ? `mean ${significant(map.mean)} ${mode.unit}` : divider;
    this.panel.readout.textContent = words.join(" · ") || idle;
    this.panel.point(number, map);
  }

  async saveMap() {
    const { value } = this;
    const mode = this.mode.colours ? this.mode : modesOf(this.value, this.level).find(({ colours }) => colours);
    if (!mode) return;
    const trouble = isAsked(mode.id, value) ? await this.ask(value) : "";
    if (trouble) this.panel.readout.textContent = trouble;
    else saveCanvas(paintCells(mapOf(value, mode.id, this.level), mode), `${mode.id}-map.png`);
  }
}

function paintCells(map, mode) {
  const canvas = document.createElement("canvas");
  [canvas.height, canvas.width] = map.shape;
  canvas.getContext("2d").putImageData(new ImageData(tint(map, mode.colours), map.shape[1], map.shape[0]), 0, 0);
  return canvas;
}

function copyOf(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas;
}

async function loadImage(url) {
  if (!url) return null;
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
