// @ts-check
// The player: for a sound, a clip, a series or a graph its own; nothing for a picture. See player.py for the payload.

import { Component } from "../../kit/component.js";
import { ClipPlayer } from "./clip.js";
import { GraphPlayer } from "./graph.js";
import { ItemsPlayer } from "./items.js";
import { SeriesPlayer } from "./series.js";
import { SoundPlayer } from "./sound.js";

export const SHEET = ["player.css", "graph.css", "../clip/clip.css", "../../kit/widgets/frames.css", "../../kit/widgets/panels.css"].map(
  (name) => new URL(name, import.meta.url).href,
); // which whoever mounts it adds to the page

const KINDS = { sound: SoundPlayer, clip: ClipPlayer, series: SeriesPlayer, graph: GraphPlayer, items: ItemsPlayer };

/** desk: of the page, for what a player asks. */
export function mount({ element, props, watch, desk = null }) {
  const life = new Component();
  element.classList.add("dte-player");
  const wrapper = element.closest(".block") ?? element;
  const players = {};
  let current = null;
  const show = () => {
    const value = props.value ? JSON.parse(props.value) : null;
    wrapper.style.display = value ? "" : "none";
    element.dataset.kind = value?.kind ?? "";
    const next = value ? (players[value.kind] ??= life.part(new KINDS[value.kind](element, desk))) : null;
    if (current && current !== next) current.stop();
    if (next && current !== next) element.replaceChildren(next.body);
    current = next;
    next?.load(value);
  };
  watch("value", show);
  show();
  return life;
}
