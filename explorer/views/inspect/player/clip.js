// @ts-check
// A clip and what its tokens decode to, frame by frame, side by side with its tokens and how they change.

import { Component } from "../../kit/component.js";
import { h, toggle } from "../../kit/widgets/dom.js";
import { tile } from "../../kit/wire/places.js";
import { selection } from "../../kit/wire/selection.js";
import { shown } from "../../kit/wire/shown.js";
import { ClipBoards } from "../clip/boards.js";
import { ClipCharts } from "../clip/charts.js";
import { ClipSaving } from "../clip/saving.js";

/** The corner of a frame in a sheet of `columns` frames: [x, y] in pixels of the sheet. Pure. */
export function corner(frame, columns, width, height) {
  return [(frame % columns) * width, Math.floor(frame / columns) * height];
}

/** The step of tokens that a frame belongs to, or -1. steps: [[first, end), ...]. Pure. */
export const stepOf = (frame, steps) => steps.findIndex(([first, end]) => frame >= first && frame < end);

export class ClipPlayer extends Component {
  /** desk: of the page. */
  constructor(root, desk) {
    super();
    this.root = root;
    this.value = null;
    this.sheets = [];
    this.frame = 0;
    this.playing = false;
    this.loop = true;
    this.button = h("button", { type: "button", class: "dte-play", onclick: () => (this.playing ? this.pause() : this.play()) }, "Play");
    const loop = toggle("Loop", "Begin again at the end", true, (on) => (this.loop = on));
    this.slider = h("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Frame", oninput: () => this.seek(Number(this.slider.value)) });
    this.clock = h("span", { class: "dte-player-clock" });
    this.screens = ["Original", "Reconstruction"].map((name) => {
      const canvas = h("canvas", { role: "img", "aria-label": `${name}, the frame shown` });
      return { canvas, element: h("figure", {}, canvas, h("figcaption", {}, name)) };
    });
    this.caption = h("p", { class: "dte-player-caption" });
    this.boards = this.part(new ClipBoards(() => this.step));
    this.charts = this.part(new ClipCharts(desk, (frame) => this.show(frame)));
    this.saving = this.part(new ClipSaving(desk));
    this.body = h(
      "div",
      {},
      h("h3", {}, "Clip"),
      h("div", { class: "dte-player-tools" }, this.button, loop, this.slider, this.clock),
      h("div", { class: "dte-player-screens dte-clip-screens" }, ...this.screens.map(({ element }) => element), ...this.boards.screens),
      this.boards.words,
      this.caption,
      this.saving.element,
      this.charts.element,
    );
    this.own(selection.subscribe((state, before) => this.follow(state, before)));
  }

  load(value) {
    const same = this.value?.key === value.key;
    this.value = value;
    this.slider.max = value.frames - 1;
    if (!same) {
      this.pause(); // another clip has other frames, and another pace
      this.frame = 0;
    }
    this.screens[1].element.hidden = !value.reconstruction;
    this.caption.textContent = value.reconstruction ? value.caption : "This tokenizer has no decoder: there is no reconstruction.";
    this.caption.hidden = !this.caption.textContent;
    const urls = [value.original, ...(value.reconstruction ? [value.reconstruction] : [])];
    this.sheets = urls.map((url) => Object.assign(new Image(), { src: url, onload: () => this.draw() }));
    for (const part of [this.boards, this.charts, this.saving]) part.load(value);
    this.draw();
  }

  stop() {
    this.pause();
    this.value = null;
    this.charts.stop();
  }

  /** The step of tokens that the frame belongs to. */
  get step() {
    return this.value ? Math.max(0, stepOf(this.frame, this.value.steps)) : 0;
  }

  play() {
    if (!this.value) return;
    this.playing = true;
    this.button.textContent = "Pause";
    if (this.frame >= this.value.frames - 1) this.frame = 0;
    const { frames_per_second, frames } = this.value;
    const [first, began] = [this.frame, performance.now()];
    const turn = () => {
      if (!this.playing || !this.value) return;
      const passed = first + Math.floor(((performance.now() - began) / 1000) * frames_per_second);
      if (passed >= frames && !this.loop) return void this.pause();
      if (passed % frames !== this.frame) this.seek(passed % frames);
      this.nextFrame(turn);
    };
    this.root.dataset.playing = "both";
    turn();
  }

  pause() {
    this.playing = false;
    this.button.textContent = "Play";
    this.root.dataset.playing = "";
  }

  seek(frame) {
    const { step } = this;
    this.frame = frame;
    this.draw();
    if (this.step !== step) this.boards.moved();
  }

  /** A frame was chosen elsewhere: it stands. */
  show(frame) {
    this.pause();
    this.seek(frame);
  }

  draw() {
    const { value } = this;
    if (!value) return;
    this.slider.value = this.frame;
    const quality = value.quality[this.frame];
    const near = quality ? ` · PSNR ${quality.psnr}, SSIM ${quality.ssim}` : "";
    this.clock.textContent = `frame ${this.frame + 1} of ${value.frames}, step ${this.step + 1} of ${value.steps.length}${near}`;
    Object.assign(this.root.dataset, { frame: this.frame, drawn: Number(this.root.dataset.drawn ?? 0) + 1 });
    this.sheets.forEach((sheet, i) => {
      const { canvas } = this.screens[i];
      if (!sheet.complete || sheet.naturalWidth === 0) return;
      const rows = Math.ceil(value.frames / value.columns);
      const [width, height] = [sheet.naturalWidth / value.columns, sheet.naturalHeight / rows];
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      canvas.getContext("2d").drawImage(sheet, ...corner(this.frame, value.columns, width, height), width, height, 0, 0, width, height);
    });
  }

  /** A token of another step was chosen: its first frame is shown. */
  follow(state, before) {
    const place = shown.model?.place;
    if (!this.value || this.playing || place?.kind !== "clip" || state.token === null || state.token === before.token) return;
    const level = shown.model.levels[Math.min(state.level, shown.model.levels.length - 1)];
    const { step } = tile(state.token, [level.rows, level.cols], place.tiles);
    if (step !== this.step) this.seek(this.value.steps[step][0]);
  }
}
