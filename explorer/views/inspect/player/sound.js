// @ts-check
// A sound and what its tokens decode to: play either, switch while it plays, and see which token is heard.

import { paintTokens } from "../../kit/draw/token_pixels.js";
import { Component } from "../../kit/component.js";
import { h, say, segments, toggle } from "../../kit/widgets/dom.js";
import { Painter } from "../../kit/stage/pace.js";
import { Stage } from "../../kit/stage/stage.js";
import { partNoun } from "../../kit/wire/format.js";
import { moveToken } from "../../kit/draw/geometry.js";
import { placeText, seconds, stretch } from "../../kit/wire/places.js";
import { Deck } from "../../kit/sound/audio.js";
import { ExcerptBar } from "./excerpt.js";
import { drawBase, drawOverlay, GUTTER, laneGeometry, levelAt } from "./lanes.js";
import { listenForWindow } from "./pan.js";
import { audible, clampWindow, follow, tokenAt, toTime, zoomWindow } from "../../kit/draw/time.js";
import { readWav } from "../../kit/sound/wav.js";
import { selection } from "../../kit/wire/selection.js";
import { shown } from "../../kit/wire/shown.js";

export const ORIGIN = "player";
const NAMES = [
  { id: "original", label: "Original", title: "Hear the original (A)" },
  { id: "reconstruction", label: "Reconstruction", title: "Hear what the tokens decode to (A)" },
];
const LOUDNESS = "Hear both equally loud, by their root mean square: what is louder seems better";
const HINT = "Space plays. Click a token to hear its stretch, drag over time (with Shift where it is zoomed) to hear a span; scroll to zoom into time.";

const SHORTEST_S = 0.02; // of a span that is heard

export class SoundPlayer extends Component {
  constructor(root) {
    super();
    this.root = root;
    this.value = this.window = this.pointed = this.spanned = null;
    this.images = [];
    this.levels = [];
    this.plays = 0;
    this.deck = this.part(new Deck(() => this.stateChanged()));
    this.build();
    this.pointer();
    this.own(selection.subscribe((state, before, origin) => this.follow(state, before, origin)));
    this.own(shown.subscribe(() => this.takeLevels()));
  }

  build() {
    this.button = h("button", { type: "button", class: "dte-play", onclick: () => this.playOrPause() }, "Play");
    this.which = segments("What is heard", (id) => this.deck.hear(id));
    const loop = toggle("Loop", "Begin again at the end", false, (on) => (this.deck.loop = on));
    const same = toggle("Same loudness", LOUDNESS, false, (on) => this.deck.match(on));
    this.clock = h("span", { class: "dte-player-clock" });
    this.reset = h("button", { type: "button", class: "dte-link", hidden: true, onclick: () => this.setWindow(null) }, "Whole sound");
    const closer = h(
      "button",
      { type: "button", class: "dte-link", title: "Zoom into time, about the chosen token (+)", onclick: () => this.zoomIn(2) },
      "Zoom in",
    );
    const words = "Waveform, spectrogram and tokens over time. Space plays, A switches, arrow keys move the chosen token.";
    this.field = h("div", { class: "dte-player-stage", tabindex: 0, role: "application", "aria-label": words });
    const painter = this.part(new Painter(() => this.count()));
    const layers = { base: (ctx) => this.drawBase(ctx), marks: (ctx) => this.drawMarks(ctx) };
    this.stage = this.part(new Stage(this.field, layers, { finest: 3, painter }));
    this.readout = h("p", { class: "dte-player-readout" }, HINT);
    this.caption = h("p", { class: "dte-player-caption" });
    const tools = h("div", { class: "dte-player-tools" }, this.button, this.which.element, loop, same, this.clock, closer, this.reset);
    this.excerpt = this.part(new ExcerptBar());
    this.body = h("div", {}, h("h3", {}, "Sound"), this.excerpt.element, tools, this.field, this.readout, this.caption);
  }

  get level() {
    return Math.min(selection.state.level, Math.max(0, this.levels.length - 1));
  }

  get duration() {
    return this.value.seconds;
  }

  load(value) {
    const same = this.value !== null && this.value.key === value.key;
    this.value = value;
    this.excerpt.show(value.excerpt);
    const names = ["original", "reconstruction", "added"].filter((name) => value[name]);
    this.deck.load(Object.fromEntries(names.map((name) => [name, readWav(value[name])])), same);
    this.which.options(
      [...NAMES, { id: "added", label: value.added_label, title: "Hear what this one adds to those before it (A)" }].filter(({ id }) => names.includes(id)),
      this.deck.heard,
    );
    const loudest = Math.max(
      ...Object.values(this.deck.sounds)
        .flatMap(({ channels }) => channels)
        .map(peak),
    );
    this.loudest = Math.max(loudest, 0.02);
    if (!same) this.window = this.spanned = null;
    this.images = value.spectrograms.map((url) => Object.assign(new Image(), { src: url, onload: () => this.stage.redraw() }));
    this.caption.textContent = value.reconstruction ? value.caption : "This tokenizer has no decoder: only the original can be heard.";
    this.caption.hidden = !this.caption.textContent;
    this.takeLevels();
  }

  stop() {
    this.deck.pause();
    this.value = null;
  }

  takeLevels() {
    if (!this.value) return;
    const sound = shown.model?.place?.kind === "time" ? shown.model.levels : [];
    this.levels = sound.map((level) => ({ ...level, picture: paintTokens(level, level.indices.length) }));
    this.geometry = laneGeometry(this.levels.length);
    this.field.style.height = `${this.geometry.height}px`;
    this.stage.redraw();
  }

  // Playing.
  playOrPause() {
    if (this.deck.playing) this.deck.pause();
    else this.deck.play(Math.max(0, this.window?.from ?? 0));
  }

  playToken(token, level = this.level) {
    const count = this.levels[level].indices.length;
    const [from, to] = audible(stretch(token, count, this.duration), this.duration);
    this.deck.play(from, to, false);
  }

  stateChanged() {
    const { playing, heard } = this.deck;
    this.button.textContent = playing ? "Pause" : "Play";
    this.which.set(heard);
    this.plays += playing && this.root.dataset.playing !== heard ? 1 : 0;
    Object.assign(this.root.dataset, { playing: playing ? heard : "", heard, plays: this.plays });
    if (!this.value) return;
    if (playing) this.tick();
    else {
      this.say();
      if (this.litByHead) selection.hover({ origin: ORIGIN });
      this.litByHead = false;
    }
    this.stage.redraw();
  }

  /** While it plays: the head moves, and the token under it is lit everywhere. */
  tick() {
    this.ticking?.();
    this.ticking = this.nextFrame(() => {
      if (!this.deck.playing || !this.value) return;
      const at = this.deck.position;
      const moved = follow(this.view, at, this.duration);
      if (moved !== this.view && this.deck.whole) this.setWindow(moved);
      const level = this.levels[this.level];
      const token = level ? tokenAt(at, level.indices.length, this.duration) : -1;
      if (token >= 0 && !this.pointed) {
        selection.hover({ code: level.indices[token], token, origin: ORIGIN });
        this.litByHead = true;
      }
      this.root.dataset.position = at.toFixed(3);
      this.say();
      this.stage.remark();
      this.tick();
    });
  }

  // The window of time.
  get view() {
    return this.window ?? { from: 0, to: this.duration };
  }

  setWindow(window) {
    const whole = window !== null && window.to - window.from >= this.duration - 1e-6;
    this.window = whole ? null : window;
    this.reset.hidden = this.window === null;
    this.stage.redraw();
  }

  /** About the playhead, the chosen token if it is in sight, or the middle. */
  zoomIn(factor) {
    if (!this.value) return;
    const { from, to } = this.view;
    const [token, level] = [selection.state.token, this.levels[this.level]];
    const chosen = token === null || !level ? null : stretch(token, level.indices.length, this.duration)[0];
    const at = this.deck.position ?? chosen;
    this.setWindow(zoomWindow(this.view, at !== null && at >= from && at <= to ? at : (from + to) / 2, factor, this.duration));
  }

  frame() {
    const width = this.stage.size.W - GUTTER;
    if (!this.value || width < 20) return null;
    const { geometry, loudest, duration } = this;
    return { window: this.view, width, duration, geometry, theme: this.stage.size.theme, loudest };
  }

  drawBase(ctx) {
    const frame = this.frame();
    if (!frame) return;
    const { levels, level: current, deck } = this;
    const heard = deck.sounds[deck.heard];
    const other = Object.values(deck.sounds).find((sound) => sound !== heard);
    const image = this.images[Object.keys(deck.sounds).indexOf(deck.heard)];
    drawBase(ctx, frame, { heard, other, image: image?.complete ? image : null, levels, current });
  }

  drawMarks(ctx) {
    const frame = this.frame();
    if (!frame) return;
    const { levels, level: current, deck } = this;
    const { code, token, hoverCode, hoverToken } = selection.state;
    const lit = hoverCode === null ? { code, token } : { code: hoverCode, token: hoverToken };
    const known = lit.code !== null && levels[current] && lit.code < levels[current].K;
    const marks = known ? lit : { code: null, token: null };
    drawOverlay(ctx, frame, { levels, current, ...marks, pointed: this.pointed?.other, head: deck.position, span: this.spanned });
  }

  /** How often something was drawn, for whoever waits for it. */
  count() {
    if (this.frame()) this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
  }

  // The pointer and the keyboard.
  under(event) {
    const frame = this.frame();
    if (!frame) return null;
    const [x, y] = this.stage.at(event);
    const time = toTime(frame.window, x - GUTTER, frame.width);
    const row = levelAt(this.geometry, y);
    const level = row < 0 ? this.level : row;
    const token = this.levels[level] ? tokenAt(time, this.levels[level].indices.length, this.duration) : -1;
    return { time, level, token };
  }

  pointer() {
    listenForWindow(
      this,
      () => this.duration,
      () => GUTTER,
    );
    this.listen(this.field, "keydown", (event) => this.key(event));
  }

  point(under) {
    const inside = under !== null && under.token >= 0;
    const here = inside && under.level === this.level;
    this.pointed = inside ? { ...under, other: here ? null : under } : null;
    if (here) selection.hover({ code: this.levels[under.level].indices[under.token], token: under.token, origin: ORIGIN });
    else selection.hover({ origin: ORIGIN });
    this.say();
    this.stage.remark();
  }

  /** What is dragged over, in seconds; `done`: it is heard. */
  span(from, to, done) {
    if (!this.value) return;
    this.spanned = done && to - from < SHORTEST_S ? null : [Math.max(0, from), Math.min(this.duration, to)];
    if (done && this.spanned) this.deck.play(this.spanned[0], this.spanned[1], false);
    this.stage.remark();
    if (this.spanned) say(this.readout, `${done ? "Heard" : "Let go to hear"}: ${seconds(this.spanned[0])}–${seconds(this.spanned[1])} s`);
  }

  choose(under) {
    this.spanned = null;
    if (!under || under.token < 0) return;
    const { level, token } = under;
    selection.set({ level, code: this.levels[level].indices[token], token, origin: ORIGIN });
    this.playToken(token, level);
  }

  key(event) {
    if (!this.value || event.altKey || event.ctrlKey || event.metaKey) return;
    const level = this.levels[this.level];
    const { token, code } = selection.state;
    const names = Object.keys(this.deck.sounds);
    const zoom = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    const to = level ? moveToken(token ?? (code === null ? null : (level.tokensOf(code)[0] ?? null)), event.key, 1, level.indices.length) : null;
    if (event.key === " ") this.playOrPause();
    else if (event.key.toLowerCase() === "a") this.deck.hear(names[(names.indexOf(this.deck.heard) + 1) % names.length]);
    else if (event.key === "Escape") selection.set({ pinned: false, origin: ORIGIN });
    else if (event.key === "Enter" && token !== null) this.playToken(token);
    else if (event.key === "0") this.setWindow(null);
    else if (zoom) this.zoomIn(zoom);
    else if (to !== null) {
      selection.set({ code: level.indices[to], token: to, origin: ORIGIN });
      if (this.window) this.setWindow(clampWindow(follow(this.window, stretch(to, level.indices.length, this.duration)[0], this.duration), this.duration));
    } else return;
    event.preventDefault();
  }

  follow(state, before, origin) {
    if (!this.value) return;
    if (origin === "code-card" && state.token !== null && state.token !== before.token) this.playToken(state.token);
    if (state.level === before.level) this.stage.remark();
    else this.stage.redraw();
  }

  say() {
    const at = this.deck.position ?? (this.pointed ? Math.max(0, this.pointed.time) : null);
    this.clock.textContent = `${at === null ? "" : `${seconds(at)} / `}${seconds(this.duration)} s`;
    const under = this.pointed;
    if (!under) return void (this.readout.textContent = HINT);
    const level = this.levels[under.level];
    const place = placeText(under.token, [1, level.indices.length], { kind: "time", seconds: this.duration });
    const several = this.levels.length > 1 ? `${partNoun(shown.model.combination)} ${under.level + 1}, ` : "";
    this.readout.textContent = `${several}code ${level.indices[under.token]}, ${place}`;
  }
}

const peak = (samples) => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
