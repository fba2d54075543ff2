// @ts-check
// Whether a page shows what a task asks for, by what its views report of themselves and what stands in its address.

const VIEWS = {
  "": ["#inspect-view", ".dte-rec[data-mode]", ".dte-player", ".dte-edit"],
  lab: ["#lab-view .dte-lab"],
  codebook: ["#codebook-view .dte-codebook"],
  compare: ["#compare-view .dte-compare"],
  experiments: [".dte-experiments"],
  language: [".dte-language"],
  learn: ["#play-view .le-card", ".le-methods"],
};
export const DIGITS = 4;

/** The facts of a page by name: its address first, then the `data-*` of its views. */
export function factsOf(page, root = document, search = window.location.search) {
  const views = (VIEWS[page] ?? []).flatMap((selector) => [...root.querySelectorAll(selector)]);
  return Object.assign(Object.fromEntries(new URLSearchParams(search)), ...views.map(({ dataset }) => ({ ...dataset })));
}

/** Whether one fact holds for the value that a page reports, as text; what is not reported yet does not. Pure. */
export function holds({ relation, value }, reported) {
  if (reported === undefined || reported === "") return false;
  if (relation === "is") return reported === String(value);
  const number = Number(reported);
  if (!Number.isFinite(number)) return false;
  return relation === "at least" ? number >= value : number <= value;
}

/** All facts at once. Pure. */
export const isDone = (task, facts) => task.facts.every((fact) => holds(fact, facts[fact.name]));

/** "perplexity 6.5 (at least 40)": how far it is, a mark before what holds. A name that is asked for is not given away. Pure. */
export function standing(task, facts) {
  const wanted = ({ relation, value }) => (relation === "is" && typeof value === "string" ? "" : ` (${relation} ${value})`);
  const one = (fact) => `${holds(fact, facts[fact.name]) ? "✓ " : ""}${fact.label || fact.name} ${short(facts[fact.name])}${wanted(fact)}`;
  return task.facts.map(one).join(", ");
}

function short(reported) {
  if (reported === undefined || reported === "") return "not known yet";
  const number = Number(reported);
  return Number.isFinite(number) ? String(Number(number.toPrecision(DIGITS))) : reported;
}
