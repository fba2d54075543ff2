// @ts-check
// The words around the canvases of the inspect view: controls, captions, status line, live region, data attributes.

import * as words from "../kit/wire/format.js";
import { helpTerms } from "../kit/page/help.js";
import { modesFor } from "./layout.js";
import { waitsForUmap } from "./model.js";
import { placeText } from "../kit/wire/places.js";

const HINT = "Point at a token, a code or a bar; click to keep it.";

/** Level selector, map and count choices, progress, captions: everything that a new value may change. */
export function fillControls(view) {
  const { parts, model, level } = view;
  const noun = words.partNoun(model.combination);
  parts.levels.hidden = model.levels.length < 2;
  const held = model.place?.places; // of a graph, what each group is
  parts.levels.firstChild.textContent = held ? "Place" : noun === "group" ? "Group" : "Level";
  parts.level.element.setAttribute("aria-label", parts.levels.firstChild.textContent);
  const numbered = model.levels.map((_, i) => ({ id: i, label: held?.[i] ?? String(i + 1), title: `Show ${held?.[i] ?? `${noun} ${i + 1}`}` }));
  parts.level.options(numbered, view.levelIndex);
  parts.mode.options(modesFor(noun), view.mode);
  parts.mode.element.setAttribute("aria-label", `The ${noun}s that are decoded`);
  parts.mode.element.hidden = parts.modeNote.hidden = model.decodes === false;
  parts.modeNote.textContent = words.modeWords(view.mode, view.levelIndex, model.levels.length, noun);
  const kinds = level.maps.map((map) => ({ id: map.kind, label: map.title, title: map.caption }));
  if (waitsForUmap(level)) kinds.push({ id: "umap", label: "UMAP", title: "Lay out a UMAP of the codes: it takes some seconds" });
  parts.mapKind.options(kinds, view.map?.kind);
  const sources = [
    { id: "here", label: `This ${nounOf(model)}` },
    { id: "training", label: "Training" },
  ];
  parts.where.options(level.training ? sources : [], view.where);
  parts.scale.set(view.options.log ? "log" : "linear");
  parts.cards.map.progress.textContent = model.progress;
  parts.cards.map.progress.hidden = !model.progress;
  fillCaptions(view);
}

const nounOf = (model) => model.place?.noun ?? "picture";
const TITLES = { picture: "Picture", set: "Picture", clip: "Frames" };

export function fillCaptions(view) {
  const { model, level, usage } = view;
  const { picture, tokens, map, usage: bars } = view.parts.cards;
  const kind = model.place?.kind ?? "picture";
  for (const card of [picture, tokens]) card.element.hidden = ["time", "series", "items"].includes(kind); // theirs are lanes of the player
  if (kind === "graph") picture.element.hidden = true; // the player draws it
  map.element.hidden = kind === "graph"; // numbers of anchors are not near each other
  for (const card of [picture, tokens]) shape(card, kind, model.picture);
  picture.element.querySelector("h3").textContent = TITLES[kind] ?? "Picture";
  for (const control of picture.element.querySelector("h3").parentElement.querySelectorAll("label")) control.hidden = !model.placed; // no grid on it
  picture.caption.textContent = words.pictureCaption(model, level);
  if (!model.about) explain(picture, ["fit"]);
  tokens.caption.textContent = words.gridCaption(level, model.placed, model.place);
  explain(tokens, level.metric === "implicit" && kind !== "graph" ? ["lattice"] : []);
  map.caption.textContent = view.map?.caption ?? (level.fault ? `No map of this codebook: ${level.fault}.` : "No map of this codebook.");
  explain(map, view.map?.kind === "lattice" ? ["lattice"] : []);
  view.parts.range.set(view.options.range);
  view.parts.range.element.hidden = usage.used === level.K;
  bars.caption.textContent = words.usageCaption(usage, level.K, view.where, nounOf(model));
  explain(bars, ["used", "ceiling", "perplexity", ...(view.where === "training" ? ["training"] : [])]);
}

/** The terms of a caption, to press; made anew only when they change, so that an open one stays open. */
function explain(card, ids) {
  const wanted = ids.join(" ");
  if (card.terms.dataset.ids === wanted) return;
  card.terms.replaceChildren(...helpTerms(ids).children);
  card.terms.dataset.ids = wanted;
  card.terms.hidden = card.terms.childElementCount === 0;
}

/** A long mosaic of frames gets the whole width and its own proportion; everything else the usual stage. */
function shape(card, kind, { width, height }) {
  const long = kind === "clip" && width > 1.6 * height;
  card.element.toggleAttribute("data-long", long);
  card.element.style.gridColumn = long ? "1 / -1" : "";
  card.stage.style.aspectRatio = long ? String(Math.min(width / height, 8)) : "";
}

/** What is lit up and what is pinned, for eyes, for screen readers and for scripts. */
export function report(view) {
  const { code, token } = view.pinned();
  const { chip, statusText, unpin, live } = view.parts;
  for (const element of new Set([view.root, view.wrapper])) {
    element.dataset.selectedCode = code ?? "";
    element.dataset.level = view.model ? view.levelIndex : 0;
    element.dataset.count = code !== null && view.model ? view.level.here.counts[code] : "";
  }
  unpin.hidden = code === null;
  live.textContent = code === null ? "" : sentenceOf(view, { code, token });
  if (!view.model) return;
  const active = view.active();
  chip.hidden = active.code === null;
  statusText.toggleAttribute("data-quiet", active.code === null);
  statusText.textContent = active.code === null ? HINT : statusOf(view, active);
  if (active.code !== null) chip.style.background = `rgb(${view.level.palette.subarray(3 * active.code, 3 * active.code + 3)})`;
}

function sentenceOf({ level, levelIndex, model }, { code, token }) {
  const place = token === null ? {} : { token, where: placeText(token, [level.rows, level.cols], model.place) };
  const { counts, total } = level.here;
  return words.sentence({
    code,
    count: counts[code],
    total,
    ...place,
    level: model.levels.length > 1 ? levelIndex : null,
    noun: words.partNoun(model.combination),
    held: model.place?.places?.[levelIndex],
  });
}

/** The sentence with share and rank, for the line above the panels. */
function statusOf(view, active) {
  const text = sentenceOf(view, active);
  const { counts, standing, total } = view.level.here;
  const count = counts[active.code];
  const share = count > 0 ? ` · ${words.percent(count, total)} · rank ${words.whole(standing[active.code])}` : " · unused here";
  return text[0].toUpperCase() + text.slice(1) + share;
}
