// @ts-check
// The diagnosis in words: what the measures say is wrong, worst first, what to try, and which figure shows it.

import { addStyleSheet } from "../page/component.js";
import { h, say } from "../widgets/dom.js";
import { levelOf } from "../wire/findings.js";
import { whole } from "../wire/format.js";
import { memory, throttle } from "../stage/pace.js";

const FIGURES = {
  plane: "the latent plane",
  heatmap: "the heatmap of codes",
  histogram: "the usage histogram",
  curves: "the curves",
  pictures: "the reconstructions",
  events: "the event log",
};
const SHEETS = ["../widgets/forms.css", "../widgets/sign.css"];
const READABLE_MS = 500; // numbers that change faster cannot be read
const SPOKEN_MS = 4000; // and not listened to
const FLASH_MS = 1500;

/** Worst first; among equals in the order in which they came. */
export const worstFirst = (findings) => [...findings].sort((a, b) => levelOf(a).rank - levelOf(b).rank);

/** What a finding is about, without its numbers: the same finding with a new count is no news. */
export const topicOf = (finding) => `${finding.level} ${finding.title.replace(/\d[\d.,]*/g, "#")}`;

/** What a screen reader hears when the findings are others than before: their titles, and of which moment they are. */
export function spokenWords(findings, step) {
  const told = worstFirst(findings).filter((finding) => finding.level !== "good");
  if (findings.length === 0) return "";
  const head = ["Diagnosis", judgedWords(step)].filter(Boolean).join(" ");
  if (told.length === 0) return `${head}: ${findings[0].title}`;
  return `${head}: ${told.map((finding) => `${levelOf(finding).word}: ${finding.title}`).join("; ")}`;
}

/** Of which moment it speaks: "of step 1,240". */
export const judgedWords = (step) => (Number.isFinite(step) ? `of step ${whole(step)}` : "");

export function createDiagnosis(root, env) {
  for (const sheet of SHEETS) addStyleSheet(new URL(sheet, import.meta.url).href);
  const empty = h("p", { class: "dte-lf-note" }, "Nothing to say yet: let the run go on for some steps.");
  const list = h("ul", { class: "dte-lf-findings", hidden: true });
  const when = h("span", { class: "dte-lf-note" });
  const spoken = h("p", { class: "dte-spoken dte-lf-spoken", role: "status", "aria-live": "polite" });
  root.classList.add("dte-lf");
  root.dataset.panel = "diagnosis";
  root.setAttribute("aria-label", "Diagnosis");
  root.replaceChildren(h("div", { class: "dte-lf-head" }, h("h3", {}, env?.title ?? "Diagnosis"), when), empty, list, spoken);
  let findings = [];
  let judged = null;
  let topics = "";
  const rows = [];
  const put = () => {
    const sorted = worstFirst(findings);
    while (rows.length < sorted.length) rows.push(row(root, list));
    rows.forEach((item, i) => fill(item, sorted[i]));
    say(when, judgedWords(judged));
    empty.hidden = sorted.length > 0;
    list.hidden = sorted.length === 0;
    const now = sorted.map(topicOf).join("\n");
    if (now !== topics) speak.request();
    topics = now;
  };
  const write = throttle(put, READABLE_MS);
  const tell = () => say(spoken, spokenWords(findings, judged));
  const speak = throttle(tell, SPOKEN_MS); // of a run that plays: the same finding with a new count is no news
  const settle = throttle(tell, READABLE_MS); // of one that stands still, or is looked back at: what is on the page
  const same = memory();
  return {
    draw(view) {
      const next = view.diagnosis ?? [];
      if (same(next, view.judged)) return;
      [findings, judged] = [next, view.judged];
      if (view.status?.playing && !view.past) {
        settle.cancel();
        return write.request();
      }
      write.cancel();
      put(); // at once: what stands still is read
      speak.cancel();
      settle.request();
    },
    destroy() {
      for (const each of [write, speak, settle]) each.cancel();
    },
  };
}

/** The elements of one finding, reused for whatever stands at its place: a focused button stays focused. */
function row(root, list) {
  const item = { figure: "" };
  item.mark = h("span", { class: "dte-sign", "aria-hidden": "true" }, h("span", {}));
  item.word = h("span", { class: "dte-lf-level" });
  item.title = h("span", { class: "dte-lf-finding-title" });
  item.text = h("p", {});
  item.advice = h("p", { class: "dte-lf-try" }, h("b", {}, "Try: "), (item.what = h("span", {})));
  item.show = h("button", { type: "button", class: "dte-link", onclick: () => reveal(root, item.figure) });
  const heading = h("h4", {}, item.word, " ", item.title);
  item.element = h("li", { class: "dte-lf-finding" }, item.mark, h("div", {}, heading, item.text, item.advice, item.show));
  list.append(item.element);
  return item;
}

function fill(item, finding) {
  item.element.hidden = !finding;
  if (!finding) return;
  const { word, mark } = levelOf(finding);
  item.figure = finding.figure ?? "";
  item.element.dataset.level = finding.level;
  say(item.mark.firstChild, mark);
  say(item.word, word);
  say(item.title, finding.title);
  say(item.text, finding.text ?? "");
  say(item.what, finding.try ?? "");
  item.advice.hidden = !finding.try;
  item.show.hidden = !FIGURES[item.figure];
  say(item.show, `See ${FIGURES[item.figure] ?? ""}`);
}

/** Scroll to the figure that shows a finding, and light up its frame for a moment. */
function reveal(root, figure) {
  const page = root.closest(".lab-side, .dte-lab, .dte-root") ?? document;
  const section = [...page.querySelectorAll(`[data-panel="${CSS.escape(figure)}"]`)].find((panel) => panel.offsetParent !== null);
  if (!section) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  section.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
  section.classList.add("dte-lf-flash");
  setTimeout(() => section.classList.remove("dte-lf-flash"), FLASH_MS);
}
