// @ts-check
// What a map still has to be told: the three codes of a slice, the three bits of a sphere.

import { h, segments } from "../../kit/widgets/dom.js";
import { chooseBit } from "./turn.js";
import { usageOrder } from "../states.js";

const LETTERS = ["A", "B", "C"];

/** The three most used codes, to begin with; with fewer used ones the first unused follow. Pure. */
export const busiest = (counts) => Array.from(usageOrder(counts).subarray(0, 3));

/** Three codes after `code` is put in: the oldest goes, and a code that is there already moves to the end. Pure. */
export const withCode = (codes, code) => [...codes.filter((each) => each !== code).slice(codes.includes(code) ? 0 : 1), code];

/** The codes typed into three boxes: {codes} or {problem}. Pure. */
export function readCodes(texts, K) {
  const codes = texts.map((text) => (/^\d+$/.test(text.trim()) ? Number(text) : NaN));
  const bad = codes.findIndex((code) => !(code < K));
  if (bad >= 0) return { problem: `Code ${LETTERS[bad]} is a whole number from 0 to ${K - 1}.` };
  if (new Set(codes).size < 3) return { problem: "A plane needs three different codes." };
  return { codes };
}

/** The chooser of a slice. changed() when the map has to be asked anew; `codes` is null for the PCA plane. */
export class SliceChooser {
  constructor(bus, changed) {
    this.bus = bus;
    this.changed = changed;
    this.through = "pca";
    this.three = this.level = null;
    this.ways = segments("Plane of the slice", (id) => {
      this.through = id;
      this.show();
      changed();
    });
    this.boxes = LETTERS.map((letter) =>
      h("input", { type: "text", inputmode: "numeric", class: "cm-number", "aria-label": `Code ${letter}`, onchange: () => this.read() }),
    );
    this.take = h("button", { type: "button", class: "cm-button", onclick: () => this.put(withCode(this.three, bus.state.code)) }, "Take the selected code");
    this.problem = h("span", { class: "cm-problem", role: "alert" });
    this.codesRow = h("span", { class: "cm-codes" }, ...this.boxes.flatMap((box, i) => [h("label", {}, LETTERS[i], " ", box)]), this.take, this.problem);
    this.element = h("div", { class: "cm-chooser", hidden: true }, this.ways.element, this.codesRow);
  }

  /** The level is another one, or a code was selected. */
  show() {
    const level = this.bus.level();
    if (level && level !== this.level) this.begin(level);
    this.codesRow.hidden = this.through !== "codes";
    this.take.disabled = this.bus.state.code === null;
    if (this.three) this.boxes.forEach((box, i) => document.activeElement !== box && (box.value = String(this.three[i])));
  }

  begin(level) {
    Object.assign(this, { level, three: busiest(level.counts) });
    const lattice = { id: "pca", label: "First two axes", title: "The plane of the first two axes through the middle of the lattice" };
    const table = { id: "pca", label: "PCA plane", title: "The plane of largest variance of the codes" };
    const three = { id: "codes", label: "Through three codes", title: "The plane on which three chosen codes lie" };
    this.ways.options([level.metric === "implicit" ? lattice : table, three], this.through);
  }

  read() {
    const { codes, problem } = readCodes(
      this.boxes.map((box) => box.value),
      this.level.codebook_size,
    );
    this.problem.textContent = problem ?? "";
    if (codes) this.put(codes);
  }

  put(codes) {
    this.problem.textContent = "";
    if (String(codes) === String(this.three)) return;
    this.three = codes;
    this.show();
    this.changed();
  }

  get codes() {
    return this.through === "codes" ? this.three : null;
  }

  get named() {
    return this.codes ? this.codes.map((code, i) => [LETTERS[i], code]) : [];
  }
}

/** The chooser of three bits. */
export class BitChooser {
  constructor(changed) {
    this.chosen = [0, 1, 2];
    this.bits = 0;
    this.selects = [0, 1, 2].map((slot) =>
      h("select", {
        class: "cb-select cm-select",
        "aria-label": `Bit ${slot + 1} of the sphere`,
        onchange: () => {
          this.chosen = chooseBit(this.chosen, slot, Number(this.selects[slot].value));
          this.show(this.bits);
          changed();
        },
      }),
    );
    this.element = h("div", { class: "cm-chooser", hidden: true }, h("span", {}, "Bits"), ...this.selects);
  }

  show(bits) {
    if (bits !== this.bits) {
      this.bits = bits;
      this.chosen = [0, 1, 2];
      for (const select of this.selects) select.replaceChildren(...Array.from({ length: bits }, (_, bit) => h("option", { value: bit }, `bit ${bit + 1}`)));
    }
    this.selects.forEach((select, slot) => (select.value = String(this.chosen[slot])));
  }
}
