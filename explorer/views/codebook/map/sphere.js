// @ts-check
// The sphere of three chosen bits, on a canvas: turned by mouse, finger and arrow keys; a corner holds its codes together.

import { amount, percent } from "../../kit/wire/format.js";
import { colormap } from "../../kit/draw/colormaps.js";
import { haloText, createStage } from "../../kit/widgets/stage.js";
import { codesOfCorner, cornerName, cornerOf, cornerVector, greatCircle, ontoSphere, seen, START, turned } from "./turn.js";

const TURN = 0.008; // radians a pixel
const KEY_TURN = 0.12;
const CIRCLES = [0, 1, 2].map((axis) => greatCircle(axis));

/** on: {corner(codes) when a corner is chosen, lit() -> lit code or null}. */
export class Sphere {
  constructor(on) {
    this.on = on;
    this.matrix = START;
    this.map = null;
    this.lit = -1;
    const keys = { point: (x, y) => this.point(x, y), leave: () => this.light(-1), press: (x, y) => this.press(x, y), key: (key) => this.key(key) };
    const label = "Sphere of three bits. Arrow keys turn it, Home turns it back, the keys 1 to 8 choose a corner.";
    this.stage = createStage({ label, className: "cm-sphere", gap: 0, paint: (ctx, size) => this.paint(ctx, size), on: keys });
    this.element = this.stage.element;
    this.listen();
  }

  /** map: {chosen: [3 bits], bits, sums (8 counts), total, latents (3n) or null}. */
  show(map) {
    this.map = { ...map, latents: map.latents ? ontoSphere(map.latents) : new Float32Array(0) };
    this.lit = -1;
    this.stage.redraw();
  }

  listen() {
    const { element } = this;
    element.style.touchAction = "none";
    element.addEventListener("pointerdown", (event) => {
      this.grip = [event.clientX, event.clientY];
      this.dragged = 0;
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      if (!this.grip) return;
      const [dx, dy] = [event.clientX - this.grip[0], event.clientY - this.grip[1]];
      this.grip = [event.clientX, event.clientY];
      this.dragged += Math.hypot(dx, dy);
      this.turn(dx * TURN, dy * TURN);
    });
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => (this.grip = null));
  }

  turn(yaw, pitch) {
    this.matrix = turned(this.matrix, yaw, pitch);
    this.stage.redraw();
  }

  key(key) {
    const ways = { ArrowLeft: [-KEY_TURN, 0], ArrowRight: [KEY_TURN, 0], ArrowUp: [0, -KEY_TURN], ArrowDown: [0, KEY_TURN] };
    if (ways[key]) this.turn(...ways[key]);
    else if (key === "Home") {
      this.matrix = START;
      this.stage.redraw();
    } else if (key >= "1" && key <= "8") this.choose(Number(key) - 1);
    else return false;
    return true;
  }

  place({ W, H }) {
    const radius = Math.max(20, Math.min(W, H) / 2 - 34);
    return {
      radius,
      at: (x, y, z) => {
        const [right, down, depth] = seen(this.matrix, x, y, z);
        return [W / 2 + radius * right, H / 2 + radius * down, depth];
      },
    };
  }

  size(corner) {
    return 4 + 26 * Math.sqrt(this.map.sums[corner] / Math.max(...this.map.sums, 1));
  }

  hit(x, y) {
    if (!this.map) return -1;
    const { at } = this.place(this.stage.size);
    let best = { corner: -1, depth: -Infinity };
    for (let corner = 0; corner < 8; corner++) {
      const [cx, cy, depth] = at(...cornerVector(corner));
      if (Math.hypot(cx - x, cy - y) <= this.size(corner) + 5 && depth > best.depth) best = { corner, depth };
    }
    return best.corner;
  }

  light(corner) {
    if (corner === this.lit) return;
    this.lit = corner;
    this.element.style.cursor = corner >= 0 ? "pointer" : "grab";
    this.stage.redraw();
  }

  point(x, y) {
    if (!this.grip) this.light(this.hit(x, y));
  }

  press(x, y) {
    if (this.dragged > 4) return;
    const corner = this.hit(x, y);
    if (corner >= 0) this.choose(corner);
  }

  choose(corner) {
    this.light(corner);
    this.on.corner(codesOfCorner(corner, this.map.chosen, this.map.bits), cornerName(corner));
  }

  paint(ctx, size) {
    if (!this.map) return;
    const { theme } = size;
    const place = this.place(size);
    ctx.beginPath();
    ctx.arc(size.W / 2, size.H / 2, place.radius, 0, 2 * Math.PI);
    ctx.fillStyle = theme.raised;
    ctx.fill();
    ctx.strokeStyle = theme.line;
    ctx.stroke();
    for (const front of [false, true]) {
      this.paintCircles(ctx, place, theme, front);
      this.paintLatents(ctx, place, theme, front);
      this.paintCorners(ctx, place, theme, front);
    }
  }

  paintCircles(ctx, { at }, theme, front) {
    CIRCLES.forEach((circle, axis) => {
      ctx.beginPath();
      let [down, named] = [false, null];
      for (let i = 0; i < circle.length; i += 3) {
        const [x, y, depth] = at(circle[i], circle[i + 1], circle[i + 2]);
        if (depth > 0 !== front) down = false;
        else {
          if (down) ctx.lineTo(x, y);
          else ctx.moveTo(x, y);
          down = true;
          if (!named || depth > named[2]) named = [x, y, depth];
        }
      }
      ctx.strokeStyle = theme.muted;
      ctx.globalAlpha = front ? 0.9 : 0.28;
      ctx.lineWidth = front ? 1.3 : 1;
      ctx.stroke();
      ctx.globalAlpha = 1;
      if (front && named) haloText(ctx, theme, `bit ${this.map.chosen[axis] + 1}`, named[0], named[1], "center", theme.muted);
    });
  }

  paintLatents(ctx, { at }, theme, front) {
    const { latents } = this.map;
    ctx.fillStyle = theme.ink;
    ctx.globalAlpha = front ? 0.3 : 0.1;
    for (let i = 0; i < latents.length; i += 3) {
      const [x, y, depth] = at(latents[i], latents[i + 1], latents[i + 2]);
      if (depth > 0 === front) ctx.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
    }
    ctx.globalAlpha = 1;
  }

  paintCorners(ctx, { at }, theme, front) {
    const { sums, total, chosen, bits } = this.map;
    const top = Math.max(...sums, 1);
    const code = this.on.lit();
    const home = code === null ? -1 : cornerOf(code, chosen, bits);
    for (let corner = 0; corner < 8; corner++) {
      const [x, y, depth] = at(...cornerVector(corner));
      if (depth > 0 !== front) continue;
      const r = this.size(corner);
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      ctx.globalAlpha = front ? 0.92 : 0.4;
      ctx.fillStyle = sums[corner] > 0 ? `rgb(${colormap("viridis", sums[corner] / top).join(",")})` : theme.surface;
      ctx.fill();
      ctx.globalAlpha = 1;
      ctx.lineWidth = corner === this.lit || corner === home ? 2.5 : 1;
      ctx.strokeStyle = corner === this.lit || corner === home ? theme.accent : theme.muted;
      ctx.stroke();
      const words =
        corner === this.lit
          ? `${cornerName(corner)} · ${amount(sums[corner])} of ${amount(total)} tokens`
          : `${cornerName(corner)} · ${percent(sums[corner], total)}`;
      haloText(ctx, theme, words, x, y - r - 9, "center", front ? theme.ink : theme.muted);
    }
  }

  destroy() {
    this.stage.destroy();
  }
}
