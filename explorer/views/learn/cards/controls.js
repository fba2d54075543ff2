// @ts-check
// The controls of a teaching card: a choice of a few, a range with its value, a switch, a button, and one that plays.

import { h, say, segments, toggle } from "../../kit/widgets/dom.js";

/**
 * @typedef {object} Control
 * @property {"choice" | "range" | "switch" | "button" | "play"} kind
 * @property {string} label
 * @property {string} [name]  of the state that it sets: of choice, range and switch
 * @property {string} [title]
 * @property {{id: string, label: string, title?: string}[]} [options]  of a choice
 * @property {number} [min]  @property {number} [max]  @property {number} [step]
 * @property {boolean} [log]  of a range: even ratios rather than even steps
 * @property {(value: number) => string} [words]  of a range: its value as it is read
 * @property {(state: any) => any} [act]  of a button: the state after it; of one that plays: the next one, null at the end
 * @property {(state: any) => boolean} [off]  nothing would change
 * @property {(state: any) => boolean} [when]  whether it is shown
 */

const LOG_STEPS = 200;

/** Value of a range -> place of its slider, and back. Pure. */
export const sliderPlace = ({ min, max, log }, value) => (log ? (LOG_STEPS * Math.log(value / min)) / Math.log(max / min) : value);
export const sliderValue = ({ min, max, log }, place) => (log ? Number((min * (max / min) ** (place / LOG_STEPS)).toPrecision(3)) : place);

/** change(patch) sets some of the state, act(control) does what a button does. -> {element, refresh(state, playing)}.
 *  @param {Control} control @param {{change: (patch: any) => void, act: (control: Control) => void}} card */
export function makeControl(control, { change, act }) {
  const made = MAKERS[control.kind](control, change, act);
  const refresh = (state, playing) => {
    made.element.hidden = control.when ? !control.when(state) : false;
    made.refresh(state, playing);
  };
  return { element: made.element, refresh };
}

const MAKERS = { choice, range, switch: switched, button: pressed, play: pressed };

function choice({ name, label, options }, change) {
  const row = segments(label, (id) => change({ [name]: id }));
  row.options(options, null);
  const element = h("div", { class: "le-control", "data-control": name }, h("span", { class: "le-label" }, label), row.element);
  return { element, refresh: (state) => row.set(state[name]) };
}

function range(control, change) {
  const { name, label, title, min, max, step = 1, log = false, words = String } = control;
  const ends = log ? { min: 0, max: LOG_STEPS, step: 1 } : { min, max, step };
  const input = h("input", { type: "range", ...ends, "aria-label": label, oninput: () => change({ [name]: sliderValue(control, Number(input.value)) }) });
  const value = h("output", {});
  const element = h("label", { class: "le-control le-range", "data-control": name, title }, h("span", { class: "le-label" }, label), input, value);
  const refresh = (state) => {
    input.value = String(sliderPlace(control, state[name]));
    input.setAttribute("aria-valuetext", words(state[name]));
    say(value, words(state[name]));
  };
  return { element, refresh };
}

function switched({ name, label, title }, change) {
  const element = toggle(label, title ?? label, false, (on) => change({ [name]: on }));
  element.classList.add("le-control");
  element.dataset.control = name;
  const input = element.querySelector("input");
  return { element, refresh: (state) => (input.checked = state[name]) };
}

function pressed(control, _change, act) {
  const element = h("button", { type: "button", class: "dte-plain-button", title: control.title, onclick: () => act(control) }, control.label);
  const refresh = (state, playing) => {
    const runs = control.kind === "play" && playing === control;
    say(element, runs ? "Pause" : control.label);
    element.toggleAttribute("disabled", !runs && Boolean(control.off?.(state)));
  };
  return { element, refresh };
}
