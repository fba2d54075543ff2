// A/B: two runs in lock step from one seed that differ in one setting; the differences in words.

import { addStyleSheet } from "./component.js";
import { h } from "./inspect_dom.js";
import { createField } from "./lab_control_field.js";
import { grouped, isShown, otherValue, settingsOfSides, valueWords } from "./lab_control_values.js";
import { NO_ANSWER } from "./lab_controls.js";
import { memory, say } from "./lab_panel.js";

const FIRST = "gradient"; // straight-through against the rotation trick: the comparison that most people come for

/** "Initialization: Gaussian | k-means" -> {label, a, b}; null if it is worded otherwise. */
export function splitDifference(words) {
  const found = /^(.+?): (.*) \| (.*)$/.exec(words);
  const word = (value) => ({ True: "on", False: "off" })[value] ?? value;
  return found && { label: found[1], a: word(found[2]), b: word(found[3]) };
}

/** The controls that can differ now: those that have an effect, by group. */
export function comparable(controls, settings) {
  return grouped(controls.filter((control) => isShown(control, settings)));
}

/** The sentence on the button. */
export const startWords = (control, a, b) => `Compare ${valueWords(control, a)} (A) with ${valueWords(control, b)} (B)`;

export function createCompare(root, env) {
  addStyleSheet(new URL("lab_forms.css", import.meta.url).href);
  const panel = { ...env.payload, act: env.act, settings: env.payload.settings, name: FIRST, touched: false, running: false, busy: false };
  build(panel, root);
  offer(panel);
  const same = memory();
  return {
    draw(view) {
      const all = settingsOfSides(view);
      if (all.length === 0) return;
      const differences = (view.status?.differences ?? []).join("\n");
      if (same(all[0], all.length, differences)) return;
      panel.settings = all[0];
      panel.running = all.length > 1;
      offer(panel);
      showRun(panel, view.status?.differences ?? []);
    },
  };
}

function build(panel, root) {
  const id = "lab-compare";
  panel.choice = h("select", { id: `${id}-name`, onchange: () => choose(panel) });
  panel.place = h("div", { class: "dte-lf-other" });
  panel.now = h("p", { class: "dte-lf-note" });
  panel.start = h("button", { type: "button", class: "dte-lf-second", "data-compare": "start", onclick: () => start(panel) });
  const stop = () => send(panel, "compare_off", {});
  panel.stop = h("button", { type: "button", class: "dte-lf-second", "data-compare": "stop", onclick: stop }, "Stop comparing");
  panel.error = h("p", { class: "dte-lf-error", role: "alert", id: `${id}-error`, hidden: true });
  panel.list = h("dl", { class: "dte-lf-differences" });
  panel.setup = h(
    "div",
    { class: "dte-lf-setup" },
    h("div", { class: "dte-lf-row" }, h("label", { for: `${id}-name` }, "Setting that differs"), panel.choice),
    h("div", { class: "dte-lf-row" }, (panel.label = h("label", { for: `${id}-value` }, "In run B")), panel.place),
  );
  panel.run = h("div", { class: "dte-lf-running", role: "status", hidden: true }, panel.list);
  root.classList.add("dte-lf");
  root.dataset.panel = "compare";
  root.setAttribute("aria-label", "Compare two runs");
  root.replaceChildren(
    h("div", { class: "dte-lf-head" }, h("h3", {}, "Compare two runs")),
    h("p", { class: "dte-lf-note" }, "Two runs from one seed, step by step together, with one setting different."),
    panel.setup,
    panel.run,
    panel.error,
    panel.now,
    panel.start,
    panel.stop,
  );
  panel.stop.hidden = true;
}

/** Fill the list of settings; what was chosen stays chosen while it has an effect. */
function offer(panel) {
  const groups = comparable(panel.controls, panel.settings);
  const names = groups.flatMap((group) => group.members.map((control) => control.name));
  if (!names.includes(panel.name)) Object.assign(panel, { name: names.includes(FIRST) ? FIRST : names[0], touched: false });
  const key = names.join(" ");
  if (panel.offered !== key) {
    const options = (group) => group.members.map((control) => h("option", { value: control.name }, control.label));
    panel.choice.replaceChildren(...groups.map((group) => h("optgroup", { label: group.name }, ...options(group))));
    panel.offered = key;
  }
  panel.choice.value = panel.name;
  field(panel);
}

function choose(panel) {
  Object.assign(panel, { name: panel.choice.value, touched: false });
  field(panel);
}

/** The input for the other value; one that the visitor has touched keeps what it holds. */
function field(panel) {
  const control = panel.controls.find((each) => each.name === panel.name);
  const now = panel.settings[control.name];
  if (panel.control !== control) {
    panel.control = control;
    const take = (value) => {
      Object.assign(panel, { value, touched: true });
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

function words(panel) {
  const { control, value } = panel;
  const now = panel.settings[control.name];
  say(panel.now, `Run A has ${valueWords(control, now)}. Both start again at step 0.`);
  say(panel.start, value === now ? "Choose another value for B" : startWords(control, now, value));
  panel.start.disabled = value === now;
}

const start = (panel) => !panel.refused && send(panel, "compare", { changes: { [panel.name]: panel.value } });

async function send(panel, action, args) {
  if (panel.busy) return;
  panel.busy = true;
  let answer;
  try {
    answer = await panel.act(action, args);
  } catch {
    answer = { ok: false };
  }
  panel.busy = false;
  complain(panel, answer.ok ? "" : (answer.error?.message ?? NO_ANSWER));
  if (!answer.ok) return;
  panel.running = action === "compare";
  showRun(panel, answer.status?.differences ?? []);
  (panel.running ? panel.stop : panel.start).focus();
}

function complain(panel, message) {
  say(panel.error, message);
  panel.error.hidden = !message;
  for (const input of panel.field.inputs) input.setAttribute("aria-invalid", String(Boolean(message)));
}

/** While two runs go: what differs, and how to stop. */
function showRun(panel, differences) {
  panel.setup.hidden = panel.now.hidden = panel.start.hidden = panel.running;
  panel.run.hidden = panel.stop.hidden = !panel.running;
  if (!panel.running) return;
  const key = differences.join("\n");
  if (panel.told === key) return;
  panel.told = key;
  panel.list.replaceChildren(...(differences.length ? differences : ["The settings are the same now."]).flatMap(difference));
}

function difference(text) {
  const parts = splitDifference(text);
  if (!parts) return [h("dt", {}, text)];
  const side = (letter, value) => h("dd", {}, h("span", { class: "dte-lf-letter", "data-side": letter }, letter), " ", value);
  return [h("dt", {}, parts.label), side("A", parts.a), side("B", parts.b)];
}
