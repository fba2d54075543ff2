// @ts-check
// The export bar: asks Python for a file and saves what comes back.

import { saveFile } from "../wire/files.js";
import { selection } from "../wire/selection.js";

export const KINDS = [
  { kind: "npz", label: "Tokens .npz", title: "Indices, latents and codebooks as numpy arrays, with their meta data" },
  { kind: "json", label: "Tokens .json", title: "Indices and meta data as text" },
  { kind: "csv", label: "Tokens .csv", title: "One row a token: level or group, row, column, code, quantization error" },
  { kind: "codebook", label: "Codebook .npy", title: "The code vectors of the level or group on screen, (K, D)" },
  { kind: "counts", label: "Usage .csv", title: "For each code of the level or group on screen: tokens here, share, training count" },
  { kind: "decoded", label: "Reconstruction", title: "What all levels or groups decode to: a picture as .png, a sound as .wav, a clip as .webp" },
];

export function mount({ element, trigger, props, watch }) {
  const doc = element.ownerDocument;
  const bar = doc.createElement("div");
  bar.className = "export-bar";
  const heading = doc.createElement("span");
  heading.className = "export-heading";
  heading.textContent = "Export";
  bar.append(heading);
  for (const { kind, label, title } of KINDS) {
    const button = doc.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.title = title;
    button.dataset.kind = kind;
    button.addEventListener("click", () => trigger("export", { kind, level: selection.state.level }));
    bar.append(button);
  }
  const message = doc.createElement("span");
  message.className = "export-message";
  message.setAttribute("role", "status");
  element.append(bar, message);
  watch("value", () => {
    if (!props.value) return;
    const value = JSON.parse(props.value);
    message.textContent = value.message;
    if (value.file) saveFile({ mime: "application/octet-stream", ...value.file });
  });
}
