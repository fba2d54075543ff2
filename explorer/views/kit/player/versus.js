// @ts-check
// A against B, above their planes: what differs, what is measured of both, and how to stop.

import { h, say } from "../widgets/dom.js";
import { memory, throttle } from "../stage/pace.js";
import { measuresOf, momentOf } from "./versus_words.js";

const READABLE_MS = 400; // numbers that change faster cannot be read

/** env.apart(first, second): rows of what differs in the settings of two views, null where one is not known yet; env.words(rows,
 *  a, b): the sentences above the numbers; env.at(): the step that both are measured at, null for the newest. */
export function createVersus(root, env) {
  const error = h("p", { class: "lab-error", role: "alert" });
  const stop = h("button", { type: "button", class: "dte-button lab-button", "data-compare": "stop" }, "Stop comparing");
  const words = h("p", { class: "lab-versus-words" });
  const body = h("div", { class: "lab-versus-table", role: "table", "aria-label": "A and B in numbers" });
  stop.addEventListener("click", async () => {
    const answer = await env.act("compare_off", {});
    say(error, answer.ok ? "" : (answer.error?.message ?? "That did not work."));
  });
  root.setAttribute("aria-label", "A against B");
  root.append(h("div", { class: "lab-head" }, h("h3", {}, "A against B"), stop), words, body, error);
  root.hidden = true;
  let views = [];
  let seen = env.bus.state.compared;
  /** The button that began it is gone, and the planes may be off the screen. */
  const reveal = () => {
    seen = env.bus.state.compared;
    root.scrollIntoView({ block: "start" });
    stop.focus({ preventScroll: true });
  };
  const write = throttle(() => fill({ body, words }, env, views), READABLE_MS);
  const same = memory();
  return {
    /** views: of both sides, or of one. */
    draw(next) {
      const begins = root.hidden && next.length > 1;
      root.hidden = next.length < 2;
      if (root.hidden) return;
      views = next;
      if (env.bus.state.compared !== seen) reveal();
      if (begins || !same(...next.flatMap((view) => [view.curves, view.events, view.settings, view.frame?.level]), env.bus.state.scrub)) write.request();
    },
    destroy: write.destroy,
  };
}

function fill({ body, words }, env, views) {
  const [first, second] = views;
  const settings = second ? env.apart(first, second) : null;
  if (!settings) return;
  const [a, b] = views.map((view) => momentOf(view, env.at()));
  say(words, env.words(settings, a, b));
  const rows = [...settings.map((one) => ({ ...one, apart: "" })), ...(a && b ? measuresOf(a, b) : [])];
  const cells = [["", "A", "B", "apart"], ...rows.map(({ label, a: x, b: y, apart }) => [label, x, y, apart])];
  while (body.children.length > cells.length) body.lastChild.remove();
  cells.forEach((texts, i) => {
    const row = body.children[i] ?? body.appendChild(rowElement(i === 0));
    texts.forEach((each, j) => say(row.children[j], each));
    row.title = rows[i - 1]?.unit ?? "";
  });
}

function rowElement(heads) {
  const role = (j) => (heads ? "columnheader" : j === 0 ? "rowheader" : "cell");
  return h("div", { class: "lab-versus-row", role: "row" }, ...[0, 1, 2, 3].map((j) => h("span", { role: role(j) })));
}
