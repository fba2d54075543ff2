// @ts-check
// Buttons that play what a token, or a code, sounds like: one sound at a time on the whole page.

import { h } from "../kit/widgets/dom.js";
import { playOnce } from "../kit/sound/audio.js";
import { readWav } from "../kit/sound/wav.js";

let playing = null; // {deck, button}

function rest() {
  playing?.deck?.destroy();
  playing?.button.classList.remove("is-playing");
  playing = null;
}

/** A round button; `fetchUrl` resolves to a WAV data URL and is asked at the first press. */
export function playButton(label, fetchUrl) {
  let sound = null;
  const press = async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const stops = playing?.button === button;
    rest();
    if (stops) return;
    try {
      sound ??= readWav(await fetchUrl());
    } catch (error) {
      button.title = error.message;
      button.disabled = true;
      return;
    }
    const mine = { deck: playOnce(sound), button };
    playing = mine;
    button.classList.add("is-playing");
    button.dataset.played = sound.samples;
    setTimeout(() => playing === mine && rest(), (1000 * sound.samples) / sound.rate + 100);
  };
  const button = h("button", { type: "button", class: "cc-play", "aria-label": label, title: label, onclick: press }, "▶");
  return button;
}
