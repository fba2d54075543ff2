// @ts-check
// A body as a stick figure beside its joint angles: the original and what the tokens decode to, in step, at a playhead that
// plays, is dragged, and follows the pointer over the lines.

import { OFF_COLOUR } from "../../kit/draw/series_lanes.js";
import { Component } from "../../kit/component.js";
import { Painter } from "../../kit/stage/pace.js";
import { Stage } from "../../kit/stage/stage.js";
import { h, say } from "../../kit/widgets/dom.js";
import { unpack } from "../../kit/wire/encoding.js";

const [REACH, TALL, HEAD] = [1.02, 1.12, 0.065]; // heights of the body that a half shows across and up; radius of the head
const FALLBACK_HZ = 25;

/** How far apart two poses are, in percent of the body's height: mean over the joints. poses: (T, J, 2) flat. Pure. */
export function apart(a, b, row, joints) {
  let total = 0;
  for (let joint = 0; joint < joints; joint++) {
    const at = 2 * (row * joints + joint);
    total += Math.hypot(a[at] - b[at], a[at + 1] - b[at + 1]);
  }
  return (100 * total) / joints;
}

/** The row after so many seconds, from `first` on, round and round. Pure. */
export const rowAfter = (first, seconds, rate, rows) => (first + Math.floor(seconds * rate)) % rows;

/** moved(row): the playhead is elsewhere. */
export class StickFigure extends Component {
  constructor(moved) {
    super();
    this.moved = moved;
    this.value = null;
    this.off = null; // poses with one token off
    this.row = 0;
    this.playing = false;
    this.button = h("button", { type: "button", class: "dte-play", onclick: () => (this.playing ? this.pause() : this.play()) }, "Play");
    this.slider = h("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Playhead", oninput: () => this.scrub() });
    this.clock = h("span", { class: "dte-player-clock" });
    this.field = h("div", { class: "dte-figure-stage", role: "img", "aria-label": "Stick figure at the playhead: original and reconstruction" });
    this.stage = this.part(new Stage(this.field, { base: (ctx, size) => this.draw(ctx, size) }, { finest: 3, painter: this.part(new Painter()) }));
    this.words = h("p", { class: "dte-player-caption" });
    this.element = h(
      "div",
      { class: "dte-figure", hidden: true },
      this.field,
      h("div", { class: "dte-player-tools" }, this.button, this.slider, this.clock),
      this.words,
    );
  }

  /** value: {bones, joints, original, decoded or null} of the player, or null for what is no body. rows, rate: of the series. */
  load(value, rows, rate, same) {
    this.element.hidden = !value;
    if (!same) this.pause();
    this.value = value && { ...value, original: unpack(value.original).array, decoded: value.decoded && unpack(value.decoded).array };
    this.rows = rows;
    this.rate = rate ?? FALLBACK_HZ;
    this.timed = rate !== null;
    this.slider.max = rows - 1;
    if (!same) this.row = 0;
    if (value) this.seek(Math.min(this.row, rows - 1));
  }

  stop() {
    this.pause();
    this.value = null;
  }

  play() {
    if (!this.value) return;
    this.playing = true;
    say(this.button, "Pause");
    const [first, began] = [this.row >= this.rows - 1 ? 0 : this.row, performance.now()];
    const turn = () => {
      if (!this.playing || !this.value) return;
      this.seek(rowAfter(first, (performance.now() - began) / 1000, this.rate, this.rows));
      this.nextFrame(turn);
    };
    turn();
  }

  pause() {
    this.playing = false;
    say(this.button, "Play");
  }

  scrub() {
    this.pause();
    this.seek(Number(this.slider.value));
  }

  /** Poses (T, J, 2) with one token off, packed; null for none. */
  showOff(packed) {
    this.off = packed && unpack(packed).array;
    this.stage.redraw();
  }

  /** The pointer is over a row of the plot: it is shown, unless the figure plays. */
  point(row) {
    if (this.value && !this.playing) this.seek(row);
  }

  seek(row) {
    this.row = row;
    this.slider.value = row;
    const { original, decoded, joints } = this.value;
    say(this.clock, this.timed ? `${(row / this.rate).toFixed(2)} s` : `row ${row + 1}`);
    const off = decoded && apart(original, decoded, row, joints.length);
    const mean = decoded && `${this.value.apart.toFixed(2)}% of the body's height`;
    say(this.words, decoded ? `Joints are ${off.toFixed(2)}% apart here, ${mean} on average.` : "This tokenizer has no decoder: only the original moves.");
    Object.assign(this.element.dataset, { row, playing: this.playing });
    this.stage.redraw();
    this.moved(row);
  }

  draw(ctx, { W, H, theme }) {
    if (!this.value) return;
    const { original, decoded } = this.value;
    const halves = decoded ? 2 : 1;
    const scale = Math.min(W / halves / REACH, (H - 24) / TALL);
    const place = (half) => (x, y) => [(half + 0.5) * (W / halves) + x * scale, H - 22 - y * scale];
    ctx.fillStyle = theme.line;
    ctx.fillRect(0, Math.round(H - 21), W, 1);
    ctx.lineCap = ctx.lineJoin = "round";
    this.body(ctx, place(0), original, { near: theme.ink, far: theme.muted, width: 4, scale });
    if (decoded) {
      this.body(ctx, place(1), original, { near: theme.line, far: theme.line, width: 3, scale });
      if (this.off) this.body(ctx, place(1), this.off, { near: OFF_COLOUR, far: OFF_COLOUR, width: 2, scale });
      this.body(ctx, place(1), decoded, { near: theme.accent, far: theme.muted, width: 4, scale });
    }
    ctx.font = `12px ${theme.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = theme.muted;
    ["original", "reconstruction"].slice(0, halves).forEach((name, half) => ctx.fillText(name, (half + 0.5) * (W / halves), H - 9));
  }

  body(ctx, place, pose, { near, far, width, scale }) {
    const { bones, joints } = this.value;
    const at = (joint) => place(pose[2 * (this.row * joints.length + joint)], pose[2 * (this.row * joints.length + joint) + 1]);
    for (const [a, b, side] of bones) {
      ctx.beginPath();
      ctx.moveTo(...at(a));
      ctx.lineTo(...at(b));
      ctx.strokeStyle = side === "left" ? far : near; // seen from its right
      ctx.lineWidth = side === "left" ? width - 1 : width;
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.arc(...at(joints.indexOf("head")), HEAD * scale, 0, 2 * Math.PI);
    ctx.fillStyle = near;
    ctx.fill();
  }
}
