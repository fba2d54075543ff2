// @ts-check
// The player: for a sound, a clip, a series or a graph its own, whose modules come with the first of its kind; nothing for
// a picture. See player.py for the payload.

import { Component } from "../../kit/component.js";

export const SHEET = ["player.css", "graph.css", "../clip/clip.css", "../../kit/widgets/frames.css", "../../kit/widgets/panels.css"].map(
  (name) => new URL(name, import.meta.url).href,
); // which whoever mounts it adds to the page

const NOT_LOADED = "The player could not be loaded. Load the page again.";

/** @type {Record<string, () => Promise<any>>} */
const KINDS = {
  sound: async () => (await import("./sound.js")).SoundPlayer,
  clip: async () => (await import("./clip.js")).ClipPlayer,
  series: async () => (await import("./series.js")).SeriesPlayer,
  graph: async () => (await import("./graph.js")).GraphPlayer,
  items: async () => (await import("./items.js")).ItemsPlayer,
};

/** desk: of the page, for what a player asks. */
export function mount({ element, props, watch, desk = null }) {
  const life = new Component();
  element.classList.add("dte-player");
  const wrapper = element.closest(".block") ?? element;
  const players = {};
  let current = null;
  let wanted = null; // the value that waits for its modules
  const put = (value, next) => {
    if (current && current !== next) current.stop();
    if (next && current !== next) element.replaceChildren(next.body);
    current = next;
    next?.load(value);
  };
  const show = async () => {
    const value = props.value ? JSON.parse(props.value) : null;
    wanted = value;
    wrapper.style.display = value ? "" : "none";
    element.dataset.kind = value?.kind ?? "";
    if (!value || players[value.kind]) {
      put(value, value && players[value.kind]);
      return;
    }
    put(null, null); // what is here is of another kind
    element.replaceChildren();
    const Player = await KINDS[value.kind]().catch(() => null);
    if (wanted !== value || life.disposed) return; // something else was chosen meanwhile
    if (Player) put(value, (players[value.kind] ??= life.part(new Player(element, desk))));
    else element.textContent = NOT_LOADED;
  };
  watch("value", show);
  show();
  return life;
}
