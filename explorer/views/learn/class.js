// @ts-check
// A link for a class: which panels and controls it hides, whether it opens as a talk is held, and how a teacher makes one by
// clicks. The address holds all of it: `hide=events,histogram` and `present=1`.

import { h, say } from "../kit/widgets/dom.js";
import { queryOf } from "./route.js";

const NAME = /^[a-z][a-z0-9_-]{0,40}$/;
const MOST = 40; // names that a link may hide
const PANELS = /(?:^|\s)(?:lab-panel|codebook|compare)-([a-z][a-z0-9_-]*)(?=\s|$)/;

/** Names that an address hides; what is no name is passed over. Pure. @param {string} search */
export function hiddenNames(search) {
  const asked = (new URLSearchParams(search).get("hide") ?? "").split(",").filter((name) => NAME.test(name));
  return [...new Set(asked)].slice(0, MOST);
}

/** @param {string} search */
export const isPresented = (search) => new URLSearchParams(search).get("present") === "1";

/** The style sheet that hides panels and controls of these names. Pure. @param {string[]} names */
export function hidingRules(names) {
  const places = names.flatMap((name) => [
    `.lab-panel-${name}`,
    `.codebook-${name}`,
    `.compare-${name}`,
    `#inspect-page [data-panel="${name}"]`,
    `[data-control="${name}"]`,
  ]);
  return places.length > 0 ? `:is(${places.join(", ")}) { display: none !important; }` : "";
}

/** The same query with what a link for a class adds, in the place of what it had. Pure.
 *  @param {string} search @param {{hide: string[], present: boolean}} options */
export function classQuery(search, { hide, present }) {
  const query = new URLSearchParams(search);
  query.delete("hide");
  query.delete("present");
  if (hide.length > 0) query.set("hide", hide.join(","));
  if (present) query.set("present", "1");
  return query.toString();
}

/** What a link for a class keeps from step to step. Pure. @param {string} search */
export const ofClass = (search) => ({ hide: hiddenNames(search), present: isPresented(search) });

/** The address of a step, below `root`, with what the link for a class that is open keeps. Pure. @param {string} search */
export const classAddress = (root, chapter, number, search) => `${root}${chapter.steps[number].page}?${classQuery(queryOf(chapter, number), ofClass(search))}`;

/** What a panel calls itself, or "". @param {Element} panel */
const titleOf = (panel) => (panel.getAttribute("aria-label") ?? panel.querySelector("h2, h3, summary")?.textContent ?? "").trim();

/** What a control calls itself, after the group that it stands in: "Reseeding: Threshold". @param {Element} row */
function labelOf(row) {
  const group = row.closest("[data-group]")?.getAttribute("data-group") ?? "Setting";
  const label = (row.querySelector(".le-label, label") ?? row).textContent?.trim();
  return label ? `${group}: ${label}` : "";
}

/** Panels and controls of this page that a link can hide, in their order: [name, what it is called there]. What has no title
 *  to be known by is not among them. @param {ParentNode} root @returns {[string, string][]} */
export function hideable(root = document) {
  const found = new Map();
  const add = (name, words) => NAME.test(name) && words && !found.has(name) && found.set(name, words);
  for (const element of root.querySelectorAll("[class*='lab-panel-'], [class*='codebook-'], [class*='compare-'], #inspect-page [data-panel]"))
    add(/** @type {HTMLElement} */ (element).dataset.panel ?? PANELS.exec(element.className)?.[1] ?? "", titleOf(element));
  for (const row of root.querySelectorAll("[data-control]")) add(/** @type {HTMLElement} */ (row).dataset.control ?? "", labelOf(row));
  return [...found];
}

const sheet = typeof CSSStyleSheet === "function" ? new CSSStyleSheet() : null;

/** Hide, and enlarge, what the address says. @param {string} search */
export function applyClass(search, doc = document) {
  if (!sheet) return;
  if (!doc.adoptedStyleSheets.includes(sheet)) doc.adoptedStyleSheets = [...doc.adoptedStyleSheets, sheet];
  sheet.replaceSync(hidingRules(hiddenNames(search)));
  doc.documentElement.classList.toggle("dte-present", isPresented(search));
}

/** "A link for my class": what to leave out by clicks, and the link. write(query) puts it into the address.
 *  @param {(query: string) => void} write */
export function classPart(write) {
  const { search } = window.location;
  const chosen = new Set(hiddenNames(search));
  const said = h("p", { class: "gd-state", role: "status" });
  const large = h("input", { type: "checkbox", checked: isPresented(search), onchange: () => change() });
  const change = () => {
    write(classQuery(window.location.search, { hide: [...chosen], present: large.checked }));
    applyClass(window.location.search);
    say(said, "");
  };
  const choice = ([name, words]) => {
    const input = h("input", { type: "checkbox", checked: !chosen.has(name), "data-name": name });
    input.addEventListener("change", () => {
      if (input.checked) chosen.delete(name);
      else chosen.add(name);
      change();
    });
    return h("label", { class: "gd-choice" }, input, words);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      say(said, "Copied. Whoever opens it begins at this step, with what is ticked.");
    } catch {
      say(said, `Copy the address of this page: ${window.location.href}`);
    }
  };
  const body = h("div", { class: "gd-class" });
  const fill = () =>
    body.replaceChildren(
      h("label", { class: "gd-choice" }, large, "Presenter view: large type, keys of a remote, Escape leaves it"),
      h("p", {}, "The link shows what is ticked:"),
      h("div", { class: "gd-choices" }, ...hideable().map(choice)),
      h("button", { type: "button", class: "dte-plain-button", onclick: copy }, "Copy the link"),
      said,
    );
  const details = h("details", { class: "gd-for-class" }, h("summary", {}, "A link for my class"), body);
  details.addEventListener("toggle", () => /** @type {HTMLDetailsElement} */ (details).open && fill());
  return details;
}
