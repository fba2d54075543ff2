// @ts-check
// The geometry of the codebook: norms, distances, near-duplicates, singular values, cosines; each with its numbers,
// table and file.

import { significant } from "../../kit/wire/words.js";
import { addStyleSheet } from "../../kit/page/component.js";
import { h } from "../../kit/widgets/dom.js";
import { capital, givens, whole } from "../../kit/wire/format.js";
import { readTheme } from "../../kit/draw/colours.js";
import { furnish, note, saveCanvases, saveCsv } from "../../kit/widgets/panel.js";
import { DuplicateList } from "./duplicates.js";
import { CosineMatrix } from "./matrix.js";
import { figure, Mirror } from "./mirror.js";
import * as model from "./model.js";
import { SpectrumFigure } from "./spectrum.js";

export async function mount(host, bus) {
  await addStyleSheet(new URL("geometry.css", import.meta.url).href);
  return new Geometry(host, bus);
}

class Geometry {
  constructor(host, bus) {
    this.host = host;
    this.bus = bus;
    this.data = this.level = null;
    this.norms = new Mirror(bus, { first: "codes", second: "sampled latents", axis: "norm", label: "Norms of codes and latents" }, () => this.speak());
    this.distances = new Mirror(
      bus,
      { first: "code to nearest other code", second: "latent to its code", axis: "distance", label: "Distances between codes, and of latents to their codes" },
      () => this.speak(),
    );
    this.spectrum = new SpectrumFigure(() => this.speak());
    this.cosine = new CosineMatrix(bus, () => this.speak());
    this.duplicates = new DuplicateList(bus);
    this.build();
    bus.on(["open", "level"], () => this.load());
    bus.on(["hover", "code"], () => this.light());
    this.load();
  }

  files(id, text, stage) {
    const csv = ["CSV", `${id}, CSV`, () => this.data && saveCsv(this.bus, text(), "geometry", id)];
    const png = [
      "PNG",
      `${id}, PNG`,
      () => this.data && saveCanvases(this.bus, [...stage.element.querySelectorAll("canvas")], readTheme(this.host).surface, "geometry", id),
    ];
    return [png, csv];
  }

  build() {
    const counts = () => this.bus.level().counts;
    const bins = (mirror) => () =>
      this.data
        ? model.binRows(mirror.first, mirror.second, mirror.axis).map(([from, to, a, b]) => [significant(from), significant(to), whole(a), whole(b)])
        : [];
    const codes = () => model.codeTable(this.data, counts());
    this.figures = {
      norms: figure("norms", "Norms of codes and latents", {
        tools: [this.norms.toggle],
        stage: this.norms.element,
        files: [
          ...this.files("norms", codes, this.norms),
          [
            "CSV of what is quantized",
            "Norms and distances of the sampled latents or residuals, CSV",
            () => this.data && saveCsv(this.bus, model.latentTable(this.data), "geometry", "latents"),
          ],
        ],
        head: ["From", "To", "Codes", "Latents"],
        rows: bins(this.norms),
      }),
      distances: figure("distances", "Distances between codes, and of latents to their codes", {
        tools: [this.distances.toggle],
        stage: this.distances.element,
        files: this.files("distances", codes, this.distances),
        head: ["From", "To", "Codes", "Latents"],
        rows: bins(this.distances),
      }),
      spectrum: figure("spectrum", "Singular values", {
        stage: this.spectrum.element,
        files: this.files("singular values", () => model.spectrumTable(this.data), this.spectrum),
        head: ["Axis", "Singular value", "Share of variance"],
        rows: () => this.spectrumRows(),
      }),
      cosine: figure("cosine", "Cosines of codes", {
        stage: this.cosine.element,
        files: this.files("cosines", () => model.cosineTable(this.data.cosine), this.cosine),
        head: ["Code", "Most alike", "Cosine"],
        rows: () => this.cosineRows(),
      }),
    };
    const { norms, distances, spectrum, cosine } = this.figures;
    const left = h("div", { class: "cg-column" }, spectrum.element, this.duplicates.element);
    const grid = h("div", { class: "cg-grid" }, norms.element, distances.element, left, cosine.element);
    const { caption, status } = furnish(this.host, "geometry", "Geometry of the codebook", {}, grid);
    this.caption = caption;
    this.status = status;
    this.grid = grid;
  }

  spectrumRows() {
    if (!this.data) return [];
    const { shares } = model.spectrumOf(this.data.singular);
    return Array.from(this.data.singular, (s, i) => [i + 1, significant(s), `${(100 * shares[i]).toFixed(1)}%`]);
  }

  cosineRows() {
    const { cosine } = this.data ?? {};
    return cosine ? model.mostAlike(cosine).map(([code, other, value]) => [code, other, significant(value)]) : [];
  }

  async load() {
    const level = this.bus.level();
    if (level === this.level) return;
    Object.assign(this, { level, data: null });
    this.grid.hidden = true;
    this.caption.replaceChildren();
    if (!level) return;
    if (!level.codebook_dim) return note(this.status, "Plain indices have no code vectors, so there is no geometry.");
    note(this.status, "Measuring…");
    try {
      const raw = await this.bus.ask("geometry", { level: this.bus.state.level });
      if (this.level === level) this.show({ ...model.readGeometry(raw), given: givens(level) });
    } catch (error) {
      if (!error.stale && this.level === level) note(this.status, error.message, "problem");
    }
  }

  show(data) {
    this.data = data;
    note(this.status, "");
    this.grid.hidden = false;
    const { codes, place, given } = data;
    const label = { norms: `Norms of codes and ${given}`, distances: `Distances between codes, and of ${given} to their codes` };
    for (const [id, text] of Object.entries(label)) this.figures[id].name(text, ["From", "To", "Codes", capital(given)]);
    this.norms.show({ first: data.codeNorms, second: data.latentNorms, codes, place, given, names: { second: `sampled ${given}`, label: label.norms } });
    const marks = data.duplicate_threshold > 0 ? [{ at: data.duplicate_threshold, text: "near-duplicate below" }] : [];
    const second = `${given.slice(0, -1)} to its code`;
    this.distances.show({ first: data.nearest, second: data.latentDistance, codes, place, marks, given, names: { second, label: label.distances } });
    this.figures.spectrum.element.hidden = !data.singular;
    if (data.singular) this.spectrum.show(data);
    this.figures.cosine.element.hidden = !data.cosine;
    if (data.cosine) this.cosine.show(data.cosine);
    this.duplicates.show(data);
    for (const each of Object.values(this.figures)) each.fill();
    this.caption.replaceChildren(...(data.notes ?? []).map((text) => h("p", {}, text)));
    this.speak();
  }

  /** The line under each figure: what is pointed at, else what the figure says. */
  speak() {
    const { data, figures } = this;
    if (!data) return;
    figures.norms.say(this.norms.words() ?? model.normWords(data));
    figures.distances.say(this.distances.words() ?? model.distanceWords(data));
    if (data.singular) figures.spectrum.say(this.spectrum.words() ?? model.spectrumWords(data));
    if (data.cosine) figures.cosine.say(this.cosine.words() ?? model.cosineWords(data.cosine));
  }

  light() {
    if (!this.data) return;
    for (const each of [this.norms, this.distances, this.cosine]) each.stage.remark();
    this.duplicates.light();
  }
}
