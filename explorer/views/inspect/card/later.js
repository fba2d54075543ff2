// @ts-check
// What a card asks for once it is drawn: codes decoded alone, where decoding takes its time.

import { h } from "../../kit/widgets/dom.js";
import { picture, soundButton } from "../../kit/card/parts.js";

/** Places that wait: {element, place(code), fill({alone: [{code, url, sound}]} or {error: {message}})}. element: of the card's code. */
export function waitingFor(card) {
  const places = new Map();
  const place = (code) => {
    const frame = h("span", { class: "dte-card-waiting" });
    frame.setAttribute("aria-label", "being decoded");
    places.set(code, [...(places.get(code) ?? []), frame]);
    return frame;
  };
  const element = card.later ? h("div", { class: "dte-card-crop" }) : null;
  element?.append(place(card.code));
  const caption = h("span", {}, "nothing but this code, being decoded ...");
  const fill = ({ alone = [], error = null }) => {
    for (const { code, url, sound } of alone) {
      for (const frame of places.get(code) ?? []) frame.replaceWith(picture(url, code === card.code ? `Code ${code} decoded alone` : ""));
      if (code === card.code && sound) element.parentElement?.append(soundButton(sound));
    }
    for (const frame of [...places.values()].flat()) frame.classList.add("is-over"); // those that did not come
    caption.textContent = error?.message ?? "nothing but this code, decoded";
  };
  return { element, caption, place, fill };
}
