// @ts-check
// The map of the codes: PCA, UMAP, t-SNE, a slice, or the lattice, bits and sphere of a codebook without a table.

import { Component } from "../../kit/component.js";
import { addStyleSheet } from "../../kit/page/component.js";
import { helpTerms } from "../../kit/page/help.js";
import { h, say, segments, toggle } from "../../kit/widgets/dom.js";
import { capital, givens, typeset } from "../../kit/wire/format.js";
import { readTheme } from "../../kit/draw/colours.js";
import { furnish, note } from "../../kit/widgets/panel.js";
import { AxisCharts } from "./bits.js";
import { saveMapCsv, saveMapPng, saveMapSvg } from "./files.js";
import { drawLegend } from "./legend.js";
import { kindsFor, readMap } from "./model.js";
import { Picture } from "./picture.js";
import { Progress } from "./progress.js";
import { Requests } from "./requests.js";
import { Selection } from "./selection.js";
import { BitChooser, SliceChooser } from "./slice.js";
import { Sphere } from "./sphere.js";
import { codeWords, honesty } from "./words.js";

const LATTICES = ["lattice", "bits"]; // maps of codes that a rule gives

const COLOURS = [
  { id: "usage", label: "usage" },
  { id: "state", label: "state" },
  { id: "norm", label: "norm" },
  { id: "error", label: "quantization error" },
];
const SIZES = [
  { id: "usage", label: "usage" },
  { id: "norm", label: "norm" },
  { id: "error", label: "quantization error" },
  { id: "same", label: "all alike" },
];

const select = (text, options, onchange) => {
  const element = h(
    "select",
    { class: "cb-select cm-select", onchange: () => onchange(element.value) },
    ...options.map(({ id, label }) => h("option", { value: id }, label)),
  );
  return { element, label: h("label", { class: "cm-field" }, h("span", {}, text), element) };
};

export async function mount(host, bus) {
  await addStyleSheet(new URL("map.css", import.meta.url).href);
  return new MapOfCodes(host, bus);
}

const DRAGS = [
  { id: "pan", label: "Move", title: "Dragging moves the map, once it is zoomed" },
  { id: "lasso", label: "Lasso", title: "Dragging draws a loop around codes (also: shift and drag)" },
];

class MapOfCodes extends Component {
  constructor(host, bus) {
    super();
    this.host = host;
    this.bus = bus;
    this.map = null;
    this.standIn = false; // whether the PCA is there, or asked for, while another is made
    this.chosen = { size: "usage", latents: true, bit: null };
    this.requests = new Requests(bus);
    this.own(() => this.requests.drop());
    this.build();
    this.own(bus.on(["open", "level", "map"], () => this.follow()));
    this.own(bus.on(["colour", "lasso"], () => this.relook()));
    this.own(bus.on(["hover", "code"], () => this.light()));
    this.follow();
  }

  build() {
    const { bus } = this;
    this.kinds = segments("Kind of map", (id) => bus.set({ map: id }));
    this.colours = select("Colour", COLOURS, (id) => bus.set({ colour: id === "usage" ? null : id }));
    this.sizes = select("Area", SIZES, (id) => this.choose({ size: id }));
    this.latents = toggle("Latents", "Latents of the counted data as a density under the codes", true, (on) => this.choose({ latents: on }));
    this.modes = segments("What dragging does", (id) => this.picture.stage.setMode(id));
    this.modes.options(DRAGS, "pan");
    const button = (text, label, onclick) => h("button", { type: "button", class: "cm-button cm-square", "aria-label": label, title: label, onclick }, text);
    this.reset = button("⤢", "Show everything again", () => this.picture.stage.reset());
    this.zooms = h(
      "span",
      { class: "cm-zooms" },
      button("−", "Zoom out", () => this.picture.zoomBy(1 / 1.6)),
      button("+", "Zoom in", () => this.picture.zoomBy(1.6)),
      this.reset,
    );
    this.slice = new SliceChooser(bus, () => this.load());
    this.bits = new BitChooser(() => this.load());
    this.picture = this.part(
      new Picture(bus, {
        looked: (look) => this.say(look),
        loose: () => (this.reset.disabled = !this.picture?.stage.zoomed),
        key: (key) => ["l", "L"].includes(key) && this.toggleLasso(),
      }),
    );
    const askSphere = (theme) => bus.ask("figure", { name: "sphere", level: bus.state.level, theme, options: { bits: this.bits.chosen } });
    this.sphere = this.part(new Sphere(askSphere, { corner: (codes) => bus.set({ lasso: codes }) }));
    this.progress = new Progress({ stop: () => this.stop(), again: () => this.load() });
    this.readout = h("p", { class: "cm-readout" });
    this.legend = h("div", { class: "cm-legend" });
    this.axes = new AxisCharts(bus, { point: (bit) => this.choose({ bit }) });
    this.selection = new Selection(bus, { box: (factor) => this.picture.takeBox(factor) });
    this.rows = h("dl", { class: "cm-honesty" });
    this.arrange();
  }

  arrange() {
    const files = [
      ["PNG", "The map as it is now, PNG", () => saveMapPng(this)],
      ["SVG", "The map as it is now, SVG", () => saveMapSvg(this)],
      ["CSV", "Every drawn code with its place and measures, CSV", () => saveMapCsv(this)],
    ];
    this.fields = h("div", { class: "cm-tools" }, this.colours.label, this.sizes.label, this.latents);
    this.grips = h("div", { class: "cm-tools" }, this.modes.element, this.zooms);
    const controls = h("div", { class: "cm-controls" }, this.fields, this.grips);
    const stages = h("div", { class: "cm-stages" }, this.picture.element, this.sphere.element, this.progress.element);
    const picture = h("div", { class: "cm-picture" }, stages, this.readout, this.rows, this.axes.element);
    const side = h("div", { class: "cm-side" }, this.legend, this.selection.element);
    const chooser = h("div", { class: "cm-choosers" }, this.slice.element, this.bits.element);
    const parts = [chooser, controls, h("div", { class: "cm-body" }, picture, side)];
    const frame = furnish(this.host, "map", "Map of the codes", { tools: [this.kinds.element], exports: files }, ...parts);
    this.caption = frame.caption;
    this.status = frame.status;
  }

  /** The kind of map on screen: the chosen one if this codebook has it. */
  kind() {
    const { state } = this.bus;
    const ids = this.available.map(({ id }) => id);
    return ids.includes(state.map) ? state.map : ids[0];
  }

  follow() {
    const { open } = this.bus;
    const level = this.bus.level();
    if (level !== this.level) this.clear(level);
    if (!level) return;
    const { tokenizer } = open;
    this.available = level.codebook_dim ? kindsFor({ quantizer: tokenizer?.quantizer, metric: level.metric, dim: level.codebook_dim }) : [];
    this.host.classList.toggle("cm-without", this.available.length === 0);
    note(this.status, this.available.length ? "" : "Plain indices have no code vectors, so there is no map.");
    if (!this.available.length) return;
    this.kinds.options(this.available, this.kind());
    this.load();
  }

  clear(level) {
    this.level = level;
    this.map = null;
    this.requests.drop();
    this.show(null, []);
    this.chosen.bit = null;
  }

  /** What the server is asked for. */
  wish(kind) {
    const { level } = this.bus.state;
    if (kind === "plane" && this.slice.codes) return { level, kind, codes: this.slice.codes };
    if (kind === "sphere") return { level, kind, bits: this.bits.chosen };
    return { level, kind };
  }

  async load() {
    const kind = this.kind();
    const level = this.bus.level();
    this.slice.show();
    if (kind === "sphere") this.bits.show(level.codebook_dim);
    this.slice.element.hidden = kind !== "plane" || level.codebook_dim === 2;
    this.bits.element.hidden = kind !== "sphere";
    if (this.asked === level && this.loading === JSON.stringify(this.wish(kind))) return;
    this.asked = level;
    this.loading = JSON.stringify(this.wish(kind));
    this.standIn = this.standIn && Boolean(this.map);
    const named = kind === "plane" ? this.slice.named : [];
    try {
      const raw = await this.requests.get(this.wish(kind), level, (share) => this.busy(kind, share));
      if (raw) this.show(readMap(raw, level.codebook_size), named);
    } catch (error) {
      if (error.stale) return;
      this.loading = null;
      this.show(null, []);
      this.progress.fail(error.message);
    }
  }

  /** share 0..1, or null while it is not known: another map than the wished one must not stand there any longer, but for
   *  the PCA, which is there at once, and says what it is. */
  busy(kind, share) {
    const { label } = this.available.find(({ id }) => id === kind);
    if (this.map && !this.standIn) this.show(null, []);
    if (share !== null && !this.standIn) this.meanwhile(kind);
    this.progress.busy(label, share, Boolean(this.map));
  }

  async meanwhile(kind) {
    const level = this.bus.level();
    this.standIn = true;
    const raw = await this.requests.meanwhile({ ...this.wish(kind), kind: "pca" }).catch(() => null);
    if (!raw || !this.standIn) return;
    this.show(readMap(raw, level.codebook_size), []);
    this.standIn = true;
  }

  stop() {
    this.bus.set({ map: "pca" });
  }

  show(map, named) {
    this.map = map;
    this.standIn = false;
    if (!map) for (const part of [this.rows, this.caption, this.legend]) part.replaceChildren();
    this.said = null;
    this.progress.hide();
    note(this.status, "");
    const sphere = map?.kind === "sphere";
    this.host.dataset.kind = map?.kind ?? "";
    this.picture.element.hidden = sphere;
    this.sphere.element.hidden = !sphere;
    this.fields.hidden = this.grips.hidden = sphere;
    this.sizes.label.hidden = Boolean(map?.cell || map?.raster);
    this.latents.hidden = !map?.density;
    this.latents.lastChild.textContent = capital(givens(this.bus.level()));
    this.latents.title = `${capital(givens(this.bus.level()))} of the counted data as a density under the codes`;
    const unknown = !map?.error?.some(Number.isFinite);
    for (const { element } of [this.colours, this.sizes]) element.querySelector("[value=error]").disabled = unknown;
    this.picture.show(sphere ? null : map, named);
    this.axes.show(map?.raw, this.bus.level()?.tokens ?? 0);
    if (sphere) this.showSphere();
    else this.relook();
  }

  showSphere() {
    const level = this.bus.level();
    const { chosen, bits } = this.bits;
    this.sphere.show({ chosen: chosen.slice(), bits });
    this.legend.replaceChildren(
      h("p", {}, `Size and colour of a corner: its tokens. Points: sampled ${givens(level)}, moved out to the sphere. Lines: where a bit changes.`),
      h("p", {}, "Drag or use the arrow keys to turn it. A click on a corner, or the keys 1 to 8, selects its codes."),
      helpTerms(["lattice"]),
    );
    this.sayHonesty();
    this.light(); // also a code that was chosen before there was a sphere, by a link
  }

  choose(changes) {
    Object.assign(this.chosen, changes);
    this.relook();
  }

  get colour() {
    const wished = this.bus.state.colour;
    return COLOURS.some(({ id }) => id === wished) ? wished : "usage";
  }

  relook() {
    this.colours.element.value = this.colour;
    this.sizes.element.value = this.chosen.size;
    this.picture.relook({ ...this.chosen, colour: this.colour });
    this.selection.show(this.picture.boxable);
    this.light();
  }

  /** Codes look different: the legend and the rows under the map follow. */
  say(look) {
    const level = this.bus.level();
    const marks = !this.map.raster;
    if (look !== this.said)
      drawLegend(this.legend, {
        scale: look.scale,
        colours: look.colours,
        level,
        sizes: this.map.cell ? null : look.sized,
        marks,
        theme: look.theme,
        terms: LATTICES.includes(this.map.kind) ? ["lattice"] : [],
      });
    this.said = look;
    this.sayHonesty();
  }

  sayHonesty() {
    const rows = honesty(this.map, this.bus.level(), this.chosen.latents);
    const words = this.map.notes.map((text) => h("p", {}, typeset(text)));
    this.rows.replaceChildren(...rows.flatMap(([what, text]) => [h("dt", {}, what), h("dd", {}, text)]));
    this.caption.replaceChildren(...words);
  }

  light() {
    const { hover, code } = this.bus.state;
    const level = this.bus.level();
    const lit = hover ?? code;
    const hint =
      this.map?.kind === "sphere" ? "Each corner holds the codes that have these three bits." : "Point at a code, or go through them with the arrow keys.";
    say(this.readout, lit === null || !level || !(lit < level.codebook_size) ? hint : codeWords(lit, level, this.map));
    this.picture.stage.remark();
    if (this.map?.kind === "sphere") this.sphere.chart.light(lit);
    this.slice.show();
    this.selection.show(this.picture.boxable);
  }

  toggleLasso() {
    const mode = this.picture.stage.mode === "lasso" ? "pan" : "lasso";
    this.picture.stage.setMode(mode);
    this.modes.set(mode);
    return true;
  }

  get theme() {
    return readTheme(this.host);
  }
}
