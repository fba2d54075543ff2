// @ts-check
// A/B: what a second run, in lock step with the first and from its seed, shall differ in. kit/player/versus.js says what comes of it.

import { addStyleSheet } from "../kit/page/component.js";
import { h, say } from "../kit/widgets/dom.js";
import { createField } from "./controls/field.js";
import { groupFields, inertReason, isShown, otherValue, settingsOfSides, valueWords } from "./controls/values.js";
import { NO_ANSWER } from "./controls/controls.js";
import { memory } from "../kit/stage/pace.js";

// What B differs in unless the visitor says otherwise: the first that acts in this run. Straight-through against the
// rotation trick is the comparison that most people come for; two ways to reseed part only once a code dies.
const FIRST = ["gradient", "initialization", "decay", "reseeding"];
export const MEND = "mend"; // not a setting: what mends the preset that runs

/** The controls that can differ now: those that have an effect, by group. */
export function comparable(controls, settings, inert = []) {
  return groupFields(controls.filter((control) => isShown(control, settings) && !inertReason(inert, control.name, settings)));
}

/** The preset of a run against its mended self, or a mended one against its broken self: {label, words, changes}, or null
 *  where no preset runs or nothing would differ. */
export function mendOffer(presets, { preset: id = null, mended = false } = {}, settings = {}) {
  const preset = presets.find((each) => each.id === id);
  if (!preset?.apart) return null;
  const changes = mended ? preset.apart.broken : preset.apart.mended;
  if (Object.entries(changes).every(([name, value]) => settings[name] === value)) return null;
  return mended
    ? { label: "The preset, broken", words: "Compare the mended run (A) with the broken one (B)", changes }
    : { label: `The preset, mended: ${preset.mend.label}`, words: "Compare the broken run (A) with the mended one (B)", changes };
}

/** The sentence on the button. */
export const startWords = (control, a, b) => `Compare ${valueWords(control, a)} (A) with ${valueWords(control, b)} (B)`;

export function createCompare(root, env) {
  addStyleSheet(new URL("../kit/widgets/forms.css", import.meta.url).href);
  const { payload, act, bus } = env;
  const panel = {
    ...payload,
    act,
    bus,
    status: { preset: payload.preset, mended: false },
    name: null,
    chosen: false,
    touched: false,
    running: false,
    busy: false,
  };
  build(panel, root);
  offer(panel);
  const same = memory();
  return {
    draw(view) {
      const all = settingsOfSides(view);
      if (all.length === 0) return;
      const { preset = null, mended = false } = view.status ?? {};
      if (same(all[0], all.length, preset, mended)) return;
      const stopped = panel.running && all.length === 1;
      if (preset !== panel.status.preset || mended !== panel.status.mended) panel.chosen = false;
      Object.assign(panel, { settings: all[0], running: all.length > 1, status: { preset, mended } });
      offer(panel);
      showRun(panel);
      const idle = document.activeElement === null || document.activeElement === document.body;
      if (stopped && idle) panel.start.focus({ preventScroll: true });
    },
  };
}

function build(panel, root) {
  const id = "lab-compare";
  panel.choice = h("select", { id: `${id}-name`, onchange: () => choose(panel) });
  panel.place = h("div", { class: "dte-lf-other" });
  panel.now = h("p", { class: "dte-lf-note" });
  panel.start = h("button", { type: "button", class: "dte-lf-second", "data-compare": "start", onclick: () => start(panel) });
  panel.error = h("p", { class: "dte-lf-error", role: "alert", id: `${id}-error`, hidden: true });
  panel.valueRow = h("div", { class: "dte-lf-row" }, h("label", { for: `${id}-value` }, "In run B"), panel.place);
  panel.setup = h(
    "div",
    { class: "dte-lf-setup" },
    h("div", { class: "dte-lf-row" }, h("label", { for: `${id}-name` }, "What differs in run B"), panel.choice),
    panel.valueRow,
  );
  panel.run = h("p", { class: "dte-lf-note", hidden: true }, "Two runs go step by step together. What sets them apart stands above their planes.");
  root.classList.add("dte-lf");
  root.dataset.panel = "compare";
  root.setAttribute("aria-label", "Compare two runs");
  root.replaceChildren(
    h("div", { class: "dte-lf-head" }, h("h3", {}, "Compare two runs, A and B")),
    panel.setup,
    panel.run,
    panel.error,
    panel.now,
    panel.start,
  );
}

/** Fill the list of what can differ; what was chosen stays chosen while it has an effect. */
function offer(panel) {
  const groups = comparable(panel.controls, panel.settings, panel.inert);
  const names = groups.flatMap((group) => group.members.map((control) => control.name));
  panel.mend = mendOffer(panel.presets, panel.status, panel.settings);
  if (panel.mend) names.unshift(MEND);
  if (!panel.chosen || !names.includes(panel.name)) {
    const name = panel.mend ? MEND : (FIRST.find((each) => names.includes(each)) ?? names[0]);
    Object.assign(panel, { name, chosen: false, touched: panel.touched && name === panel.name });
  }
  const key = `${panel.mend?.label} ${names.join(" ")}`;
  if (panel.offered !== key) {
    const options = (group) => group.members.map((control) => h("option", { value: control.name }, control.label));
    const mend = panel.mend ? [h("option", { value: MEND }, panel.mend.label)] : [];
    panel.choice.replaceChildren(...mend, ...groups.map((group) => h("optgroup", { label: group.name }, ...options(group))));
    panel.offered = key;
  }
  panel.choice.value = panel.name;
  field(panel);
}

function choose(panel) {
  Object.assign(panel, { name: panel.choice.value, chosen: true, touched: false });
  field(panel);
}

/** The input for the other value; one that the visitor has touched keeps what it holds. */
function field(panel) {
  panel.valueRow.hidden = panel.name === MEND;
  if (panel.name === MEND) return mendWords(panel);
  const control = panel.controls.find((each) => each.name === panel.name);
  const now = panel.settings[control.name];
  if (panel.control !== control) {
    panel.control = control;
    const take = (value) => {
      Object.assign(panel, { value, touched: true, chosen: true });
      panel.refused = "";
      complain(panel, "");
      words(panel);
    };
    const refuse = (message) => {
      panel.refused = message;
      complain(panel, message);
    };
    panel.field = createField(control, panel.defaults[control.name], { input: "lab-compare-value" }, { slide: take, choose: take, refuse });
    for (const input of panel.field.inputs) input.setAttribute("aria-describedby", "lab-compare-error");
    panel.place.replaceChildren(panel.field.element);
    panel.refused = "";
    complain(panel, "");
  }
  if (!panel.touched || panel.value === now) {
    panel.value = otherValue(control, now, panel.defaults[control.name]);
    panel.touched = false;
  }
  if (!panel.field.busy()) panel.field.set(panel.value);
  words(panel);
}

const AGAIN = "Both start again at step 0, from one seed.";

function words(panel) {
  const { control, value } = panel;
  const now = panel.settings[control.name];
  say(panel.now, `Run A has ${valueWords(control, now)}. ${AGAIN}`);
  say(panel.start, value === now ? "Choose another value for B" : startWords(control, now, value));
  panel.start.disabled = value === now;
}

function mendWords(panel) {
  panel.refused = "";
  complain(panel, "");
  say(panel.now, AGAIN);
  say(panel.start, panel.mend.words);
  panel.start.disabled = false;
}

async function start(panel) {
  if (panel.busy || panel.refused) return;
  panel.busy = true;
  const changes = panel.name === MEND ? panel.mend.changes : { [panel.name]: panel.value };
  let answer;
  try {
    answer = await panel.act("compare", { changes });
  } catch {
    answer = { ok: false };
  }
  panel.busy = false;
  complain(panel, answer.ok ? "" : (answer.error?.message ?? NO_ANSWER));
  if (answer.ok) panel.bus.set({ compared: panel.bus.state.compared + 1 });
}

function complain(panel, message) {
  say(panel.error, message);
  panel.error.hidden = !message;
  for (const input of panel.field?.inputs ?? []) input.setAttribute("aria-invalid", String(Boolean(message)));
}

/** While two runs go there is nothing to choose here. */
function showRun(panel) {
  panel.setup.hidden = panel.now.hidden = panel.start.hidden = panel.running;
  panel.run.hidden = !panel.running;
}
