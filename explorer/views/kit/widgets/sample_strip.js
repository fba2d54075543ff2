// @ts-check
// The strip of sample pictures. A click (or Enter) picks one and sends Python one `pick` {id}.

import { h } from "./dom.js";
import { closeFold } from "./folds.js";

const NOUNS = { image: "pictures", audio: "sounds", video: "clips" };

/** The index that an arrow key leads to, or null if the key is not one. */
export function nextIndex(key, index, count) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (step !== undefined) return (index + step + count) % count;
  return { Home: 0, End: count - 1 }[key] ?? null;
}

/** Where a strip `width` wide and scrolled to `now` must be scrolled to show what lies at `left`, `size` wide. */
export function scrollFor(now, width, left, size) {
  const visible = left >= now && left + size <= now + width;
  return visible ? now : Math.max(0, left - (width - size) / 2);
}

function button({ id, title, credit, url }) {
  const image = h("img", { loading: "lazy", src: url, alt: title });
  return h("button", { type: "button", class: "strip-picture", "data-id": id, title: `${title}. ${credit}`, role: "radio" }, image);
}

function mark(strip, chosen) {
  const buttons = [...strip.children];
  const found = buttons.some((b) => b.dataset.id === chosen);
  buttons.forEach((b, i) => {
    const on = b.dataset.id === chosen;
    b.setAttribute("aria-checked", String(on));
    b.tabIndex = on || (!found && i === 0) ? 0 : -1;
    if (on) strip.scrollLeft = scrollFor(strip.scrollLeft, strip.clientWidth, b.offsetLeft - strip.offsetLeft, b.offsetWidth);
  });
}

export function mount({ element, trigger, props, watch }) {
  const strip = h("div", { class: "strip", role: "radiogroup", "aria-label": "Sample pictures" });
  const message = h("p", { class: "strip-message", role: "status" });
  element.append(strip, message);
  let drawn = "";

  strip.addEventListener("click", (event) => {
    const picked = event.target.closest("button");
    if (!picked) return;
    mark(strip, picked.dataset.id);
    trigger("pick", { id: picked.dataset.id });
  });
  strip.addEventListener("keydown", (event) => {
    const buttons = [...strip.children];
    const next = nextIndex(event.key, buttons.indexOf(document.activeElement), buttons.length);
    if (next === null) return;
    event.preventDefault();
    buttons[next].focus();
  });

  const show = () => {
    const value = props.value ? JSON.parse(props.value) : { pictures: [], chosen: "", message: "", kind: "note" };
    if (value.pictures) {
      const ids = value.pictures.map((p) => p.id).join(" ");
      if (ids !== drawn) strip.replaceChildren(...value.pictures.map(button));
      drawn = ids;
      strip.setAttribute("aria-label", `Sample ${NOUNS[value.modality] ?? "media"}`);
    }
    mark(strip, value.chosen);
    message.textContent = value.message;
    message.hidden = !value.message;
    message.dataset.kind = value.kind;
    if (value.closes) closeFold(value.closes);
  };
  watch("value", show);
  show();
}
