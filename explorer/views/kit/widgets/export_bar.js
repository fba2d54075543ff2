// @ts-check
// The export bar: asks Python for a file and saves what comes back.

import { h } from "./dom.js";
import { saveFile } from "../wire/files.js";
import { selection } from "../wire/selection.js";

export const SHEET = new URL("export_bar.css", import.meta.url).href; // which whoever mounts it adds to the page

export const KINDS = [
  { kind: "npz", label: "Tokens .npz", title: "Indices, latents and codebooks as numpy arrays, with their meta data" },
  { kind: "json", label: "Tokens .json", title: "Indices and meta data as text" },
  { kind: "csv", label: "Tokens .csv", title: "One row a token: level or group, row, column, code, quantization error" },
  { kind: "codebook", label: "Codebook .npy", title: "The code vectors of the level or group on screen, (K, D)" },
  { kind: "counts", label: "Usage .csv", title: "For each code of the level or group on screen: tokens here, share, training count" },
  { kind: "decoded", label: "Reconstruction", title: "What all levels or groups decode to: a picture as .png, a sound as .wav, a clip as .webp" },
];

/** Buttons of files that there are not say why, and cannot be pressed. missing: {kind: why}. */
function offer(buttons, missing) {
  buttons.forEach((button, i) => {
    const { kind, title } = KINDS[i];
    button.disabled = kind in missing;
    button.title = missing[kind] ?? title;
  });
}

export function mount({ element, trigger, props, watch }) {
  const buttons = KINDS.map(({ kind, label, title }) => {
    const onclick = () => trigger("export", { kind, level: selection.state.level });
    return h("button", { type: "button", title, "data-kind": kind, onclick }, label);
  });
  const bar = h("div", { class: "export-bar" }, h("span", { class: "export-heading" }, "Export"), ...buttons);
  const message = h("span", { class: "export-message", role: "status" });
  element.append(bar, message);
  watch("value", () => {
    if (!props.value) return;
    const value = JSON.parse(props.value);
    if (value.missing) offer(buttons, value.missing);
    message.textContent = value.message;
    if (value.file) saveFile({ mime: "application/octet-stream", ...value.file });
  });
}
