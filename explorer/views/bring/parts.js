// @ts-check
// The parts of the panel "Bring a tokenizer" that know nothing of what was looked at: its choices, fields and buttons.

import { h } from "../kit/widgets/dom.js";
import { knownWords, MODALITIES } from "./model.js";

export const WAYS = [
  { id: "hub", label: "From the Hub", title: "Of the Hugging Face Hub, by name or from a list" },
  { id: "file", label: "From a file", title: "A checkpoint of your own" },
];
export const FILTERS = [
  { id: "", label: "All" },
  { id: MODALITIES[0], label: "Pictures" },
  { id: MODALITIES[1], label: "Sound" },
  { id: MODALITIES[2], label: "Clips" },
];
export const WEIGHTS = [
  { id: "averaged", label: "Averaged weights", title: "The running averages that training kept" },
  { id: "raw", label: "Raw weights", title: "As the last step of the training left them" },
];

export function about() {
  const what = "EnCodec, VQGAN, TiTok and many more, or your own checkpoint.";
  const how = "What it is and what it takes is shown before any weight is read; once loaded, it is in the list of every page.";
  return h("p", { class: "br-note" }, `${what} ${how}`);
}

export const plainButton = (text, act, attributes = {}) => h("button", { type: "button", class: "dte-plain-button", onclick: act, ...attributes }, text);

/** A field with the button that looks at what it names. */
export function lookForm(input, act) {
  const onsubmit = (event) => {
    event.preventDefault();
    act();
  };
  return h("form", { class: "br-form", onsubmit }, input, h("button", { type: "submit", class: "br-go" }, "Look at it"));
}

export const textInput = (label, placeholder) =>
  h("input", { type: "text", class: "br-text", autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-label": label, placeholder });

export function fileInput(take) {
  const label = "A checkpoint, with its config.json where it has one";
  const input = h("input", { type: "file", multiple: true, class: "br-file", "aria-label": label, onchange: () => take([...input.files]) });
  return input;
}

/** Where files are chosen or dropped. cap: the most bytes of them, in words. */
export function dropZone(input, cap, take) {
  const kinds = ".safetensors, .pt, .pth, .th, .ckpt or .bin, with its config.json where it has one, or the three .tflite of Lyra";
  const words = ` or drop it here: ${kinds}; up to ${cap}. Code in it is never run; of graphs, those that Lyra published.`;
  const drop = h("label", { class: "dte-drop br-drop" }, input, h("b", {}, "Choose a file"), h("span", {}, words));
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("is-over", name === "dragenter" || name === "dragover");
      if (name === "drop") take([...event.dataTransfer.files]);
    });
  }
  return drop;
}

/** A tokenizer of the list of known ones. */
export function knownRow(one, pick) {
  const where = one.source ? h("code", {}, one.source) : h("span", {}, `not on the Hub: ${one.home}`);
  const inside = [h("b", {}, one.title), where, h("span", {}, knownWords(one))];
  return h("li", {}, h("button", { type: "button", class: "br-known", "data-id": one.id, title: one.facts, onclick: pick }, ...inside));
}

/** The visitor's own tokenizers on this server, each with a way to take it back. */
export function ownList(own, remove) {
  const row = (one) =>
    h(
      "li",
      { "data-id": one.id },
      h("span", {}, one.title),
      plainButton("Remove", () => remove(one)),
    );
  return [h("h4", {}, "Yours, on this server"), h("ul", {}, ...own.map(row))];
}
