// @ts-check
// The sections of the page of a code: each takes the answer and returns an element, or null where there is nothing.

import { significant } from "../../kit/wire/words.js";
import { picture, section } from "../../kit/card/parts.js";
import { besideWords, exemplarWords, inspectLink, KINDS, liftWords, SIDE_SIGNS } from "./model.js";
import { playButton } from "../sound.js";
import { h } from "../../kit/widgets/dom.js";
import { countOf, percent, whole } from "../../kit/wire/format.js";

const tokens = (n) => `${whole(n)} ${n === 1 ? "token" : "tokens"}`;

/** A picture with the token itself outlined; box [top, left, height, width] (null: no outline), size [height, width] in
 *  its pixels. */
export function boxAround(url, label, box, size) {
  if (!box) {
    const whole = h("span", { class: "cc-crop" }, picture(url, label));
    whole.style.aspectRatio = `${size[1]} / ${size[0]}`;
    return whole;
  }
  const share = (part, of) => `${(100 * part) / of}%`;
  const outline = h("span", { class: "cc-box" });
  const names = [
    ["top", box[0], size[0]],
    ["left", box[1], size[1]],
    ["height", box[2], size[0]],
    ["width", box[3], size[1]],
  ];
  for (const [name, part, of] of names) outline.style[name] = share(part, of);
  const frame = h("span", { class: "cc-crop" }, picture(url, label), outline);
  frame.style.aspectRatio = `${size[1]} / ${size[0]}`;
  return frame;
}

/** Exemplars by kind, four of each; a click opens the token on the inspect page where that knows the medium. Sounds
 *  have a button that plays them. */
export function exemplarsSection(answer, bus, base) {
  const { exemplars, references } = answer;
  const parts = Object.keys(KINDS).map((kind) => exemplarRow(kind, exemplars[kind] ?? [], answer, bus, base));
  const shown = parts.filter(Boolean);
  if (shown.length === 0 && !exemplars.from) return null;
  const element = section("Exemplars over the data set", ...shown, h("p", { class: "dte-card-note" }, exemplars.from));
  if (references) element.append(referencesTable(references));
  return element;
}

function exemplarRow(kind, list, answer, bus, base) {
  if (list.length === 0) return null;
  const tiles = list.map((one) => {
    const words = exemplarWords(one);
    const href = inspectLink(base, { ...bus.state, code: answer.code }, one);
    const crop = boxAround(one.url, words, one.box, one.size);
    const tile = href
      ? h("a", { class: "cc-tile", href, target: "_blank", rel: "noopener", title: `${words}. Open it in Inspect` }, crop)
      : h("span", { class: "cc-tile", title: words }, crop);
    if (one.heard === null || one.heard === undefined) return tile;
    const fetchUrl = async () => (await bus.ask("sound", { level: answer.level, medium: one.heard, position: one.token })).url;
    return h("span", { class: "cc-heard" }, tile, playButton(`Play ${words}`, fetchUrl));
  });
  return h(
    "div",
    { class: "cc-row", "data-kind": kind },
    h("p", { class: "cc-label" }, h("b", {}, kind[0].toUpperCase() + kind.slice(1)), ` ${KINDS[kind]}`),
    h("div", { class: "cc-tiles" }, ...tiles),
  );
}

function referencesTable(references) {
  const rows = Object.entries(references).flatMap(([kind, list]) => list.map((one) => [kind, one.medium, whole(one.token), significant(one.distance)]));
  if (rows.length === 0) return "";
  const head = h("tr", {}, ...["", "Medium", "Token", "Distance"].map((text) => h("th", { scope: "col" }, text)));
  const body = rows.map((row) => h("tr", {}, ...row.map((text) => h("td", {}, text))));
  return h(
    "details",
    { class: "dte-lp-table" },
    h("summary", {}, "Its exemplars in the audit's own media"),
    h("div", { class: "dte-lp-scroll" }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...body))),
  );
}

/** Room for what the decoder makes, filled by `fillDecoded`. */
export function decodedSection() {
  const row = h(
    "div",
    { class: "cc-tiles cc-decoded" },
    ...[0, 1, 2, 3].map(() => h("span", { class: "cc-tile" }, h("span", { class: "cc-crop cc-waiting" }))),
  );
  const words = h("p", { class: "dte-card-note" }, "Decoding…");
  const element = section("Decoded", row, words);
  element.classList.add("cc-decoded-section");
  return element;
}

const NAMES = ["1st", "2nd", "3rd"];

/** Put the decoded pictures in their places: alone, in contexts, and the patch of every code that the page names. */
export function fillDecoded(root, answer) {
  const element = root.querySelector(".cc-decoded-section");
  const figure = (url, name, title) =>
    h("figure", { class: "cc-tile cc-figure", title }, boxAround(url, title, answer.box, answer.size), h("figcaption", {}, name));
  const figures = [figure(answer.alone, "alone", "Nothing but this code, decoded")];
  answer.contexts.forEach(({ url, words }, i) => figures.push(figure(url, `${NAMES[i]} context`, words)));
  if (answer.sound) figures[0].append(playButton("Play the code repeated", async () => answer.sound));
  element.querySelector(".cc-decoded").replaceChildren(...figures);
  element.querySelector("p").textContent = answer.note
    ? answer.note
    : answer.sound
      ? "The code repeated, by itself."
      : !answer.box
        ? "The code by itself: in every place at once."
        : answer.contexts.length > 0
          ? "A context has the commonest (2nd, 3rd commonest) code on each side, counted one by one: neighbours shape a patch too."
          : "Nothing was counted beside this code, so it is decoded alone only.";
  for (const slot of root.querySelectorAll("[data-thumbnail]")) {
    const url = answer.thumbnails[slot.dataset.thumbnail] ?? null;
    if (url) slot.replaceChildren(picture(url, ""));
  }
}

export function noDecoder(root, message) {
  const element = root.querySelector(".cc-decoded-section");
  element.querySelector(".cc-decoded").remove();
  element.querySelector("p").textContent = message;
}

/** A button for another code: light it while hovered, choose it when pressed. */
function codeButton(bus, code, title, className, ...children) {
  return h(
    "button",
    {
      type: "button",
      class: className,
      title,
      "data-other": code,
      onclick: () => bus.set({ code }),
      onpointerenter: () => bus.hover(code),
      onpointerleave: () => bus.hover(null),
      onfocus: () => bus.hover(code),
      onblur: () => bus.hover(null),
    },
    ...children,
  );
}

const thumbnail = (code) => h("span", { class: "cc-thumb", "data-thumbnail": code, "aria-hidden": "true" });

/** What stands beside it, by side. */
export function besideSection(answer, bus) {
  const sides = Object.entries(answer.neighbours ?? {}).filter(([, list]) => list.length > 0);
  if (sides.length === 0) return null;
  const columns = sides.map(([side, list]) => {
    const rows = list.slice(0, 5).map((one) => {
      const [code, count] = one;
      const text = h(
        "span",
        { class: "cc-near-text" },
        h("b", {}, String(code)),
        h("small", {}, h("i", {}, percent(count, answer.count)), h("i", {}, liftWords(one))),
      );
      return codeButton(bus, code, besideWords(one, side, answer), "cc-beside", thumbnail(code), text);
    });
    return h("div", { class: "cc-side", "data-side": side }, h("p", { class: "cc-label" }, `${SIDE_SIGNS[side]} ${side}`), ...rows);
  });
  const words = `Share of its ${tokens(answer.count)}, and how many times as often as if codes fell independently.`;
  return section("What stands beside it", h("div", { class: "cc-sides" }, ...columns), h("p", { class: "dte-card-note" }, words));
}

/** The nearest codes and the near-duplicates. */
export function nearestSection(answer, bus) {
  if (answer.nearest.length === 0) return null;
  const twins = new Set(answer.duplicates);
  const buttons = answer.nearest.map(([code, distance, count]) => {
    const title = `Code ${code}: ${answer.distance_name} ${significant(distance)}, ${countOf(count, "token")}${twins.has(code) ? ", a near-duplicate" : ""}`;
    return codeButton(
      bus,
      code,
      title,
      `dte-card-near${twins.has(code) ? " is-twin" : ""}`,
      thumbnail(code),
      h("b", {}, String(code)),
      h("span", {}, significant(distance)),
      h("span", {}, whole(count)),
    );
  });
  const words = h("p", { class: "dte-card-note" }, "Under each code its distance, and how many tokens it has here.");
  const element = section(`Nearest codes, by ${answer.distance_name}`, h("div", { class: "dte-card-nearest" }, ...buttons), words);
  if (twins.size > 0) {
    const list = answer.duplicates.slice(0, 24).map((code) => codeButton(bus, code, `Near-duplicate ${code}`, "cc-chip", String(code)));
    const more = twins.size > list.length ? ` and ${whole(twins.size - list.length)} more` : "";
    element.append(h("p", { class: "cc-twins" }, `${whole(twins.size)} near-${twins.size === 1 ? "duplicate" : "duplicates"}: `, ...list, more));
  }
  return element;
}

/** Its count in training, and how the whole level came to be used: checkpoints keep no history of single codes. */
export function trainingSection(answer, history) {
  if (!answer.training && !history) return null;
  const element = section("In training");
  if (answer.training) element.append(h("p", {}, `This code: ${answer.training}.`));
  if (history) element.append(history);
  return element;
}
