// @ts-check
// What is heard or seen moving beside the pictures: all sounds play in step and one is heard; all clips show one frame.

import { Component } from "../kit/component.js";
import { h, say, toggle } from "../kit/widgets/dom.js";
import { Deck } from "../kit/sound/audio.js";
import { readWav } from "../kit/sound/wav.js";

/** What is heard under no name: secretly one of the others. */
export const X = "?x";

/** "0:03.2": a place in a sound. Pure. */
export function clock(seconds) {
  const s = Math.max(0, seconds);
  return `${Math.floor(s / 60)}:${(s % 60).toFixed(1).padStart(4, "0")}`;
}

/** Left and top of frame `i` in a sheet of frames in reading order. Pure. */
const frameAt = (i, columns, [height, width]) => [(i % columns) * width, Math.floor(i / columns) * height];

export class Player extends Component {
  /** onHead(share | null): where in the medium it plays. name(id): what a pane is called now. */
  constructor(bus, onHead, name) {
    super();
    this.bus = bus;
    this.onHead = onHead;
    this.name = name;
    this.pictures = this.played = null;
    this.frame = 0;
    this.sheets = new Map();
    this.buttons = new Map();
    this.ears = new Map(); // buttons beside the answers of a blind test
    this.movies = new Map();
    this.secret = null; // what X is
    this.asX = false;
    this.deck = this.part(new Deck(() => this.follow()));
    this.button = h("button", { type: "button", class: "dte-plain-button cp-play", "data-act": "play", onclick: () => this.toggle() }, "▶ Play");
    this.time = h("span", { class: "cp-time" });
    this.slider = h("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Frame", oninput: () => this.seekFrame(Number(this.slider.value)) });
    this.deck.match(true);
    this.same = toggle("Same loudness", "All as loud as the original, by their root mean square: what is louder seems better", true, (on) =>
      this.deck.match(on),
    );
    this.said = h("span", { class: "cp-heard", role: "status" });
    this.element = h("div", { class: "cp-player", hidden: true }, this.button, this.slider, this.time, this.same, this.said);
  }

  get kind() {
    return this.pictures?.played ?? null;
  }

  get playing() {
    return this.kind === "video" ? Boolean(this.timer) : this.deck.playing;
  }

  /** Other pictures are on screen. */
  show(pictures) {
    if (this.pictures === pictures) return;
    this.halt();
    Object.assign(this, { pictures, played: null, frame: 0, asking: null, from: null, asX: false }); // an answer under way is another's
    this.sheets.clear();
    this.element.hidden = !this.kind;
    this.slider.hidden = this.kind !== "video";
    this.same.hidden = this.kind !== "audio";
    say(this.time, "");
    say(this.said, this.kind === "audio" ? "All play in step; press Hear under a pane to switch. A click on a spectrogram plays from there." : "");
    this.follow();
    if (this.kind === "video") this.ready().catch((error) => say(this.said, error.message)); // frames are to be seen at once
  }

  /** What stands in a pane for playing: a button that lets it be heard, or a moving picture. */
  partsOf(id) {
    if (this.kind === "audio") {
      const button = h("button", { type: "button", class: "dte-link cp-hear", "data-act": "hear", onclick: () => this.hear(id) }, "Hear");
      this.buttons.set(id, button);
      return { control: button, movie: null };
    }
    if (this.kind === "video") {
      const movie = h("canvas", { class: "cp-movie", role: "img", "aria-label": `${this.name(id)}, moving` });
      this.movies.set(id, movie);
      this.drawFrame();
      return { control: null, movie };
    }
    return { control: null, movie: null };
  }

  /** Buttons that let be heard what has those ids, under those names. */
  earsOf(pairs) {
    const make = ([id, name]) => h("button", { type: "button", class: "dte-plain-button", "data-name": name, onclick: () => this.hear(id) });
    this.ears = new Map(pairs.map((pair) => [pair[0], make(pair)]));
    return [...this.ears.values()];
  }

  /** X is that one from now on; it falls silent, since a change that is heard tells something, as does one that is not. */
  hide(id) {
    this.secret = id;
    if (!this.asX) return;
    if (this.playing) this.pause();
    this.deck.hear(id);
  }

  /** While sounds are judged by ear, none is louder, whatever was chosen. */
  judge(on) {
    this.deck.match(on || this.same.querySelector("input").checked);
    this.same.hidden = on || this.kind !== "audio";
  }

  forgetParts() {
    this.buttons.clear();
    this.movies.clear();
  }

  /** Ask for the sounds or frames, once for each medium. */
  async ready() {
    const { pictures } = this;
    if (this.played) return true;
    const asking = (this.asking ??= this.bus.ask("played", { job: this.bus.state.job.id, number: pictures.number }));
    const played = await asking.finally(() => (this.asking = this.asking === asking ? null : this.asking));
    if (this.pictures !== pictures) return false;
    if (this.played) return true;
    if (played.kind === "audio") {
      this.deck.load(Object.fromEntries(Object.entries(played.sounds).map(([id, url]) => [id, readWav(url)])), false);
      if (!played.whole) say(this.said, `Only the first ${played.seconds.toFixed(1)} s are played here.`);
    } else {
      await Promise.all(
        Object.entries(played.sheets).map(async ([id, url]) => {
          const image = new Image();
          image.src = url;
          await image.decode();
          this.sheets.set(id, image);
        }),
      );
      this.slider.max = played.count - 1;
    }
    this.played = played;
    this.drawFrame();
    return true;
  }

  async toggle() {
    if (this.playing) return this.pause();
    return this.start(this.from ?? 0);
  }

  /** from: seconds, or what makes them of the answer. */
  /** @param {number | ((played: any) => number)} from */
  async start(from = 0) {
    try {
      if (!(await this.ready())) return;
    } catch (error) {
      say(this.said, error.message);
      return;
    }
    const begin = typeof from === "function" ? from(this.played) : from;
    if (this.kind === "audio") this.deck.play(Math.min(begin, this.deck.duration), this.deck.duration);
    else this.run();
    this.follow();
  }

  pause() {
    this.from = this.deck.playing ? this.deck.position : null;
    this.halt();
    this.follow();
  }

  halt() {
    if (this.deck.playing) this.deck.pause();
    this.timer?.();
    this.timer = null;
  }

  async hear(id) {
    this.asX = id === X;
    const sound = () => (this.asX ? this.secret : id); // by the time that sounds come, X may be another
    this.deck.hear(sound());
    if (!this.deck.playing) {
      await this.start(this.from ?? 0);
      this.deck.hear(sound());
    }
    this.follow();
  }

  /** Play from a place of the medium (a share), heard as that pane. */
  async seek(share, id) {
    if (this.kind !== "audio") return;
    this.asX = false;
    await this.start((sound) => share * sound.total);
    this.deck.hear(id);
  }

  run() {
    const { fps, count } = this.played;
    this.timer?.();
    this.timer = this.repeat(() => this.seekFrame((this.frame + 1) % count), 1000 / fps);
  }

  seekFrame(i) {
    this.frame = i;
    this.slider.value = String(i);
    this.drawFrame();
  }

  drawFrame() {
    if (!this.played || this.kind !== "video") return;
    const { columns, size, count } = this.played;
    const [left, top] = frameAt(this.frame, columns, size);
    for (const [id, movie] of this.movies) {
      const sheet = this.sheets.get(id);
      if (!sheet) continue;
      if (movie.width !== size[1] || movie.height !== size[0]) Object.assign(movie, { width: size[1], height: size[0] });
      movie.getContext("2d").drawImage(sheet, left, top, size[1], size[0], 0, 0, size[1], size[0]);
      movie.dataset.frame = this.frame;
    }
    say(this.time, `frame ${this.frame + 1} of ${count}`);
  }

  /** Buttons say what happens; while a sound plays, the head moves with it. */
  follow() {
    const { deck, playing } = this;
    this.button.textContent = playing ? "❚❚ Pause" : "▶ Play";
    this.element.dataset.playing = String(playing);
    if (this.kind !== "audio") return;
    const heard = this.asX ? X : deck.heard;
    this.element.dataset.heard = heard;
    for (const [id, button] of this.ears) {
      const on = playing && heard === id;
      button.setAttribute("aria-pressed", String(on));
      button.textContent = `${on ? "♪" : "Hear"} ${button.dataset.name}`;
    }
    for (const [id, button] of this.buttons) {
      const on = playing && heard === id;
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? "♪ heard" : "Hear";
      button.setAttribute("aria-label", `Hear ${this.name(id)}`);
    }
    if (!deck.playing) {
      this.onHead(this.from !== null && this.from !== undefined && this.played ? this.from / this.played.total : null);
      return;
    }
    this.from = null;
    if (this.following) return;
    this.following = true;
    const step = () => {
      if (!deck.playing || !this.played) {
        this.following = false;
        this.onHead(null);
        return;
      }
      say(this.time, `${clock(deck.position)} of ${clock(this.played.total)}`);
      this.onHead(deck.position / this.played.total);
      this.nextFrame(step);
    };
    this.nextFrame(step);
  }
}
