// @ts-check
// The geometry of the codebook: norms, distances, near-duplicates, singular values, cosines; each with its numbers,
// table and files.

import { Component } from "../../kit/component.js";
import { levelChart } from "../charts.js";
import { addStyleSheet } from "../../kit/page/component.js";
import { h } from "../../kit/widgets/dom.js";
import { givens, typeset } from "../../kit/wire/format.js";
import { furnish, note, saveCsv } from "../../kit/widgets/panel.js";
import { DuplicateList } from "./duplicates.js";
import * as model from "./model.js";

const NEAR_PX = 200; // above or below the screen: what comes so near is asked for

export async function mount(host, bus) {
  await addStyleSheet(new URL("geometry.css", import.meta.url).href);
  return new Geometry(host, bus);
}

class Geometry extends Component {
  constructor(host, bus) {
    super();
    this.host = host;
    this.bus = bus;
    this.data = this.level = null;
    this.near = !globalThis.IntersectionObserver; // it weighs a quarter of a megabyte, and lies below the first screen
    this.duplicates = new DuplicateList(bus);
    this.build();
    this.own(bus.on(["open", "level"], () => this.load()));
    this.own(bus.on(["hover", "code"], () => this.data && this.duplicates.light()));
    this.watched = false;
    this.load();
  }

  /** From when on it can come into sight: what is above it has its height two frames after the audit is here. */
  watch() {
    if (this.watched) return;
    this.watched = true;
    const look = () => this.onSight(this.host, (now) => now && this.come(), NEAR_PX);
    this.nextFrame(() => this.nextFrame(look));
  }

  /** It comes into sight: from now on it is asked for. */
  come() {
    if (this.near) return;
    this.near = true;
    this.level = null;
    this.load();
  }

  build() {
    const { bus } = this;
    const counts = () => bus.level().counts;
    const table = (head, rows) => ({ head, rows: (most) => rows(this.data).slice(0, most), total: () => rows(this.data).length });
    const code = (number) => h("button", { type: "button", onclick: () => bus.set({ code: number }) }, String(number));
    const opening = (head, rows) => table(head, (data) => rows(data, counts()).map(([number, ...rest]) => [code(number), ...rest]));
    const codes = () => model.codeTable(this.data, counts());
    const latents = h(
      "button",
      {
        type: "button",
        class: "dte-link",
        title: "Norms and distances of the sampled latents or residuals, CSV",
        onclick: () => saveCsv(bus, model.latentTable(this.data), "geometry", "latents"),
      },
      "CSV of what is quantized",
    );
    this.figures = {
      norms: levelChart(bus, "norms", "Norms of codes and latents", { csv: codes, table: opening(["Code", "Norm", "Tokens"], model.normRows) }),
      distances: levelChart(bus, "distances", "Distances between codes, and of latents to their codes", {
        csv: codes,
        table: opening(["Code", "Nearest other", "Distance", "Tokens"], model.distanceRows),
      }),
      spectrum: levelChart(bus, "spectrum", "Singular values", {
        name: "singular_values",
        csv: () => model.spectrumTable(this.data),
        table: table(["Axis", "Singular value", "Share of variance"], model.spectrumRows),
        chart: { label: "Singular values of the code vectors, and the effective dimension." },
      }),
      cosine: levelChart(bus, "cosine", "Cosines of codes", {
        name: "cosines",
        csv: () => model.cosineTable(this.data.cosine),
        table: opening(["Code", "Most alike", "Cosine"], ({ cosine }) => model.mostAlikeRows(cosine)),
        chart: { className: "cg-matrix", label: "Cosines of codes with each other." },
      }),
    };
    const { norms, distances, spectrum, cosine } = this.figures;
    norms.files.append(latents);
    this.latents = latents;
    const left = h("div", { class: "cg-column" }, spectrum.element, this.duplicates.element);
    const grid = h("div", { class: "cg-grid" }, norms.element, distances.element, left, cosine.element);
    const { caption, status } = furnish(this.host, "geometry", "Geometry of the codebook", {}, grid);
    this.caption = caption;
    this.status = status;
    this.grid = grid;
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
    if (!this.near) return this.watch();
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
    const { norms, distances, spectrum, cosine } = this.figures;
    const { given } = data;
    this.latents.hidden = !(data.latentNorms?.length > 0);
    norms.name(`Norms of codes and ${given}`);
    distances.name(`Distances between codes, and of ${given} to their codes`);
    const show = (figure, words) => {
      figure.element.hidden = !words;
      if (!words) return;
      figure.say(words);
      figure.refresh();
    };
    show(norms, model.normWords(data));
    show(distances, model.distanceWords(data));
    show(spectrum, data.singular && model.spectrumWords(data));
    show(cosine, data.cosine && model.cosineWords(data.cosine));
    this.duplicates.show(data);
    this.caption.replaceChildren(...(data.notes ?? []).map((text) => h("p", {}, typeset(text))));
  }
}
