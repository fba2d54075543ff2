// @ts-check
// How the axes of a rule are used: the bits of a sign codebook and which go together, the values of a lattice. Beside its map.

import { levelChart } from "../charts.js";
import { significant } from "../../kit/wire/words.js";
import { h } from "../../kit/widgets/dom.js";
import { countOf, csv, percent } from "../../kit/wire/format.js";

/** Rows of the table of bits and of the file: [{bit (from 1), share, with, correlation}]; `with` is the bit most like it. */
export function bitRows(shares, correlation) {
  const bits = shares.length;
  return Array.from(shares, (share, a) => {
    let best = { with: null, correlation: NaN };
    for (let b = 0; b < bits; b++) {
      const r = correlation[a][b];
      if (b !== a && Number.isFinite(r) && !(Math.abs(best.correlation) >= Math.abs(r))) best = { with: b + 1, correlation: r };
    }
    return { bit: a + 1, share, ...best };
  });
}

/** Share of ones and all correlations, as CSV text. */
export function bitTable(shares, correlation) {
  const bits = shares.length;
  const header = ["bit", "share_of_ones", ...Array.from(shares, (_, b) => `correlation_with_${b + 1}`)];
  const number = (x) => (Number.isFinite(x) ? x : null);
  return csv(
    header,
    Array.from(shares, (share, a) => [a + 1, number(share), ...Array.from({ length: bits }, (_, b) => number(correlation[a][b]))]),
  );
}

/** Axes of a lattice and the share of tokens at each of their values: [[axis from 1, value from 1, of, share]]. */
export const axisRows = (axes) => axes.flatMap((shares, axis) => Array.from(shares, (share, value) => [axis + 1, value + 1, shares.length, share]));

/** The charts of what a rule's axes are used for. on.point(bit from 0, or null) while a bit is pointed at. */
export class AxisCharts {
  constructor(bus, on) {
    Object.assign(this, { bus, on, raw: null });
    const point = ([bit = null], kind) => kind === "bit" && on.point(bit);
    const lit = (bit) =>
      h(
        "button",
        { type: "button", title: `Light the codes whose bit ${bit} is one`, onfocus: () => on.point(bit - 1), onblur: () => on.point(null) },
        `bit ${bit}`,
      );
    const bits = () => this.raw.bit_usage;
    const bitCells = () =>
      bitRows(bits().ones, bits().correlation).map(({ bit, share, with: other, correlation: r }) => [
        lit(bit),
        percent(share, 1),
        other === null ? "–" : `bit ${other}: ${significant(r, 2)}`,
      ]);
    const axisCells = () => axisRows(this.raw.axis_usage).map(([axis, value, of, share]) => [`axis ${axis}`, `${value} of ${of}`, percent(share, 1)]);
    const table = (head, rows) => ({ head, rows: (most) => rows().slice(0, most), total: () => rows().length });
    const csvOfBits = () => bitTable(bits().ones, bits().correlation);
    this.bits = levelChart(bus, "bits", "Bits", {
      csv: csvOfBits,
      table: table(["Bit", "Ones", "Most like it (r)"], bitCells),
      chart: { on: { hover: point } },
    });
    this.together = levelChart(bus, "bit-correlation", "Which bits go together", {
      name: "bit_correlation",
      csv: csvOfBits,
      chart: { className: "cm-matrix" },
    });
    this.axes = levelChart(bus, "axes", "Values of each axis", {
      name: "bits",
      csv: () => csv(["axis", "value", "values", "share_of_tokens"], axisRows(this.raw.axis_usage)),
      table: table(["Axis", "Value", "Tokens"], axisCells),
    });
    this.element = h("div", { class: "cm-bits", hidden: true }, this.bits.element, this.together.element, this.axes.element);
  }

  /** raw: the answer to "map", with `bit_usage` {ones, correlation, tokens} or `axis_usage` (shares of each axis), or neither. */
  show(raw, tokens) {
    const { bit_usage: bits = null, axis_usage: axes = null } = raw ?? {};
    const lattice = axes && !bits;
    this.raw = raw;
    this.element.hidden = !bits && !axes;
    this.bits.element.hidden = this.together.element.hidden = !bits;
    this.axes.element.hidden = !lattice;
    if (bits) {
      this.bits.say(`Share of ${countOf(bits.tokens, "token")} in which a bit is one; the line is one half.`);
      this.together.say(
        `Correlation r of each pair of bits over the same ${countOf(bits.tokens, "token")}, blue −1, pale 0, orange +1; empty where a bit never changes.`,
      );
      this.bits.refresh();
      this.together.refresh();
    } else if (lattice) {
      this.axes.say(`Share of ${countOf(tokens, "token")} at each value of each axis, from the least to the largest.`);
      this.axes.refresh();
    }
  }
}
