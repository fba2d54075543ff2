// @ts-check
// The input of one control: a choice, a switch, or a slider with a number box. It knows nothing of Python.

import { h, segments, toggle } from "../../kit/widgets/dom.js";
import { PLACES, nextValue, numberText, parseValue, placeOf, scaleOf, valueAt, valueWords } from "./values.js";

const SHORT = 32; // letters that fit beside each other in a narrow column
const SETTLE_MS = 300; // after the last arrow key
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/**
 * `on`: {slide(value) while a slider moves, choose(value) when it is let go, typed or picked, refuse(message) for what
 * is no number, revert() on Escape}. `ids.input` is the id for the label.
 * Returns {element, inputs, set(value), value(), busy(), moving(), focus()}: `busy` while it must not be overwritten,
 * `moving` while the slider is.
 */
export function createField(control, fallback, ids, on) {
  if (control.kind === "choice") return choiceField(control, ids, on);
  if (control.kind === "toggle") return toggleField(control, ids, on);
  return sliderField(control, fallback, ids, on);
}

function choiceField(control, ids, on) {
  const letters = control.options.reduce((sum, [, label]) => sum + label.length, 0);
  return control.options.length <= 3 && letters <= SHORT ? buttonsField(control, ids, on) : selectField(control, ids, on);
}

function buttonsField(control, _ids, on) {
  let current = null;
  const byId = (id) => control.options.find(([value]) => String(value) === String(id))[0];
  const group = segments(control.label, (id) => on.choose((current = byId(id))));
  group.options(
    control.options.map(([value, label]) => ({ id: value, label })),
    null,
  );
  return {
    element: group.element,
    inputs: [group.element],
    set: (value) => group.set((current = value)),
    value: () => current,
    busy: () => false,
    focus: () => group.element.querySelector("[aria-pressed=true], button")?.focus(),
  };
}

function selectField(control, ids, on) {
  const element = h("select", { id: ids.input }, ...control.options.map(([, label], i) => h("option", { value: i }, label)));
  const value = () => control.options[element.selectedIndex]?.[0];
  element.addEventListener("change", () => on.choose(value()));
  return {
    element,
    inputs: [element],
    set: (next) => (element.selectedIndex = control.options.findIndex(([option]) => option === next)),
    value,
    busy: () => false,
    focus: () => element.focus(),
  };
}

function toggleField(control, ids, on) {
  const element = toggle("", null, false, (checked) => {
    element.lastChild.textContent = checked ? "on" : "off";
    on.choose(checked);
  });
  const input = element.firstChild;
  input.setAttribute("aria-label", control.label);
  input.id = ids.input;
  const set = (value) => {
    input.checked = value;
    element.lastChild.textContent = value ? "on" : "off";
  };
  return { element, inputs: [input], set, value: () => input.checked, busy: () => false, focus: () => input.focus() };
}

function sliderField(control, fallback, ids, on) {
  const scale = scaleOf(control, fallback);
  const box = h("input", { type: "text", inputmode: "decimal", id: ids.input, class: "dte-lf-box", autocomplete: "off", spellcheck: "false" });
  const range = scale.kind === "box" ? null : h("input", { type: "range", min: 0, max: PLACES, step: 1, "aria-label": `${control.label}, slider` });
  const element = h("div", { class: "dte-lf-number" }, range, box);
  const state = { value: fallback, text: "", dragging: false, settling: null };
  const show = (value, { placed = false } = {}) => {
    state.value = value;
    state.text = box.value = numberText(value);
    if (range) {
      if (!placed) range.value = placeOf(scale, value);
      range.style.setProperty("--share", `${range.value / 10}%`);
      range.setAttribute("aria-valuetext", valueWords(control, value));
    }
  };
  const choose = (value) => {
    show(value);
    on.choose(value);
  };
  if (range) listenRange(range, { scale, state, show, on });
  listenBox(box, { control, fallback, scale, state, choose, on, range, show });
  if (scale.kind === "box") element.append(fresh(control, choose));
  return {
    element,
    inputs: range ? [box, range] : [box],
    set: show,
    value: () => state.value,
    moving: () => state.dragging || state.settling !== null,
    busy: () => state.dragging || state.settling !== null || (box.value !== state.text && box === document.activeElement),
    focus: () => box.focus(),
  };
}

/** A seed: nobody looks for one with a slider. */
function fresh(control, choose) {
  const draw = () => choose(Math.floor(control.lowest + Math.random() * (control.highest - control.lowest)));
  return h("button", { type: "button", class: "dte-link", onclick: draw, "aria-label": `New ${control.label.toLowerCase()}` }, "New");
}

function listenRange(range, { scale, state, show, on }) {
  range.addEventListener("pointerdown", () => (state.dragging = true));
  for (const name of ["pointerup", "pointercancel", "blur"]) range.addEventListener(name, () => (state.dragging = false));
  range.addEventListener("input", () => {
    show(valueAt(scale, Number(range.value)), { placed: true });
    on.slide(state.value);
  });
  range.addEventListener("change", () => {
    state.dragging = false;
    on.choose(state.value);
  });
  range.addEventListener("keydown", (event) => {
    const direction = KEYS[event.key];
    if (!direction) return;
    event.preventDefault(); // the browser's step is one place, which may be no new value
    show(nextValue(scale, state.value, direction));
    on.slide(state.value);
    clearTimeout(state.settling);
    state.settling = setTimeout(() => {
      state.settling = null;
      on.choose(state.value);
    }, SETTLE_MS);
  });
}

function listenBox(box, { control, fallback, scale, state, choose, on, range, show }) {
  const commit = (again) => {
    if (box.value === state.text && !again) return;
    const value = parseValue(box.value);
    if (value === null) return on.refuse(`${control.label} must be a number, such as ${numberText(fallback)}.`);
    state.value = value;
    state.text = box.value; // stays as typed until Python has answered
    if (range) range.value = placeOf(scale, value);
    range?.style.setProperty("--share", `${range.value / 10}%`);
    on.choose(value);
  };
  box.addEventListener("change", () => commit(false));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      commit(box.getAttribute("aria-invalid") === "true"); // the same value may be possible by now
    } else if (event.key === "Escape") {
      show(state.value);
      on.revert?.();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      choose(nextValue(scale, state.value, KEYS[event.key]));
    }
  });
}
