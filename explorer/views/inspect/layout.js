// @ts-check
// The inspect view's page: head line with status and level selector, four cards, live region, empty state.

import { board, card, h, segments, slider, toggle } from "../kit/widgets/dom.js";

/** The ways to decode levels or groups. */
export const modesFor = (noun) => [
  { id: "all", label: "All", title: `Decode from every ${noun}` },
  { id: "solo", label: "Solo", title: `Decode from this ${noun} only` },
  { id: "mute", label: "Mute", title: `Decode without this ${noun}` },
  { id: "cumulative", label: "Up to", title: `Decode from the first ${noun} up to this one (cumulative)` },
];

/** Build everything into `root`; `act` holds the callbacks, `options` the first values, `usage` is the element of its chart. */
export function buildLayout(root, options, act, usage) {
  const level = segments("Level", act.level);
  const mode = segments("Levels that are decoded", act.mode);
  mode.options(modesFor("level"), "all");
  const modeNote = h("span", { class: "dte-mode-note" });
  const levels = h("div", { class: "dte-levels", hidden: true }, h("span", { class: "dte-level-name" }, "Level"), level.element, mode.element, modeNote);
  const chip = h("span", { class: "dte-chip", "aria-hidden": "true" });
  const statusText = h("span", { class: "dte-status-text" });
  const unpin = h("button", { type: "button", class: "dte-link", hidden: true, title: "Let go of the code (Esc)", onclick: act.unpin }, "Unpin");
  const status = h("div", { class: "dte-status" }, chip, statusText, unpin);
  const parts = { level, mode, modeNote, levels, chip, statusText, unpin };
  parts.cards = buildCards(parts, options, act, usage);
  parts.live = h("div", { class: "dte-spoken dte-live", "aria-live": "polite", role: "status" });
  parts.body = h(
    "div",
    { class: "dte-body", hidden: true },
    h("div", { class: "dte-head" }, status, levels),
    h("div", { class: "dte-panels" }, ...Object.values(parts.cards).map((c) => c.element)),
  );
  parts.empty = h("div", { class: "dte-empty", hidden: true }, h("p", {}), h("p", {})); // of a result that could not be read
  root.classList.add("dte-inspect");
  root.replaceChildren(parts.empty, parts.body, parts.live);
  return parts;
}

function buildCards(parts, options, act, usage) {
  const png = (id) => ["PNG", `Save this panel as PNG: ${id}`, () => act.png(id)];
  parts.mapKind = segments("Map", act.mapKind);
  parts.scale = segments("Count axis", (id) => act.option("log", id === "log"));
  parts.scale.options(
    [
      { id: "linear", label: "Linear" },
      { id: "log", label: "Log" },
    ],
    "linear",
  );
  parts.range = segments("Codes on the axis", (id) => act.option("range", id));
  parts.range.options(
    [
      { id: "all", label: "All K", title: "All codes on the axis, unused ones too" },
      { id: "used", label: "Used", title: "Only the codes in use on the axis" },
    ],
    "all",
  );
  parts.where = segments("Counts of", (id) => act.option("where", id));
  const hint = "Code numbers, where cells are large enough to read them; zoom in if not";
  return {
    picture: card(
      "picture",
      "Picture",
      board("Picture with its token grid. Arrow keys move the chosen token, Escape lets go, plus and minus zoom."),
      [
        slider("Grid", "Opacity of the token grid", options.gridOpacity, (x) => act.option("gridOpacity", x)),
        toggle("Numbers", hint, options.pictureNumbers, (x) => act.option("pictureNumbers", x)),
      ],
      [png("picture")],
    ),
    tokens: card(
      "tokens",
      "Tokens",
      board("Token grid coloured by code. Arrow keys move the chosen token, Escape lets go, plus and minus zoom."),
      [toggle("Numbers", hint, options.gridNumbers, (x) => act.option("gridNumbers", x))],
      [png("tokens")],
    ),
    map: card(
      "map",
      "Codebook map",
      board("Codebook map: one point a code. Left and right arrows go through the codes by number, Escape lets go."),
      [parts.mapKind.element],
      [png("map"), ["CSV", "Save the map as CSV", act.mapCsv]],
    ),
    usage: card(
      "usage",
      "Usage",
      usage,
      [parts.where.element, parts.range.element, parts.scale.element],
      [
        ["PNG", "Save this panel as PNG: usage", () => act.usage("png")],
        ["SVG", "Save this panel as SVG: usage", () => act.usage("svg")],
        ["CSV", "Save the usage as CSV", () => act.usage("csv")],
      ],
    ),
  };
}
