// @ts-check
// The picture of the map: its stage, how codes look now, and what lights up. It draws in animation frames only.

import { Component } from "../../kit/component.js";
import { h } from "../../kit/widgets/dom.js";
import { readTheme } from "../../kit/draw/colours.js";
import { memory, Painter } from "../../kit/stage/pace.js";
import { drawLit, drawMap } from "./draw.js";
import { boxAround, codesInside, codesInRaster } from "./lasso.js";
import { drawOrder, hitCode, measure, neighbourTowards, radii, ramp, shades } from "./model.js";
import { HOLLOW } from "./marks.js";
import { DEAD, UNSEEN } from "../states.js";
import { bitOf } from "./turn.js";
import { codeLabel } from "./words.js";
import { MapStage } from "./stage.js";

const REACH_PX = 16; // how far from a point the pointer may be
const PAN_PX = 40;
const LABEL =
  "Map of the codes. Arrow keys go from code to code, plus and minus zoom, 0 shows everything, L takes the lasso, B the box around the code, Escape lets go.";

/** Colours when the state is what they show; a hollow mark says dead or unseen. */
const stateColours = (theme) => [theme.bar, theme.bar, theme.bar, "#d9772b", "#3d7ab5"];

/** How codes look: `view` = {colour, size, latents, bit}; bit (from 0) lights the codes in which it is one. */
function lookOf(map, level, view, theme, lasso) {
  const named = view.colour === "state" ? null : measure(view.colour, map, level.counts);
  const sized = view.size === "same" || map.raster ? null : measure(view.size, map, level.counts);
  const radius = radii(map, sized);
  if (map.raster) radius.fill(1.6); // codes of a slice are projected: small, so that the regions are what is seen
  const shade = named
    ? shades(map, named)
    : Uint8Array.from(map.codes, (code) => (level.state[code] === DEAD || level.state[code] === UNSEEN ? HOLLOW : level.state[code]));
  const bits = Math.round(Math.log2(level.codebook_size));
  const fade = (code) => (view.bit !== null ? bitOf(code, view.bit, bits) === 0 : lasso !== null && !lasso.has(code));
  return {
    ...{ theme, scale: named, sized, radius, shade, faded: fade, latents: view.latents, state: level.state },
    colours: named ? ramp(named.colours) : stateColours(theme),
    order: drawOrder(map, level.counts, radius),
    cache: {},
  };
}

export class Picture extends Component {
  /** on: {looked(look), loose() when the view is zoomed or not, key(key) -> handled}. */
  constructor(bus, on) {
    super();
    this.bus = bus;
    this.on = on;
    this.map = this.look = this.view = this.half = this.loop = null;
    this.named = [];
    this.element = h("div", { class: "dte-board dte-lp-stage cm-stage", tabindex: 0, role: "application", "aria-label": LABEL });
    this.changed = memory();
    const painter = this.part(new Painter((jobs, ms) => this.drawn(jobs, ms)));
    const events = {
      moved: () => {
        this.stage.redraw();
        on.loose();
      },
      hover: (_, hit) => bus.hover(hit?.code ?? null),
      click: (_, hit) => bus.set({ code: hit.code }),
      looping: () => this.stage.remark(),
      lasso: (polygon) => this.lasso(polygon),
    };
    this.stage = this.part(new MapStage(this.element, this.content(), events, { painter }));
    this.listen(this.element, "keydown", (event) => this.key(event));
    this.onTheme(() => {
      this.theme = null;
      this.relook(this.view);
    });
  }

  content() {
    return {
      size: () => this.map && this.look && { w: this.map.w, h: this.map.h, pad: this.map.cell ? 12 : 24 },
      hit: (x, y, frame) => {
        const code = hitCode(this.map, x, y, REACH_PX / frame.s);
        return code < 0 ? null : { code };
      },
      drawBase: (ctx, frame) => drawMap(ctx, this.map, frame, this.look),
      drawOverlay: (ctx, frame) => {
        const { code, hover } = this.bus.state;
        const level = this.bus.level();
        const loop = this.stage.loop ?? this.box(frame);
        if (level) drawLit(ctx, this.map, frame, this.look, { code, hover, loop, named: this.named, words: (each) => codeLabel(each, level) });
      },
    };
  }

  /** Leave on the stage how often the codes were drawn and how long it took: what a benchmark reads. */
  drawn(jobs, ms) {
    if (!jobs.get(this.stage)?.has("base")) return;
    this.element.dataset.drawMs = ms.toFixed(1);
    this.element.dataset.frames = String(Number(this.element.dataset.frames ?? 0) + 1);
  }

  redraw() {
    this.stage.redraw();
  }

  /** map: of readMap, or null for nothing; `named`: [[letter, code]] to be marked. */
  show(map, named = []) {
    if (map !== this.map) this.stage.shared.view = null;
    Object.assign(this, { map, named, look: null, half: null });
    this.stage.touch();
    this.on.loose();
    this.relook(this.view);
  }

  /** Codes look different now: another measure, another theme, other codes held. */
  relook(view) {
    this.view = view;
    const level = this.bus.level();
    if (!this.map || !level || !view) return this.redraw();
    this.theme ??= readTheme(this.element);
    const same = this.changed(this.map, level, this.theme, this.bus.state.lasso, ...Object.values(view));
    if (!same || !this.look) this.look = lookOf(this.map, level, view, this.theme, this.bus.state.lasso);
    this.on.looked(this.look);
    this.redraw();
  }

  lasso(polygon) {
    this.half = null;
    const { map } = this;
    this.bus.set({ lasso: map.raster ? codesInRaster(polygon, map.raster) : codesInside(polygon, map.codes, map.xy) });
  }

  /** The selected code's point, or null where it is not drawn. */
  middle() {
    const i = this.map && this.bus.state.code !== null ? this.map.point[this.bus.state.code] : -1;
    return i < 0 ? null : [this.map.xy[2 * i], this.map.xy[2 * i + 1]];
  }

  get boxable() {
    return this.middle() !== null;
  }

  takeBox(factor) {
    const at = this.middle();
    if (!at) return;
    this.half = Math.min(1, Math.max(0.004, (this.half ?? 0.08) * factor));
    const { map } = this;
    const polygon = boxAround(...at, this.half);
    this.bus.set({ lasso: map.raster ? codesInRaster(polygon, map.raster) : codesInside(polygon, map.codes, map.xy) });
    this.stage.remark();
  }

  box(frame) {
    const at = this.half && this.bus.state.lasso ? this.middle() : null;
    return at && boxAround(...at, this.half).map(([x, y]) => frame.place(x, y));
  }

  zoomBy(factor) {
    this.stage.zoomBy(factor);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.map) return;
    const { key } = event;
    if (key.startsWith("Arrow")) this.step(key, event.shiftKey);
    else if (key === "+" || key === "=") this.zoomBy(1.4);
    else if (key === "-") this.zoomBy(1 / 1.4);
    else if (key === "0") this.stage.reset();
    else if (key === "b" || key === "B") this.takeBox(1);
    else if (key === "Escape") {
      this.bus.hover(null);
      this.bus.set(this.bus.state.lasso ? { lasso: null } : { code: null });
    } else if (!this.on.key(key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  step(key, shifted) {
    const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (shifted) return this.stage.pan(dx * PAN_PX, dy * PAN_PX);
    const now = this.bus.state.code;
    const from = now === null ? -1 : this.map.point[now];
    const i = from < 0 ? this.look.order[this.look.order.length - 1] : neighbourTowards(this.map, from, key);
    this.bus.set({ code: this.map.codes[i], hover: null });
    this.stage.reveal(this.map.xy[2 * i], this.map.xy[2 * i + 1]);
  }
}
