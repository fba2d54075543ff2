// @ts-check
// Rate against distortion: a mark for each tokenizer, a curve over levels for residual ones, dashed lines for codecs that
// everybody knows, at measured bits. The figure of explorer/figures that the report has, too.

import { createChart } from "../kit/widgets/chart.js";
import { saveChartPng, saveChartSvg } from "../kit/widgets/chart_files.js";
import { h, say, segments } from "../kit/widgets/dom.js";
import { foldedTable, furnish } from "../kit/widgets/panel.js";
import { saveText } from "../kit/wire/files.js";
import { csv, fileStem } from "../kit/wire/format.js";

const FLASH_MS = 1500;
const digits = (measure) => (measure.endsWith("_db") ? 2 : measure === "gradient_error" ? 4 : 3);

/** The points of all curves as rows, whole for a file, else in few digits. Pure. */
export function pointRows(curves, measures, short = true) {
  const text = (value, most) => (value === null ? (short ? "–" : null) : short ? value.toFixed(most) : value);
  return curves.flatMap(({ points }) =>
    points.map(({ name, rate, rate_other: other, values }) => [
      name,
      text(rate, 3),
      text(other, 3),
      ...measures.map((key) => text(values[key] ?? null, digits(key))),
    ]),
  );
}

/** How a tokenizer, or its first levels, is called to a reader: "rvq-4, 1 level" -> "1 level of RVQ, 4 levels". Pure. */
export function spokenName(name, curves) {
  const curve = curves.find(({ id }) => name === id || name.startsWith(`${id}, `));
  if (!curve) return name;
  return name === curve.id ? curve.title : `${name.slice(curve.id.length + 2)} of ${curve.title}`;
}

class Rates {
  constructor(host, bus) {
    this.host = host;
    this.bus = bus;
    this.measures = segments("Measure", (measure) => bus.set({ measure }));
    this.chart = bus.life.part(
      createChart({
        label: "Rate and distortion.",
        className: "cp-figure",
        ask: (theme) => bus.ask("figure", { job: bus.state.job.id, measure: this.measure(), theme }),
        on: { pick: ([curve], kind) => kind === "point" && this.find(curve), shown: (figure) => this.caption(figure) },
      }),
    );
    this.folded = h("div", {});
    this.codecs = h(
      "details",
      { class: "dte-lp-table cp-codecs" },
      h("summary", {}),
      h("div", { class: "dte-lp-scroll", tabindex: 0, role: "region", "aria-label": "Codecs at the same bits" }, h("table", {})),
    );
    this.missed = h("p", { class: "cb-note", hidden: true });
    const files = {
      stem: () => fileStem("compare", bus.state.result.title, "rates", this.measure()),
      about: () => `${bus.state.result.title} · ${this.kindOf().measures[this.measure()]}`,
    };
    const exports = [
      ["PNG", "Rate and distortion, PNG", () => saveChartPng(this.chart, files, [this.parts.caption.textContent])],
      ["SVG", "Rate and distortion, SVG", () => saveChartSvg(this.chart, files)],
      ["CSV", "Rate and distortion, CSV", () => saveText(this.csv(), `${files.stem()}.csv`)],
    ];
    this.parts = furnish(
      host,
      "rates",
      "Rate and distortion",
      { tools: [this.measures.element], exports },
      this.chart.element,
      this.missed,
      this.folded,
      this.codecs,
    );
    bus.on(["result", "measure"], () => this.draw());
    this.draw();
  }

  kindOf() {
    return this.bus.state.result.kind;
  }

  measure() {
    const { measures } = this.kindOf();
    return this.bus.state.measure in measures ? this.bus.state.measure : Object.keys(measures)[0];
  }

  csv() {
    const { measures, rate_unit: unit } = this.kindOf();
    const head = ["name", `rate ${unit}`, `rate at the entropy, of codecs with headers, ${unit}`, ...Object.values(measures)];
    return csv(head, pointRows(this.bus.state.result.rates, Object.keys(measures), false));
  }

  draw() {
    const { result } = this.bus.state;
    const curves = result?.rates ?? [];
    this.host.hidden = curves.length === 0;
    if (curves.length === 0) return void this.chart.clear();
    this.measured(result.kind);
    const { measures, axis } = result.kind;
    const measure = this.measure();
    this.measures.set(measure);
    this.table.refresh();
    this.host.dataset.curves = curves.length;
    this.chart.describe(`${measures[measure]} over ${axis}: ${curves.map(({ title }) => title).join(", ")}. The numbers stand in the table below.`);
    this.chart.refresh();
    this.drawCodecs(result, measure);
    return undefined;
  }

  /** What each codec gave at the bits of each tokenizer and level, and which bits it could not reach. */
  drawCodecs({ kind, table, rates }, measure) {
    const names = [...new Set(table.codecs.map(({ name }) => name))];
    const [summary, scroll] = this.codecs.children;
    this.codecs.hidden = names.length === 0;
    const missed = table.codecs.filter(({ unreached, counted }) => unreached > 0 && counted === "payload");
    this.missed.hidden = missed.length === 0;
    say(
      this.missed,
      missed
        .map(
          (one) =>
            `${one.title} cannot spend the ${one.wanted.toFixed(3)} ${kind.rate_unit} of ${spokenName(one.name, rates)}: its nearest is ${one.rate.toFixed(3)}.`,
        )
        .join(" "),
    );
    const codecs = Object.entries(kind.codecs);
    say(summary, `${codecs.map(([, title]) => title).join(" and ")} at the same bits`);
    const head = codecs.flatMap(([, title]) => [`${title}, ${kind.rate_unit} reached`, `${title}, ${kind.measures[measure]}`]);
    const cells = (name, codec) => {
      const one = table.codecs.find((found) => found.name === name && found.codec === codec && found.counted === "payload");
      if (!one) return ["–", "–"];
      const value = one.values[measure];
      return [`${one.rate.toFixed(3)}${one.unreached ? " (not reached)" : ""}`, value === null ? "–" : value.toFixed(digits(measure))];
    };
    const wanted = (name) => table.codecs.find((one) => one.name === name).wanted.toFixed(3);
    const textsOf = (name) => [spokenName(name, rates), wanted(name), ...codecs.flatMap(([id]) => cells(name, id))];
    const rows = names.map((name) => h("tr", {}, ...textsOf(name).map((text) => h("td", {}, text))));
    scroll.firstChild.replaceChildren(
      h("thead", {}, h("tr", {}, ...["At the bits of", `${kind.rate_unit} wanted`, ...head].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows),
    );
  }

  /** The measures and the table of this kind of comparison. */
  measured(kind) {
    if (this.kind === kind.modality) return;
    this.kind = kind.modality;
    const { measures, axis } = kind;
    this.measures.options(
      Object.entries(measures).map(([id, label]) => ({ id, label, title: `${label} over ${axis}` })),
      this.bus.state.measure,
    );
    const rows = () => pointRows(this.bus.state.result.rates, Object.keys(measures));
    this.table = foldedTable(
      "Rate and distortion",
      ["What", axis, "The same at the entropy, of codecs with headers", ...Object.values(measures)],
      (most) => rows().slice(0, most),
      () => rows().length,
    );
    this.folded.replaceChildren(this.table.element);
  }

  caption({ layout }) {
    say(this.parts.caption, `${layout.meta.words} Residual tokenizers are a curve over their levels, decoded one after another. ${this.kindOf().less}`);
  }

  /** A mark leads to the pane of its tokenizer, which the divider then uncovers, too; a codec has none. */
  find(curve) {
    const id = this.chart.figure.layout.meta.curves[curve];
    const { pictures, left, mode, voted, named } = this.bus.state;
    if (!pictures?.panes.some((one) => one.tokenizer === id) || (mode === "blind" && voted === null && !named)) return;
    if (left !== id) this.bus.set({ right: id });
    const pane = this.host.closest(".dte-compare").querySelector(`.compare-panes [data-tokenizer="${CSS.escape(id)}"]`);
    if (!pane) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    pane.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "center" });
    pane.classList.add("cb-flash");
    setTimeout(() => pane.classList.remove("cb-flash"), FLASH_MS);
  }
}

export function mount(host, bus) {
  new Rates(host, bus);
}
