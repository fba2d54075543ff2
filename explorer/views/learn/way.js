// @ts-check
// How a page makes way for the card, as way.css draws it.

const DESK_PX = 1100; // from here on a page makes way for the card: see way.css
const LAB = "#lab-view ";
const SETTINGS = "#lab-view .lab-panel-controls";
// As wide as the window, or below what is: these leave the card its place, see way.css.
const WIDE = [
  ...[".dte-experiments", ".dte-player", ".dte-graph", ".dte-rec"],
  ...["#language-view", "#methods-view", "#edit-view", "#compare-view", "#code-card"],
];

/** How a page makes way for what a step is about: in the lab the settings stand beside the plane rather than a window below
 *  it, and the card in the place of the settings where these are not asked for; what is as wide as the window leaves the card
 *  its place on the right. held: what mends a preset is not offered. @param {string[]} lit */
export function makeWay(lit, held = false) {
  const page = document.documentElement; // by attributes: another class would be taken for another theme
  const settings = lit.includes(SETTINGS);
  page.toggleAttribute("data-mend-held", held);
  page.toggleAttribute("data-settings-first", settings);
  page.toggleAttribute("data-beside-guide", settings || lit.some((one) => WIDE.some((begin) => one.startsWith(begin))));
  page.toggleAttribute("data-guide-left", !settings && lit.some((one) => one.startsWith(LAB)));
}

/** The side of the window that the page has left free, or null. */
export function freeSide() {
  const page = document.documentElement;
  if (window.innerWidth < DESK_PX) return null;
  return page.hasAttribute("data-guide-left") ? "left" : page.hasAttribute("data-beside-guide") ? "right" : null;
}
