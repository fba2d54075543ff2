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
const OPEN = ["yes", "no"]; // to say which of these is asked for gives nothing away

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

/** Whether a step asks for the mend of a preset of the lab, which a button beside it would do at one click. Pure. */
export const findsMend = ({ page, query, task }) => page === "lab" && Boolean(task) && new URLSearchParams(query ?? "").has("preset");

/** All facts at once. Pure. */
export const isDone = (task, facts) => task.facts.every((fact) => holds(fact, facts[fact.name]));

// Where a page writes out what it reports by an id: each gives the words of one element, or nothing.
const NAMES = {
  tokenizer: { place: () => "#tokenizer input", words: (found) => found.value },
  picture: { place: (id) => `.strip-picture[data-id="${id}"]`, words: (found) => found.title.split(". ")[0] },
  chosen: { place: (id) => `#methods-view [data-method="${id}"]`, words: (found) => found.textContent },
};
const ID = /^[\w-]+$/;

/** What a page calls what it reports of a task: {fact: words}, where it has words for it.
 *  @param {string} page @param {any} task @param {any} facts */
export function namesOf(page, task, facts, root = document) {
  const named = task.facts.flatMap(({ name, relation, value }) => {
    const id = facts[name];
    if (relation !== "is" || typeof value !== "string" || !ID.test(id ?? "")) return [];
    const words = page === "lab" ? choiceWords(root, name) : wordsIn(root, NAMES[name], id);
    return words ? [[name, words]] : [];
  });
  return Object.fromEntries(named);
}

function wordsIn(root, known, id) {
  const found = known && root.querySelector(known.place(id));
  return found ? known.words(found).trim() : "";
}

/** Of a setting of the lab: the entry of its list, or the button that is pressed. */
function choiceWords(root, name) {
  const chosen = root.querySelector(`#lab-view [data-control="${name}"] :is(option:checked, [aria-pressed="true"])`);
  return chosen?.textContent.trim() ?? "";
}

/** Whether a run went on for longer than a task allows, which no waiting mends. */
const isPast = ({ name, relation, value }, reported) => name === "step" && relation === "at most" && Number(reported) > value;

/** "perplexity 6.5 (at least 40)": how far it is, a mark before what holds. A name that is asked for is not given away, only
 *  that another is.
 *  names: what the page calls what it reports, see `namesOf`. Pure. @param {any} task @param {any} facts @param {any} [names] */
export function standing(task, facts, names = {}) {
  const wanted = (fact) => {
    const { name, relation, value } = fact;
    if (isPast(fact, facts[name])) return ` (${relation} ${value}: press Reset)`;
    if (relation !== "is") return ` (${relation} ${value})`;
    if (holds(fact, facts[name])) return "";
    if (OPEN.includes(value) || Number.isFinite(Number(value))) return ` (${value} is asked for)`;
    return facts[name] ? " (another is asked for)" : "";
  };
  const one = (fact) => `${holds(fact, facts[fact.name]) ? "✓ " : ""}${fact.label || fact.name} ${names[fact.name] ?? short(facts[fact.name])}${wanted(fact)}`;
  return task.facts.map(one).join(", ");
}

function short(reported) {
  if (reported === undefined || reported === "") return "not known yet";
  const number = Number(reported);
  return Number.isFinite(number) ? String(Number(number.toPrecision(DIGITS))) : reported;
}
