// @ts-check
// The frame of a panel of the lab: title, tools, body and what it says.

import { h } from "../widgets/dom.js";

/** Fill a panel's section: title and tools, body, readout. Returns {caption}. */
export function furnish(root, id, title, tools, ...body) {
  root.classList.add("dte-lp");
  root.dataset.panel = id;
  root.setAttribute("aria-label", title);
  const caption = h("p", { class: "dte-lp-caption" });
  root.replaceChildren(h("div", { class: "dte-lp-head" }, h("h3", {}, title), h("div", { class: "dte-lp-tools" }, ...tools)), ...body, caption);
  return { caption };
}
