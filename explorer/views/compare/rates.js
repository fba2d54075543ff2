// @ts-check
// Rate against distortion: a mark for each tokenizer, a curve over levels for residual ones, dashed lines for codecs that
// everybody knows, at measured bits. The same figure as in the report, in the page's own colours.

import { foldedTable, furnish } from "../kit/widgets/panel.js";
import { dodged } from "./dodge.js";
import { rateTicks } from "./model.js";
import { h, segmented } from "../kit/widgets/dom.js";
import { say } from "../kit/widgets/stage.js";

const SVG = "http://www.w3.org/2000/svg";
// Within a square of 10 pixels around 0, 0; those in STROKES are lines.
const MARKS = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
  "M-4-4h8v8h-8Z",
  "M0-5.5 5 4H-5Z",
  "M0-6 6 0 0 6-6 0Z",
  "M0 5.5 5-4H-5Z",
  "M-5-5 5 5M5-5-5 5",
  "M-6 0H6M0-6V6",
  "M0-6 5.2-3V3L0 6-5.2 3V-3Z",
];
const STROKES = [5, 6];
const DOT = "M-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0";
const [APART, DOT_APART] = [12.5, 8]; // px between two marks, and between a mark and a codec's dot
const ROOM = { left: 52, right: 14, top: 12, bottom: 40 };

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const placed = (point, measure) => point.rate > 0 && Number.isFinite(point.values[measure]);
const digits = (measure) => (measure.endsWith("_db") ? 2 : measure === "gradient_error" ? 4 : 3);

/** Where numbers stand: [lowest, highest] of bits and of the measure, with a little air; null if there is nothing. Pure. */
export function rangesOf(curves, measure) {
  const points = curves.flatMap((curve) => curve.points.filter((point) => placed(point, measure)).map((point) => [curve, point]));
  if (points.length === 0) return null;
  const bits = points.flatMap(([curve, { rate, rate_other: other }]) => (curve.kind !== "codec" && other > 0 ? [rate, other] : [rate]));
  const values = points.map(([, point]) => point.values[measure]);
  const air = (Math.max(...values) - Math.min(...values)) * 0.06 || 0.5 * 10 ** -digits(measure);
  return { bits: [Math.min(...bits) / 1.08, Math.max(...bits) * 1.08], values: [Math.min(...values) - air, Math.max(...values) + air] };
}

/** Round places of an even axis, about five. Pure. */
export function evenTicks(low, high) {
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Of each curve [{point, place: where it is, at: where across its mark stands}]: no mark lies on another. Pure. */
export function spotsOf(curves, measure, x, y, ends) {
  const spots = curves.map((curve) =>
    curve.points.filter((point) => placed(point, measure)).map((point) => ({ point, place: [x(point.rate), y(point.values[measure])] })),
  );
  const of = (codec) => spots.flatMap((list, i) => ((curves[i].kind === "codec") === codec ? list : []));
  const places = (list) => list.map(({ place }) => place);
  const across = dodged(places(of(false)), APART, ends, places(of(true)), DOT_APART);
  of(false).forEach((spot, i) => (spot.at = across[i]));
  of(true).forEach((spot) => (spot.at = spot.place[0]));
  return spots;
}

class Rates {
  constructor(host, bus) {
    this.host = host;
    this.bus = bus;
    this.width = 0;
    this.measures = segmented("Measure", (measure) => bus.set({ measure }));
    this.figure = h("div", { class: "cp-figure" });
    this.key = h("ul", { class: "cp-key" });
    this.points = [];
    this.folded = h("div", {});
    this.codecs = h(
      "details",
      { class: "dte-lp-table cp-codecs" },
      h("summary", {}),
      h("div", { class: "dte-lp-scroll", tabindex: 0, role: "region", "aria-label": "Codecs at the same bits" }, h("table", {})),
    );
    this.missed = h("p", { class: "cb-note", hidden: true });
    this.parts = furnish(
      host,
      "rates",
      "Rate and distortion",
      { tools: [this.measures.element] },
      h("div", { class: "cp-rates" }, this.figure, this.key),
      this.missed,
      this.folded,
      this.codecs,
    );
    bus.on(["result", "measure"], () => this.draw());
    new ResizeObserver(() => this.figure.clientWidth !== this.width && this.draw()).observe(this.figure);
    this.draw();
  }

  draw() {
    const { result } = this.bus.state;
    const curves = result?.rates ?? [];
    this.host.hidden = curves.length === 0;
    if (curves.length === 0) return;
    this.measured(result.kind);
    const { measures } = result.kind;
    const measure = this.bus.state.measure in measures ? this.bus.state.measure : Object.keys(measures)[0];
    this.measures.set(measure);
    this.points = curves.flatMap(({ points }) =>
      points.map(({ name, rate, rate_other: other, values }) => [
        name,
        rate.toFixed(3),
        other.toFixed(3),
        ...Object.keys(measures).map((key) => (values[key] === null ? "–" : values[key].toFixed(digits(key)))),
      ]),
    );
    this.table.refresh();
    this.width = this.figure.clientWidth;
    if (this.width < 8) return;
    const ranges = rangesOf(curves, measure);
    this.figure.replaceChildren(
      ranges
        ? this.plot(curves, measure, ranges)
        : h("p", { class: "cb-note" }, `${measures[measure]} could not be measured on these ${result.kind.nouns}: it needs larger ones.`),
    );
    this.key.replaceChildren(...curves.map((curve, i) => h("li", {}, this.sample(curve, i), curve.title)));
    this.host.dataset.curves = curves.length;
    this.drawCodecs(result, measure);
  }

  /** What each codec gave at the bits of each tokenizer and level, and which bits it could not reach. */
  drawCodecs({ kind, table }, measure) {
    const names = [...new Set(table.codecs.map(({ name }) => name))];
    const [summary, scroll] = this.codecs.children;
    this.codecs.hidden = names.length === 0;
    const missed = table.codecs.filter(({ unreached, counted }) => unreached > 0 && counted === "payload");
    this.missed.hidden = missed.length === 0;
    say(
      this.missed,
      missed
        .map((one) => `${one.title} cannot spend the ${one.wanted.toFixed(3)} ${kind.rate_unit} of ${one.name}: its nearest is ${one.rate.toFixed(3)}.`)
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
    const rows = names.map((name) =>
      h("tr", {}, h("td", {}, name), h("td", {}, wanted(name)), ...codecs.flatMap(([id]) => cells(name, id)).map((text) => h("td", {}, text))),
    );
    scroll.firstChild.replaceChildren(
      h("thead", {}, h("tr", {}, ...["At the bits of", `${kind.rate_unit} wanted`, ...head].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows),
    );
  }

  /** The measures, the words and the table of this kind of comparison. */
  measured(kind) {
    if (this.kind === kind.modality) return;
    this.kind = kind.modality;
    const { measures, axis } = kind;
    this.measures.options(
      Object.entries(measures).map(([id, label]) => ({ id, label, title: `${label} over ${axis}` })),
      this.bus.state.measure,
    );
    this.table = foldedTable(
      "Rate and distortion",
      ["What", axis, "The same at the entropy, of codecs with headers", ...Object.values(measures)],
      (most) => this.points.slice(0, most),
      () => this.points.length,
    );
    this.folded.replaceChildren(this.table.element);
    const dashed =
      Object.keys(kind.codecs).length > 0 ? `Dashed: ${Object.values(kind.codecs).join(" and ")} at the bits that were measured, without headers. ` : "";
    const less = kind.modality === "audio" ? "Less log-mel distance is better." : "Less gradient RMSE is better.";
    this.parts.caption.textContent = `Marks stand at log2(K) bits for each token; the thin bar to their left reaches to the bits at the entropy of the ${kind.noun}'s own codes. ${this.bus.state.result.beside} Residual tokenizers are a curve over their levels, decoded one after another. ${dashed}${less}`;
  }

  plot(curves, measure, { bits, values }) {
    const { measures, axis: across } = this.bus.state.result.kind;
    const W = this.width;
    const H = Math.round(Math.min(380, Math.max(260, 0.55 * W)));
    const [right, bottom] = [W - ROOM.right, H - ROOM.bottom];
    const logs = bits.map(Math.log10);
    const x = (bits) => ROOM.left + ((Math.log10(bits) - logs[0]) / (logs[1] - logs[0])) * (right - ROOM.left);
    const y = (value) => bottom - ((value - values[0]) / (values[1] - values[0])) * (bottom - ROOM.top);
    const label = `${measures[measure]} over ${across}: ${curves.map(({ title }) => title).join(", ")}. The numbers stand in the table below.`;
    const line = (x1, y1, x2, y2) => svg("line", { x1, y1, x2, y2, class: "cp-gridline" });
    const text = (at, place, words, anchor) => svg("text", { x: at, y: place, "text-anchor": anchor }, words);
    const parts = [];
    for (const at of rateTicks(...bits))
      parts.push(line(x(at), ROOM.top, x(at), bottom), text(x(at), bottom + 16, String(Number(at.toPrecision(3))), "middle"));
    for (const at of evenTicks(...values)) parts.push(line(ROOM.left, y(at), right, y(at)), text(ROOM.left - 6, y(at) + 4, String(at), "end"));
    parts.push(text((ROOM.left + right) / 2, H - 6, across, "middle"));
    const spots = spotsOf(curves, measure, x, y, [ROOM.left, right]);
    parts.push(...curves.map((curve, i) => this.curve(curve, i, measure, x, spots[i])));
    return svg("svg", { viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: "img", "aria-label": label }, ...parts);
  }

  colour(curve, i) {
    const { colours, codec_colours: codecs } = this.bus.state.result;
    return curve.kind === "codec" ? codecs[curve.id] : colours[i % colours.length];
  }

  mark(curve, i) {
    const number = i % MARKS.length;
    const strokes = curve.kind !== "codec" && STROKES.includes(number);
    return svg("path", {
      d: curve.kind === "codec" ? DOT : MARKS[number],
      "stroke-width": strokes ? 2.5 : 0,
      fill: strokes ? "none" : "currentColor",
      stroke: "currentColor",
    });
  }

  curve(curve, i, measure, x, spots) {
    const group = svg("g", { color: this.colour(curve, i), "data-curve": curve.id });
    if (spots.length > 1)
      group.append(
        svg("polyline", {
          points: spots.map(({ place }) => place.join(",")).join(" "),
          fill: "none",
          stroke: "currentColor",
          "stroke-width": 1.5,
          "stroke-dasharray": curve.kind === "codec" ? "5 4" : "none",
        }),
      );
    for (const { point, place, at } of spots) {
      const [px, py] = place;
      if (curve.kind !== "codec" && point.rate_other > 0)
        group.append(svg("line", { x1: x(point.rate_other), x2: px, y1: py, y2: py, stroke: "currentColor", opacity: 0.7 }));
      if (at !== px)
        group.append(
          svg("circle", { cx: px, cy: py, r: 1.5, fill: "currentColor" }),
          svg("path", { d: `M${px} ${py}H${at}`, stroke: "currentColor", "stroke-dasharray": "1 2" }),
        );
      const mark = svg(
        "g",
        { transform: `translate(${at} ${py})`, "data-mark": point.name },
        svg("title", {}, point.words[measure]),
        svg("circle", { r: 10, fill: "transparent" }),
        this.mark(curve, i),
      );
      group.append(mark);
    }
    return group;
  }

  sample(curve, i) {
    const line =
      curve.kind === "tokenizer"
        ? []
        : [svg("path", { d: "M-12 0H12", stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": curve.kind === "codec" ? "5 4" : "none" })];
    return svg("svg", { viewBox: "-13 -8 26 16", width: 26, height: 16, color: this.colour(curve, i), "aria-hidden": "true" }, ...line, this.mark(curve, i));
  }
}

export function mount(host, bus) {
  new Rates(host, bus);
}
