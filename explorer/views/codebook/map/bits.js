// @ts-check
// The bits of a sign codebook: how often each is one, and which go together. Beside the map of the bit planes.

import { significant } from "../../kit/wire/words.js";
import { diverging } from "../../kit/draw/colormaps.js";
import { h } from "../../kit/widgets/dom.js";
import { csv, percent, whole } from "../../kit/wire/format.js";

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

function matrix(correlation, bits) {
  const cells = [];
  for (let a = 0; a < bits; a++) {
    for (let b = 0; b < bits; b++) {
      const r = correlation[a][b];
      const known = Number.isFinite(r);
      const title = `bits ${a + 1} and ${b + 1}: ${known ? `correlation ${significant(r)}` : "one of them never changes"}`;
      cells.push(h("span", { title, style: known ? `background: ${diverging(r)}` : null, class: known ? null : "cm-none" }));
    }
  }
  return h("div", { class: "cm-matrix", role: "img", "aria-label": `Correlation of ${bits} bits with each other`, style: `--bits: ${bits}` }, ...cells);
}

/** usage: {ones (b), correlation (b x b, null where a bit never changes), tokens}. on: {point(bit from 0, or null)
 *  while one is pointed at, save(CSV text)}. */
export function drawBits(element, { ones, correlation, tokens }, on) {
  const rows = bitRows(ones, correlation).map(({ bit, share, with: other, correlation: r }) => {
    const bar = h("span", { class: "cm-bar", style: `--share: ${share}` });
    const partner = other === null ? "–" : `bit ${other}: ${significant(r, 2)}`;
    const name = h(
      "button",
      { type: "button", class: "cm-code", title: `Light the codes whose bit ${bit} is one`, onfocus: () => on.point(bit - 1), onblur: () => on.point(null) },
      `bit ${bit}`,
    );
    return h(
      "tr",
      { onpointerenter: () => on.point(bit - 1), onpointerleave: () => on.point(null) },
      h("td", {}, name),
      h("td", { class: "cm-barcell" }, bar),
      h("td", {}, percent(share, 1)),
      h("td", {}, partner),
    );
  });
  const head = h("tr", {}, ...["Bit", "", "Ones", "Most like it (r)"].map((name) => h("th", { scope: "col" }, name)));
  element.replaceChildren(
    h(
      "div",
      { class: "cm-subhead" },
      h("h4", {}, "Bits"),
      h(
        "button",
        { type: "button", class: "dte-link", title: "Shares and correlations of the bits, CSV", onclick: () => on.save(bitTable(ones, correlation)) },
        "CSV",
      ),
    ),
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)),
    matrix(correlation, ones.length),
    h(
      "p",
      { class: "cb-note" },
      `Share of ${whole(tokens)} tokens in which a bit is one; the mark is one half. The matrix: correlation r of each pair of bits over the same tokens, blue −1, pale 0, orange +1.`,
    ),
  );
}

/** axes: share of tokens at each value of each axis of a lattice. */
export function drawAxes(element, axes, tokens) {
  const rows = axes.map((shares, axis) => {
    const top = Math.max(...shares, 1e-9);
    const bars = shares.map((share, digit) =>
      h("span", { title: `axis ${axis + 1}, value ${digit + 1} of ${shares.length}: ${percent(share, 1)}`, style: `--tall: ${share / top}` }),
    );
    return h(
      "div",
      { class: "cm-axis" },
      h("span", {}, `axis ${axis + 1}`),
      h("div", { class: "cm-values", role: "img", "aria-label": `axis ${axis + 1}: ${shares.map((share) => percent(share, 1)).join(", ")}` }, ...bars),
      h("span", {}, `${percent(Math.min(...shares), 1)} to ${percent(top, 1)}`),
    );
  });
  element.replaceChildren(
    h("h4", {}, "Values of each axis"),
    ...rows,
    h("p", { class: "cb-note" }, `Share of ${whole(tokens)} tokens at each value, from the least to the largest; each axis to its own scale.`),
  );
}
