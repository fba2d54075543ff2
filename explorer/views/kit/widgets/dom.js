// @ts-check
// The elements that pages are made of: built once, all text through textContent.

/** h("p", {class: "x", onclick: f, hidden: true}, child, "text") -> element. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set text only where it differs: the browser then lays nothing out anew. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** What has the focus, if it is `element` or lies within. @param {Element} element @returns {HTMLElement | null} */
export function focusedIn(element) {
  return element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
}

/** One choice of a few: buttons in a row. options: [{id, label, title}]; `set` shows a choice without calling back. */
export function segments(name, onChange) {
  const element = h("div", { class: "dte-segmented", role: "group", "aria-label": name });
  let current = null;
  const show = (id) => {
    current = id;
    for (const button of element.children) button.setAttribute("aria-pressed", String(button.dataset.id === String(id)));
  };
  const options = (list, id) => {
    const focused = focusedIn(element)?.dataset.id ?? null;
    element.replaceChildren(
      ...list.map((option) =>
        h(
          "button",
          {
            type: "button",
            "data-id": option.id,
            title: option.title,
            onclick: () => {
              if (current === option.id) return;
              show(option.id);
              onChange(option.id);
            },
          },
          option.label,
        ),
      ),
    );
    element.hidden = list.length < 2;
    show(id);
    if (focused !== null) element.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  };
  return { element, set: show, options };
}

/** A check box as a small switch with its label. */
export function toggle(text, title, checked, onChange) {
  const input = h("input", { type: "checkbox", onchange: () => onChange(input.checked) });
  input.checked = checked;
  return h("label", { class: "dte-toggle", title }, input, h("span", {}, text));
}

export function slider(text, title, value, onInput) {
  const input = h("input", { type: "range", min: 0, max: 100, step: 1, value: Math.round(100 * value), "aria-label": title });
  input.addEventListener("input", () => onInput(input.value / 100));
  return h("label", { class: "dte-slider", title }, h("span", {}, text), input);
}

/** The place of a stage, for canvases that lie over each other. */
export const board = (label) => h("div", { class: "dte-board dte-stage", tabindex: 0, role: "application", "aria-label": label });

/** A card: title, tools, stage, caption, exports. Returns its parts. */
export function card(id, title, stage, tools, exports) {
  const reset = h("button", { type: "button", class: "dte-link", hidden: true, title: "Show everything again" }, "Reset zoom");
  const caption = h("p", { class: "dte-caption" });
  const terms = h("p", { class: "dte-help-terms", hidden: true });
  const progress = h("p", { class: "dte-progress", role: "status", hidden: true });
  const heading = h("h3", {}, title);
  const buttons = exports.map(([text, label, act]) =>
    h("button", { type: "button", class: "dte-link", "aria-label": label, title: label, onclick: act }, text),
  );
  const element = h(
    "section",
    { class: "dte-panel", "data-panel": id, "aria-label": title },
    h("div", { class: "dte-panel-head" }, heading, h("div", { class: "dte-tools" }, reset, ...tools)),
    stage,
    progress,
    h("div", { class: "dte-foot" }, h("div", {}, caption, terms), h("div", { class: "dte-exports" }, ...buttons)),
  );
  return { element, stage, caption, terms, progress, reset };
}
