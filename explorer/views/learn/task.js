// @ts-check
// Whether a page shows what a task asks for, by what its view reports of itself.

const VIEWS = { "": "#inspect-view", lab: "#lab-view .dte-lab", codebook: "#codebook-view .dte-codebook", compare: "#compare-view .dte-compare" };
export const DIGITS = 4;

/** The element of a page whose `data-*` are its facts. */
export const viewOf = (page, root = document) => root.querySelector(VIEWS[page]);

/** Whether one fact holds for the value that a page reports, as text; what is not reported yet does not. Pure. */
export function holds({ relation, value }, reported) {
  if (reported === undefined || reported === "") return false;
  if (relation === "is") return reported === String(value);
  const number = Number(reported);
  if (!Number.isFinite(number)) return false;
  return relation === "at least" ? number >= value : number <= value;
}

/** All facts at once. Pure. */
export const isDone = (task, dataset) => task.facts.every((fact) => holds(fact, dataset[fact.name]));

/** "perplexity 6.5 (at least 40)": how far it is. Pure. */
export function standing(task, dataset) {
  return task.facts.map(({ name, relation, value }) => `${name} ${short(dataset[name])} (${relation} ${value})`).join(", ");
}

function short(reported) {
  if (reported === undefined || reported === "") return "not known yet";
  const number = Number(reported);
  return Number.isFinite(number) ? String(Number(number.toPrecision(DIGITS))) : reported;
}
