// @ts-check
// The code card: one code's page, filled by Python after a click. See inspect/card/card.py for the payload.

import { Component } from "../../kit/component.js";
import { contactSheet } from "../../kit/card/export.js";
import { saveCanvas } from "../../kit/wire/files.js";
import { countText, placeText, rankText, significant, stepToken, vectorCsv } from "../../kit/wire/words.js";
import { waitingFor } from "./later.js";
import { digitsSection, marginSection, meaning, picture, section, whereItActs } from "../../kit/card/parts.js";
import { VectorChart } from "../../kit/card/vector.js";
import { unpack } from "../../kit/wire/encoding.js";
import { saveTable } from "../export.js";
import { focusedIn, h } from "../../kit/widgets/dom.js";
import { countOf, whole } from "../../kit/wire/format.js";
import { selection } from "../../kit/wire/selection.js";

export const SHEET = new URL("card.css", import.meta.url).href; // which whoever mounts it adds to the page

const ORIGIN = "code-card";

/** desk: of the page, for the figures of what is shown. */
export function mount({ element, trigger, props, watch, server, desk }) {
  element.classList.add("dte-card");
  element.tabIndex = -1; // keeps the keyboard here when the focused button is gone
  const life = new Component();
  const vectors = life.part(new VectorChart(({ level, code }, theme) => desk.figure("vector", { level, code, theme })));
  let shown = { follow(_state) {} };

  const show = () => {
    const focus = focusedIn(element)?.dataset.key;
    const card = props.value ? JSON.parse(props.value) : null;
    shown = card ? buildCard(element, card, trigger, vectors) : clear(element);
    if (card?.later) fillLater(element, card, server);
    shown.follow(selection.state);
    if (focus) (element.querySelector(`[data-key="${focus}"]`) ?? element).focus({ preventScroll: true });
  };
  show();
  watch("value", show);
  life.own(selection.subscribe((state) => shown.follow(state)));
  return life;
}

/** Ask for the codes decoded alone, now that the card is there, and put them into their places. */
async function fillLater(element, card, server) {
  let answer;
  try {
    answer = JSON.parse(await server.alone_ask(card.later));
  } catch {
    answer = { error: { message: "The server gave no answer." } };
  }
  if (element.dataset.code !== String(card.code) || !element.contains(card.waiting.element)) return; // another card by now
  card.waiting.fill(answer);
}

function clear(element) {
  element.replaceChildren();
  delete element.dataset.code;
  return { follow() {} };
}

function buildCard(element, card, trigger, vectors) {
  card.waiting = waitingFor(card);
  const vector = card.vector ? unpack(card.vector).array : null;
  const digits = digitsSection(card, vector);
  const patches = patchesSection(card);
  // Each stack is a column of a wide screen, as long as what stands in it: a long contact sheet pushes nothing else down.
  const parts = [
    stack(heading(card), card.words ? h("p", { class: "dte-card-note" }, card.words) : null, marginSection(card), whereItActs(card)),
    stack(meaning(card), nearestSection(card, trigger)),
    stack(patches?.element, digits, vector && !digits ? section(`Vector, ${countOf(vector.length, "axis", "axes")}`, vectors.show(card)) : null),
    exportRow(card, vector, patches),
  ];
  element.replaceChildren(...parts.filter(Boolean));
  element.dataset.code = String(card.code);
  element.dataset.kind = card.place?.kind ?? "picture";
  return { follow: (state) => patches?.follow(state) };
}

/** Sections under each other, null of none. @param {(HTMLElement | null | undefined)[]} sections */
function stack(...sections) {
  const held = sections.filter(Boolean);
  return held.length > 0 ? h("div", { class: "dte-card-stack" }, ...held) : null;
}

function heading(card) {
  const header = h("header", { class: "dte-card-head" });
  const held = card.place?.places?.[card.level] ?? `${card.noun} ${card.level + 1} of ${card.num_levels}`;
  const several = card.num_levels > 1 ? `Code, ${held}` : "Code";
  header.append(h("p", { class: "dte-card-title" }, several), h("p", { class: "dte-card-number" }, String(card.code)));
  const facts = h("div", { class: "dte-card-facts" });
  facts.append(h("p", { class: "dte-card-count" }, countText(card)), h("p", {}, rankText(card)));
  if (card.training) facts.append(h("p", {}, `training: ${card.training}`));
  header.append(facts);
  return header;
}

/** What a token stands for, in a word. */
const partOf = (card) => (card.place?.kind === "time" || card.place?.kind === "series" ? "stretch" : "patch");

/** The contact sheet with its stepper: {element, images, follow(state)}. */
function patchesSection(card) {
  if (card.tokens.length === 0) return null;
  const part = partOf(card);
  let current = card.token;
  const choose = (token) => selection.set({ level: card.level, code: card.code, token, origin: ORIGIN });
  const position = h("span", { class: "dte-card-position" });
  const stepper = h("div", { class: "dte-card-stepper" });
  const step = (label, symbol, by) => {
    const button = h("button", { class: "dte-plain-button" }, symbol);
    button.type = "button";
    button.dataset.key = label;
    button.setAttribute("aria-label", label);
    button.disabled = card.tokens.length < 2 && card.tokens[0] === card.token;
    button.addEventListener("click", () => choose(stepToken(card.tokens, current, by)));
    return button;
  };
  stepper.append(step(`previous ${part}`, "‹", -1), position, step(`next ${part}`, "›", 1));

  const sheet = h("div", { class: "dte-card-sheet" });
  const buttons = card.patches.map((url, index) => patchButton(card, url, card.tokens[index], choose));
  sheet.append(...buttons);
  sheet.addEventListener("pointerleave", () => selection.hover({ origin: ORIGIN }));
  sheet.addEventListener("keydown", (event) => roam(event, buttons));

  const follow = (state) => {
    const here = state.code === card.code && state.level === card.level;
    current = here && state.token !== null ? state.token : card.token;
    const place = card.tokens.indexOf(current);
    position.textContent =
      place < 0 ? `${whole(card.tokens.length)} in all` : `${place + 1} of ${whole(card.tokens.length)} · ${placeText(current, card.grid, card.place)}`;
    const lit = state.hoverCode === card.code ? state.hoverToken : null;
    const reachable = Math.max(
      0,
      buttons.findIndex((button) => Number(button.dataset.token) === current),
    );
    buttons.forEach((button, index) => {
      const token = card.tokens[index];
      button.classList.toggle("is-current", token === current);
      button.classList.toggle("is-lit", token === lit);
      button.tabIndex = index === reachable ? 0 : -1; // one stop for the tab key, arrows inside
    });
  };
  const more = card.tokens.length > card.patches.length && card.patches.length > 0;
  if (card.patches.length === 0) return { element: section("Its tokens", stepper), images: () => [], follow };
  const title = `${part === "stretch" ? "Stretches" : "Patches"}${more ? `, showing ${card.patches.length} of ${whole(card.tokens.length)}` : ""}`;
  const element = section(title, sheet);
  element.querySelector("h4").after(stepper);
  return { element, images: () => buttons.map((button) => button.firstChild), follow };
}

function patchButton(card, url, token, choose) {
  const button = h("button", { class: "dte-card-patch" });
  button.type = "button";
  button.dataset.token = String(token);
  button.dataset.key = `patch ${token}`;
  button.title = placeText(token, card.grid, card.place);
  button.setAttribute("aria-label", `${partOf(card)} at ${button.title}`);
  button.append(picture(url, ""));
  const light = () => selection.hover({ code: card.code, token, origin: ORIGIN });
  button.addEventListener("pointerenter", light);
  button.addEventListener("focus", light);
  button.addEventListener("blur", () => selection.hover({ origin: ORIGIN }));
  button.addEventListener("click", () => choose(token));
  return button;
}

/** Arrow keys, Home and End move the focus inside the sheet; up and down by the row that is drawn. */
function roam(event, buttons) {
  const at = buttons.indexOf(document.activeElement);
  if (at < 0) return;
  const columns = Math.max(1, buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length);
  const to = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: buttons.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation(); // the inspect view listens to arrows too
  buttons[to]?.focus();
}

function nearestSection(card, trigger) {
  if (card.nearest.length === 0) return null;
  const row = h("div", { class: "dte-card-nearest" });
  for (const near of card.nearest) {
    const button = h("button", { class: "dte-card-near" });
    button.type = "button";
    button.dataset.key = `near ${near.code}`;
    const here = near.count === null ? "" : `, ${countOf(near.count, "token")} here`;
    button.title = `Code ${near.code}: ${card.distance_name} ${significant(near.distance)}${here}`;
    if (near.thumbnail) button.append(picture(near.thumbnail, ""));
    else if (card.later) button.append(card.waiting.place(near.code));
    button.append(h("b", {}, String(near.code)), h("span", {}, significant(near.distance)));
    if (near.count !== null) button.append(h("span", {}, `${whole(near.count)} here`));
    button.addEventListener("click", () => {
      selection.set({ level: card.level, code: near.code, token: null, origin: ORIGIN });
      trigger("select", { level: card.level, code: near.code, token: -1 });
    });
    button.addEventListener("pointerenter", () => selection.hover({ code: near.code, origin: ORIGIN }));
    button.addEventListener("pointerleave", () => selection.hover({ origin: ORIGIN }));
    row.append(button);
  }
  return section(`Nearest codes, by ${card.distance_name}`, row);
}

function exportRow(card, vector, patches) {
  const row = h("div", { class: "dte-exports" });
  const stem = `level-${card.level}-code-${card.code}`;
  const offer = (label, key, save) => {
    const button = h("button", { class: "dte-plain-button" }, label);
    button.type = "button";
    button.dataset.key = key;
    button.addEventListener("click", save);
    row.append(button);
  };
  if (vector) offer("Vector, CSV", "csv", () => saveTable(vectorCsv({ ...card, vector }), stem, "vector"));
  if (card.patches.length > 0) {
    offer(partOf(card) === "stretch" ? "Stretches, PNG" : "Patches, PNG", "png", () => saveCanvas(contactSheet(patches.images()), `${stem}-patches.png`));
  }
  return row.childElementCount > 0 ? row : null;
}
