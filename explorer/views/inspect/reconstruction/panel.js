// @ts-check
// Everything around the picture: tabs, colour bar, readout, captions, figures and exports. Built once, then filled.

import { h } from "../../kit/widgets/dom.js";
import { typeset } from "../../kit/wire/format.js";
import { significant } from "../../kit/wire/words.js";
import { colormap } from "../../kit/draw/colormaps.js";
import { figureList } from "./figures.js";
import { share } from "./maps.js";

const STOPS = 12; // of the CSS gradient of a colour bar

export function button(text, className, onClick) {
  const element = h("button", { class: className }, text);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}

export function emptyHint() {
  const hint = h("div", { class: "dte-hint" });
  hint.append(h("p", {}, "Reconstruction"), h("p", {}, "What the decoder makes of the tokens is compared with the original here."));
  return hint;
}

/** The tabs as buttons of one group: element, and show(modes, id). */
function tabs(onMode) {
  const element = h("div", { class: "dte-rec-tabs" });
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "What to show");
  const show = (modes, id) => {
    if (element.childElementCount !== modes.length) {
      element.replaceChildren(
        ...modes.map((mode) => {
          const tab = button(mode.label, "", () => onMode(mode.id));
          tab.dataset.mode = mode.id;
          return tab;
        }),
      );
    }
    for (const tab of element.children) tab.setAttribute("aria-pressed", String(tab.dataset.mode === id));
  };
  return { element, show };
}

/** The numbers under a colour bar, from its left end to its right. A scale that ends below the maximum says so. */
export function ticks(map) {
  if (map.high === map.low) return [significant(map.low)];
  const capped = map.high < map.max;
  const top = capped ? `≥ ${significant(map.high)}, max ${significant(map.max)}` : `max ${significant(map.max)}`;
  if (map.low < 0) return [`${capped ? "≤ " : ""}${significant(map.low)}`, "0", top];
  return [significant(map.low), significant((map.low + map.high) / 2), top];
}

/** A colour bar with its ticks and a pointer at the value under the mouse. */
function colourBar() {
  const element = h("div", { class: "dte-rec-scale" });
  const title = h("p", { class: "dte-rec-scale-title" });
  const bar = h("div", { class: "dte-rec-bar" });
  const pointer = h("span", { class: "dte-rec-pointer" });
  const labels = h("div", { class: "dte-rec-ticks" });
  const about = h("p", { class: "dte-rec-note" });
  bar.append(pointer);
  element.append(title, bar, labels, about);
  return {
    element,
    show(mode, map, suffix) {
      element.hidden = !map;
      if (!map) return;
      title.textContent = `${mode.name[0].toUpperCase()}${mode.name.slice(1)}, ${mode.unit}${suffix}`;
      const stops = Array.from({ length: STOPS }, (_, i) => `rgb(${colormap(mode.colours, i / (STOPS - 1)).join(" ")})`);
      bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
      labels.replaceChildren(...ticks(map).map((text) => h("span", {}, text)));
      about.textContent = mode.about;
    },
    point(number, map) {
      pointer.hidden = number === null || !Number.isFinite(number);
      if (!pointer.hidden) pointer.style.left = `${100 * share(number, map)}%`;
    },
  };
}

/** The body around `stage`. onSave: {reconstruction, map, figures}, one handler a button. */
export function createPanel(stage, { onMode, onSave }) {
  const body = h("div", { class: "dte-rec-body" });
  const bar = tabs(onMode);
  const scale = colourBar();
  const readout = h("p", { class: "dte-rec-readout" });
  const caption = h("p", { class: "dte-rec-caption" });
  const figures = h("div", { class: "dte-rec-figure-box" });
  const exports = h("div", { class: "dte-exports" });
  const mapButton = button("Error map, PNG", "dte-plain-button", onSave.map);
  const decodedButton = button("Reconstruction, PNG", "dte-plain-button", onSave.reconstruction);
  exports.append(decodedButton, mapButton, button("Figures, CSV", "dte-plain-button", onSave.figures));
  body.append(bar.element, stage, readout, scale.element, caption, figures, exports);
  return {
    body,
    readout,
    point: scale.point,
    /** A new payload: its figures and captions. */
    fill(value) {
      const none = value.reconstruction === null ? "This tokenizer has no decoder, so there is no reconstruction: its tokens are all there is." : "";
      decodedButton.hidden = value.reconstruction === null;
      decodedButton.textContent = { time: "Spectrogram, PNG", series: "Lines, PNG" }[value.place?.kind] ?? "Reconstruction, PNG";
      caption.textContent = typeset([none, value.caption, ...value.notes].filter(Boolean).join(" "));
      caption.hidden = caption.textContent === "";
      stage.hidden = readout.hidden = value.place?.kind === "graph"; // the player draws it, and there is nothing beside it
      figures.replaceChildren(figureList(value.figures));
    },
    /** A mode was chosen; suffix names the level in the title of the scale. */
    show(modes, mode, map, suffix) {
      bar.show(modes, mode.id);
      scale.show(mode, map, suffix);
      const first = modes.find(({ colours }) => colours); // what is saved while the pictures are shown
      mapButton.hidden = !first;
      mapButton.textContent = `${mode.colours ? mode.label : (first?.label ?? "Error")} map, PNG`;
    },
  };
}
