// @ts-check
// The form of the lab's settings: made from the list that Python sends; each change is one `set`, answered at once.

import { addStyleSheet } from "../../kit/page/component.js";
import { helpMark } from "../../kit/page/help.js";
import { h, say, segments } from "../../kit/widgets/dom.js";
import { createField } from "./field.js";
import { createQueue, differs, groupFields, inertReason, isShown, settingsOfSides, valueWords } from "./values.js";
import { memory } from "../../kit/stage/pace.js";

const OPEN = ["Data", "Model", "Quantizer"]; // the other groups open once something in them differs
export const NO_ANSWER = "The lab did not answer. Try again.";

/** What is wrong, for whom: beside the control that was touched; `other` names the one that the message is about. */
export function errorFor(name, error, controls) {
  const other = error.field && error.field !== name ? controls.find((control) => control.name === error.field) : null;
  return { message: error.message, other: other ?? null };
}

/** The sides that a change goes to. With "both", a control that already differs changes on A alone. */
export function sidesOf(chosen, name, all) {
  if (all.length < 2) return [0];
  if (chosen !== "both") return [Number(chosen)];
  return all[0][name] === all[1][name] ? [0, 1] : [0];
}

/** Words on the summary of a group: how many of its shown controls differ from the default. */
export function changedWords(members, settings, defaults) {
  const count = members.filter((control) => isShown(control, settings) && differs(control, settings, defaults)).length;
  return { count, text: count ? `${count} changed` : "" };
}

let forms = 0; // so that two forms on a page have ids of their own

export function createControls(root, env) {
  addStyleSheet(new URL("../../kit/widgets/forms.css", import.meta.url).href);
  const { controls, defaults, inert } = env.payload;
  const form = { ...env, controls, defaults, inert, id: `lab-form-${(forms += 1)}`, all: [env.payload.settings], side: "both", rows: new Map() };
  form.queue = createQueue((name, value) => change(form, name, value));
  form.sides = segments("Run that a change goes to", (id) => {
    form.side = id;
    refresh(form);
  });
  form.sides.options(
    [
      { id: "both", label: "Both", title: "A control in which the runs differ then changes on A alone" },
      { id: "0", label: "A" },
      { id: "1", label: "B" },
    ],
    "both",
  );
  form.sidesRow = h("div", { class: "dte-lf-sides", hidden: true }, h("span", {}, "Change"), form.sides.element);
  form.groups = groupFields(controls).map((group) => groupElement(form, group));
  root.classList.add("dte-lf");
  root.dataset.panel = "controls";
  root.setAttribute("aria-label", "Settings");
  root.replaceChildren(
    h("div", { class: "dte-lf-head" }, h("h3", {}, "Settings"), h("p", { class: "dte-lf-legend" }, restartMark(), " restarts the run")),
    form.sidesRow,
    ...form.groups.map((group) => group.element),
  );
  refresh(form);
  const same = memory();
  return {
    draw(view) {
      const all = settingsOfSides(view);
      if (all.length === 0) return;
      const { preset = null, mended = false } = view.status ?? {};
      if (same(all[0], all[1], preset, mended)) return;
      const moment = `${preset} ${mended}`;
      if (form.moment !== undefined && form.moment !== moment) for (const row of form.rows.values()) clearError(row);
      form.moment = moment;
      form.all = all;
      refresh(form);
    },
  };
}

const shownSettings = (form) => form.all[form.side === "1" ? 1 : 0] ?? form.all[0];

function restartMark() {
  return h("span", { class: "dte-lf-restart", title: "A change restarts the run with the same seed", "aria-hidden": "true" });
}

function groupElement(form, group) {
  const open = OPEN.includes(group.name);
  const count = h("span", { class: "dte-lf-count" });
  const element = h(
    "details",
    { class: "dte-lf-group", "data-group": group.name, open },
    h("summary", {}, h("span", {}, group.name), count),
    h("div", { class: "dte-lf-rows" }, ...group.members.map((control) => rowElement(form, control))),
  );
  return { ...group, element, countElement: count, differed: false };
}

function rowElement(form, control) {
  const ids = Object.fromEntries(["input", "help", "error"].map((part) => [part, `${form.id}-${control.name}-${part}`]));
  const row = { control, ids, failed: null, name: control.name, form };
  row.field = createField(control, form.defaults[control.name], ids, {
    slide: (value) => !control.restarts && form.queue.put(control.name, value),
    choose: (value) => ask(row, value),
    refuse: (message) => showError(row, { message, other: null }),
    revert: () => row.failed !== null && giveUp(row),
  });
  row.reset = h("button", { type: "button", class: "dte-lf-reset", hidden: true, onclick: () => reset(row) }, "↺");
  const fallback = valueWords(control, form.defaults[control.name]);
  row.reset.title = `Back to the default, ${fallback}`;
  row.reset.setAttribute("aria-label", `Reset ${control.label} to ${fallback}`);
  row.sides = h("span", { class: "dte-lf-differs", hidden: true });
  const label = h("label", { for: control.kind === "choice" && !row.field.inputs[0].id ? null : ids.input }, control.label);
  const unit = control.unit ? h("span", { class: "dte-lf-unit" }, control.unit) : null;
  const words = `${control.help}${control.restarts ? " A change restarts the run." : ""}`;
  const help = h("span", { class: "dte-lf-help", id: ids.help, role: "tooltip" }, words); // seen while the keyboard is on the control
  const mark = helpMark({ term: control.label, words });
  mark.tabIndex = -1; // for mouse and touch: the keyboard sees the same beside the control
  row.reason = h("p", { class: "dte-lf-reason", id: `${ids.help}-reason`, hidden: true });
  row.error = h("p", { class: "dte-lf-error", id: ids.error, role: "alert", hidden: true });
  for (const input of row.field.inputs) input.setAttribute("aria-describedby", `${ids.help} ${row.reason.id} ${ids.error}`);
  row.element = h(
    "div",
    { class: "dte-lf-row", "data-control": control.name, "data-kind": control.kind },
    h("div", { class: "dte-lf-label" }, label, mark, unit, control.restarts ? restartMark() : null, row.sides, row.reset),
    row.field.element,
    row.reason,
    row.error,
    help,
  );
  quieten(row.element);
  form.rows.set(control.name, row);
  return row.element;
}

/** Escape takes the help away until the control is left. */
function quieten(element) {
  element.addEventListener("keydown", (event) => event.key === "Escape" && element.setAttribute("data-quiet", ""));
  for (const name of ["focusout", "pointerleave"]) element.addEventListener(name, () => element.removeAttribute("data-quiet"));
}

/** Ask for a value, unless that is what the run already has. */
function ask(row, value) {
  const { form, name } = row;
  const has = sidesOf(form.side, name, form.all).every((side) => form.all[side]?.[name] === value);
  if (!has || form.queue.has(name)) form.queue.put(name, value);
  else {
    clearError(row);
    row.field.set(value);
  }
}

function reset(row) {
  const fallback = row.form.defaults[row.name];
  row.field.set(fallback);
  row.field.focus(); // the button is about to vanish
  ask(row, fallback);
}

async function change(form, name, value) {
  const row = form.rows.get(name);
  let answer;
  try {
    answer = await form.act("set", { changes: { [name]: value }, sides: sidesOf(form.side, name, form.all) });
  } catch {
    answer = { ok: false, error: { field: name, message: NO_ANSWER } };
  }
  if (answer.settings?.length) form.all = answer.settings;
  if (form.queue.waits(name)) return; // a newer value is on its way; this answer is old news
  if (!answer.ok) return showError(row, errorFor(name, answer.error ?? { message: NO_ANSWER }, form.controls));
  clearError(row);
  row.answered = true; // what was typed has been taken: show it as Python has it, though the box has the focus
  refresh(form);
}

function showError(row, { message, other }) {
  const kept = valueWords(row.control, shownSettings(row.form)[row.name]);
  const buttons = [h("button", { type: "button", class: "dte-link", onclick: () => giveUp(row) }, `Back to ${kept}`)];
  const target = other && row.form.rows.get(other.name);
  if (target && isShown(other, shownSettings(row.form))) {
    buttons.push(h("button", { type: "button", class: "dte-link", onclick: () => reveal(target) }, `Go to ${other.label}`));
  }
  row.failed = message;
  row.error.replaceChildren(h("span", {}, message), " ", ...buttons.flatMap((button) => [button, " "]));
  row.error.hidden = false;
  for (const input of row.field.inputs) input.setAttribute("aria-invalid", "true");
}

function clearError(row) {
  if (row.failed === null) return;
  row.failed = null;
  row.error.hidden = true;
  row.error.replaceChildren();
  for (const input of row.field.inputs) input.removeAttribute("aria-invalid");
}

function giveUp(row) {
  clearError(row);
  row.field.set(shownSettings(row.form)[row.name]);
  row.field.focus();
}

function reveal(row) {
  row.element.closest("details").open = true;
  row.element.scrollIntoView({ block: "nearest" });
  row.field.focus();
}

/** Grey a control that can change nothing, with the reason below it; "" gives it back. */
function grey(row, reason) {
  row.element.toggleAttribute("data-inert", reason !== "");
  row.reason.hidden = reason === "";
  say(row.reason, reason);
  for (const input of row.field.element.matches("select, input, button") ? [row.field.element] : row.field.element.querySelectorAll("select, input, button"))
    input.disabled = reason !== "";
}

/** Show the settings that the run has, without touching what is being edited, sent or complained about. */
function refresh(form) {
  const settings = shownSettings(form);
  form.sidesRow.hidden = form.all.length < 2;
  if (form.all.length < 2 && form.side !== "both") form.sides.set((form.side = "both"));
  for (const row of form.rows.values()) {
    const { control, name } = row;
    row.element.hidden = !isShown(control, settings);
    grey(row, inertReason(form.inert, name, settings));
    const taken = row.answered && !row.field.moving?.();
    const free = !form.queue.has(name) && row.failed === null && !row.field.busy();
    if (taken || free) row.field.set(settings[name]);
    row.answered = false;
    row.reset.hidden = !differs(control, settings, form.defaults);
    const apart = form.all.length > 1 && form.all[0][name] !== form.all[1][name];
    row.sides.hidden = !apart;
    if (apart) say(row.sides, form.side === "1" ? `A: ${valueWords(control, form.all[0][name])}` : `B: ${valueWords(control, form.all[1][name])}`);
    row.sides.title = apart ? row.sides.textContent : ""; // where there is no room for all of it
  }
  for (const group of form.groups) {
    const { count, text } = changedWords(group.members, settings, form.defaults);
    say(group.countElement, text);
    if (count > 0 && !group.differed) group.element.open = true; // never closed again by itself
    group.differed = count > 0;
    group.element.hidden = group.members.every((control) => !isShown(control, settings));
  }
}
