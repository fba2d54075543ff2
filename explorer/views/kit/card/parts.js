// @ts-check
// The sections of the code card that only show: each takes the card's facts and returns an element.

import { h } from "../widgets/dom.js";
import { helpMark } from "../page/help.js";
import { countOf } from "../wire/format.js";
import { digitKind, margin, significant } from "../wire/words.js";

export function section(title, ...children) {
  const element = h("section", { class: "dte-card-section" });
  element.append(h("h4", { class: "dte-card-title" }, title), ...children);
  return element;
}

/** A section whose title has a mark that opens what the codebook's values and their order are. */
function explain(title, ...children) {
  const element = section(title, ...children);
  element.querySelector("h4").append(helpMark("lattice"));
  return element;
}

export function picture(url, label) {
  const image = h("img", { class: "dte-card-pixels" });
  image.src = url;
  image.alt = label;
  image.draggable = false;
  return image;
}

/** A crop with the token's own box outlined; box is [top, left, height, width] in pixels, size [height, width]. */
function boxAround(url, label, { box, size }) {
  const frame = h("div", { class: "dte-card-crop" });
  frame.style.aspectRatio = `${size[1]} / ${size[0]}`;
  const outline = h("span", { class: "dte-card-box" });
  const share = (part, whole) => `${(100 * part) / whole}%`;
  outline.style.top = share(box[0], size[0]);
  outline.style.left = share(box[1], size[1]);
  outline.style.height = share(box[2], size[0]);
  outline.style.width = share(box[3], size[1]);
  frame.append(picture(url, label), outline);
  return frame;
}

function withCaption(image, title, caption) {
  const figure = h("figure", { class: "dte-card-figure" });
  const text = h("figcaption", {});
  text.append(h("strong", {}, title), h("span", {}, caption));
  figure.append(image, text);
  return figure;
}

/** A button that plays a WAV data URL. */
export function soundButton(url) {
  const button = h("button", { class: "dte-plain-button dte-card-play" }, "Play");
  button.type = "button";
  button.dataset.key = "play";
  button.setAttribute("aria-label", "Play this code alone");
  button.addEventListener("click", async () => {
    const [{ playOnce }, { readWav }] = await Promise.all([import("../sound/audio.js"), import("../sound/wav.js")]);
    playOnce(readWav(url));
  });
  return button;
}

/** What the code decodes to: alone, and around this token in the picture and in the reconstruction. */
export function meaning(card) {
  if (!card.alone && !card.context && !card.later) return null;
  const row = h("div", { class: "dte-card-meaning" });
  row.dataset.kind = card.place?.kind ?? "picture";
  if (card.alone) {
    const frame = h("div", { class: "dte-card-crop" });
    frame.append(picture(card.alone, `Code ${card.code} decoded alone`));
    const figure = withCaption(frame, "Alone", "nothing but this code, decoded");
    if (card.alone_sound) figure.append(soundButton(card.alone_sound));
    row.append(figure);
  } else if (card.later) {
    const figure = withCaption(card.waiting.element, "Alone", "");
    figure.querySelector("figcaption span").replaceWith(card.waiting.caption);
    row.append(figure);
  }
  if (card.context) {
    const { context } = card;
    const around = card.token >= 0 ? "around this token" : "around one of its tokens";
    row.append(withCaption(boxAround(context.original, "Original around the token", context), "Original", around));
    if (context.reconstruction) {
      const crop = boxAround(context.reconstruction, "Reconstruction around the token", context);
      row.append(withCaption(crop, "Reconstruction", "neighbours shape it too"));
    }
  }
  return section("What it looks like", row);
}

/** Of tokens without a place: the editor below shows which pixels one of them changes. */
export function whereItActs(card) {
  if (card.place?.kind !== "set") return null;
  const words = h("p", { class: "dte-card-note" }, "Its tokens have no place in the picture. What one of them changes is measured by the editor: ");
  const link = h("button", { class: "dte-plain-button" }, "Reach of a token");
  link.type = "button";
  link.dataset.key = "reach";
  link.addEventListener("click", () => document.querySelector("#edit-view")?.scrollIntoView({ behavior: "smooth", block: "start" }));
  words.append(link);
  return section("Where it acts", words);
}

/** The margin to the second-nearest code, in words and as a bar from tie to certain. */
export function marginSection(card) {
  const facts = margin(card);
  if (!facts) return null;
  const children = [];
  const words = h("p", { class: "dte-card-words" });
  words.append(h("strong", {}, facts.verdict), h("span", {}, facts.detail));
  children.push(words);
  if (facts.share !== null) {
    const scale = h("div", { class: "dte-card-scale" });
    const bar = h("div", { class: "dte-card-bar" });
    const fill = h("span", {});
    fill.style.width = `${100 * facts.share}%`;
    bar.append(fill);
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", `margin ${(100 * facts.share).toFixed(0)} percent, from 0, a tie, to 100, exactly on its code`);
    scale.append(h("span", {}, "tie"), bar, h("span", {}, "on its code"));
    children.push(scale);
  }
  const element = section("Margin at this token", ...children);
  element.title = `Measured by ${card.distance_name} from z_e, the ${card.given} before quantization.`;
  return element;
}

/** FSQ digits as read-only sliders, or LFQ and BSQ bits as squares; null for a learned codebook. */
export function digitsSection(card, vector) {
  const kind = digitKind(card.digit_levels);
  if (kind === "bits") return bitsSection(card, vector);
  if (kind !== "levels") return null;
  const list = h("div", { class: "dte-card-digits" });
  card.digits.forEach((digit, axis) => {
    const levels = card.digit_levels[axis];
    const row = h("div", { class: "dte-card-digit" });
    const value = vector ? significant(vector[axis], 3) : "";
    row.setAttribute("role", "img");
    row.setAttribute("aria-label", `axis ${axis + 1}: digit ${digit} of 0 to ${levels - 1}${value && `, value ${value}`}`);
    const track = h("span", { class: "dte-card-track" });
    for (let level = 0; level < levels; level++) track.append(h("i", { class: level === digit ? "is-on" : null }));
    row.append(h("span", { class: "dte-card-axis" }, `axis ${axis + 1}`), track, h("b", {}, `${digit}`));
    row.append(h("span", { class: "dte-card-axis" }, `of 0–${levels - 1}`), h("span", { class: "dte-card-value" }, value));
    list.append(row);
  });
  return explain("Digits", list, h("p", { class: "dte-card-note" }, "One digit an axis; right, the value it stands for."));
}

function bitsSection(card, vector) {
  const row = h("div", { class: "dte-card-bits" });
  row.setAttribute("role", "img");
  row.setAttribute("aria-label", `bits ${card.digits.join(" ")}`);
  card.digits.forEach((bit, axis) => {
    const square = h("span", { class: bit ? "is-on" : null }, String(bit));
    square.title = vector ? `axis ${axis + 1}: bit ${bit}, value ${significant(vector[axis], 3)}` : `axis ${axis + 1}: bit ${bit}`;
    row.append(square);
  });
  const size = vector ? ` Each axis is ±${significant(Math.abs(vector[0]), 3)}.` : "";
  return explain("Bits", row, h("p", { class: "dte-card-note" }, `${countOf(card.digits.length, "bit")}, axis 1 first.${size}`));
}
