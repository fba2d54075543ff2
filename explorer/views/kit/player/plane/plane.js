// @ts-check
// The latent plane: latents, codes, exact cells, trails, reseeds, gradients. It draws a new frame when one comes, and in
// between only while something glides, flashes or lights up.

import { Component } from "../../component.js";
import { helpMark, helpTerms } from "../../page/help.js";
import { h, segments, toggle } from "../../widgets/dom.js";
import { Stage } from "../../stage/stage.js";
import { LAB } from "../about.js";
import { litCode } from "../bus.js";
import { cellsOf, drawPlane, placing, tokensAStep } from "./draw.js";
import { Lens } from "./lens.js";
import { arrowScale, boxOf, follow, Motion } from "./motion.js";
import { mergeLayers } from "../../wire/files.js";
import { createPaper, drawingWords } from "./paint.js";
import { explainOverlays, legend, OVERLAYS } from "./parts.js";
import { cellKind, codeWords, deadWords, lagWords, planeWords } from "./words.js";

const TERMS = { fsq: "fsq", lfq: "signs", bsq: "signs" }; // help on what the codes of a rule are
const WORDS_MS = 120;
const LATE_MS = 40; // a drawing that comes this late says that the browser cannot keep up ...
const STRAIN_MS = 3000; // ... and then codes do not glide for a while
const GAP_MS = { still: 28, flowing: 80 }; // between drawings that only glide or flash
const REACH_PX = 22; // how far from a code the pointer may be, where there are no cells

/** env.drawn(frame) is called for each new frame that was drawn. env.without: names of overlays that make no sense here. */
export function createPlane(root, env) {
  return new Plane(root, env);
}

class Plane extends Component {
  constructor(root, env) {
    super();
    this.root = root;
    this.env = env;
    this.about = env.about ?? LAB;
    this.overlays = OVERLAYS.filter(([name]) => !(env.without ?? []).includes(name));
    this.view = this.frame = this.drawnFrame = this.camera = null;
    this.fit = "all";
    this.lastDrawn = this.lateAt = -Infinity;
    this.dueAt = Infinity;
    this.waiting = this.pending = this.saying = this.cells = this.arrows = null;
    this.motion = new Motion();
    this.paper = createPaper({ act: env.act, bus: env.bus, redraw: () => this.request(), runs: () => this.view?.bothSettings?.length ?? 1 });
    this.build();
    this.own(env.bus.subscribe((state, before) => this.busChanged(state, before)));
    this.pointer();
    this.busChanged(env.bus.state, env.bus.state);
  }

  build() {
    const { bus } = this.env;
    this.toggles = Object.fromEntries(
      this.overlays.map(([name, text, title]) => [name, toggle(text, title, bus.state[name], (on) => bus.set({ [name]: on }))]),
    );
    this.fits = segments("What fills the plane", (id) => {
      this.fit = id;
      this.camera = null;
      this.lens.set(null);
    });
    this.fits.options(
      [
        { id: "all", label: "All", title: "Latents and all codes" },
        { id: "latents", label: "Latents", title: "Latents only; codes far away are outside" },
      ],
      "all",
    );
    this.levels = segments("Level", (id) => bus.set({ level: Number(id) }));
    this.levels.options([], 0);
    const title = "Turn the axes to the newest latents";
    this.refit = h("button", { type: "button", class: "dte-button lab-button", title, hidden: true, onclick: () => this.env.act("refit") }, "Fit axes anew");
    const label = "Latent plane. Left and right arrows go through the codes, Enter keeps one lit, Escape lets go; plus and minus zoom, 0 shows everything.";
    this.field = h("div", { class: "dte-board lab-stage", tabindex: 0, role: "application", "aria-label": label });
    this.stage = this.part(new Stage(this.field, { base: { draw: (ctx, size) => this.paint(ctx, size), opaque: true } }));
    this.lens = this.part(
      new Lens({
        field: this.field,
        stage: this.stage,
        whole: () => this.camera,
        seen: () => this.placed(),
        taken: () => bus.state.drawing,
        redraw: () => this.request(),
      }),
    );
    this.dead = h("b", {});
    this.lit = h("span", {});
    this.readout = h("p", { class: "lab-readout" }, this.dead, this.lit);
    this.caption = h("p", { class: "lab-caption" });
    this.terms = h("div", {}); // the definitions that this quantizer's codes need
    const { drawing = null, ...overlays } = this.toggles;
    const tools = h("div", { class: "lab-tools" }, this.levels.element, this.fits.element, this.lens.element, this.refit, drawing);
    const switches = h("div", { class: "lab-tools lab-overlays" }, ...Object.values(overlays));
    this.root.setAttribute("aria-label", "Latent plane");
    this.root.classList.add("lab-plane");
    this.root.append(
      h("div", { class: "lab-head" }, h("h3", {}, "Latent plane", helpMark(explainOverlays(this.overlays))), tools),
      switches,
      this.field,
      this.paper.bar,
      this.readout,
      legend(this.about),
      this.caption,
      this.terms,
    );
  }

  pointer() {
    const { field, stage, paper } = this;
    const { size } = stage;
    const { bus } = this.env;
    this.listen(field, "pointerdown", (event) => {
      if (!bus.state.drawing || event.button !== 0) return;
      field.setPointerCapture(event.pointerId);
      paper.press(...stage.at(event), size.W, size.H);
      event.preventDefault();
    });
    this.listen(field, "pointermove", (event) => {
      if (bus.state.drawing) paper.move(...stage.at(event), size.W, size.H);
      else if (this.lens.pointers.size === 0 || !this.lens.dragged) bus.hover(this.hit(...stage.at(event)));
    });
    this.listen(field, ["pointerup", "pointercancel"], () => paper.lift());
    this.listen(field, "pointerleave", () => bus.hover(null));
    this.listen(field, "click", (event) => bus.state.drawing || this.lens.dragged || bus.set({ code: this.hit(...stage.at(event)) }));
    this.listen(field, "keydown", (event) => this.key(event));
  }

  key(event) {
    if (!this.frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const { bus } = this.env;
    const K = this.frame.codebook_size;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const now = litCode(bus.state, K);
    if (by) this.goTo(now === null ? 0 : (now + by + K) % K);
    else if (event.key === "Escape") bus.set({ hoverCode: null, code: null, drawing: false });
    else if (event.key === "Enter") bus.choose(bus.state.hoverCode);
    else if (bus.state.drawing || !this.lens.key(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** To a code by a key; the lens follows it. */
  goTo(code) {
    this.env.bus.set({ hoverCode: null, code });
    const codes = this.motion.positions(performance.now());
    if (codes) this.lens.reveal(codes[2 * code], codes[2 * code + 1]);
  }

  /** Where the plane lies on the stage, as the lens shows it. */
  placed() {
    const { W, H } = this.stage.size;
    return placing(this.lens.over(this.camera, W, H), W, H);
  }

  /** The code at a place of the stage: of the cell there, or the nearest within reach; null if none. */
  hit(px, py) {
    const codes = this.motion.positions(performance.now());
    if (!codes || !this.camera) return null;
    const view = this.placed();
    const [x, y] = view.world(px, py);
    let best = { code: null, score: Infinity };
    const kind = cellKind(this.frame);
    for (let k = 0; k < codes.length / 2; k++) {
      const [cx, cy] = [codes[2 * k], codes[2 * k + 1]];
      const score = kind === "cosine" ? -(x * cx + y * cy) / Math.hypot(cx, cy) : (x - cx) ** 2 + (this.frame.plane.kind === "line" ? 0 : (y - cy) ** 2);
      if (score < best.score) best = { code: k, score };
    }
    return kind || best.score * view.scale ** 2 < REACH_PX ** 2 ? best.code : null;
  }

  busChanged(state, before) {
    for (const [name] of this.overlays) this.toggles[name].querySelector("input").checked = state[name];
    this.paper.show(state.drawing, this.view?.settings);
    this.lens.touch();
    this.field.classList.toggle("lab-drawing", state.drawing);
    if (state.level !== before.level) this.levels.set(state.level);
    if ((state.scrub === null) !== (before.scrub === null)) this.restart();
    this.say();
    this.request();
  }

  /** No trails from before, and no gliding from there. */
  restart() {
    this.motion.forget();
    if (this.frame) this.motion.push(this.frame, performance.now());
  }

  /** A view to draw; only its frame and settings matter here. */
  draw(view) {
    const { run } = this.view ?? {};
    this.view = view;
    if (view.run !== run) {
      Object.assign(this, { frame: null, camera: null });
      this.lens.set(null);
      this.restart();
    }
    this.paper.show(this.env.bus.state.drawing, view.settings);
    this.explain(view.settings?.quantizer);
    if (!view.frame || view.frame === this.frame) return;
    const [before, { plane, level, levels }] = [this.frame, view.frame];
    if (before && (before.level !== level || before.plane.kind !== plane.kind || before.plane.fitted_at !== plane.fitted_at)) {
      this.camera = null;
      this.lens.set(null);
    }
    this.frame = view.frame;
    const now = performance.now();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches; // then codes are where they are, and do not glide there
    this.motion.push(view.frame, now, !calm && now - this.lateAt > STRAIN_MS);
    this.arrows = view.frame.gradient ? arrowScale(view.frame.gradient.array) : null;
    if (this.levels.element.children.length !== levels) {
      const each = Array.from({ length: levels }, (_, i) => ({ id: i, label: `Level ${i + 1}`, title: `Codebook ${i + 1} of ${levels}` }));
      this.levels.options(levels <= 8 ? each : [], level);
    }
    this.request();
  }

  explain(quantizer) {
    if (this.explained === quantizer) return;
    this.explained = quantizer;
    this.terms.replaceChildren(helpTerms([TERMS[quantizer]]));
  }

  say() {
    this.saying?.();
    this.saying = null;
    const { frame } = this;
    if (!frame) return;
    const { state } = this.env.bus;
    const lit = litCode(state, frame.codebook_size);
    const put = (element, text) => element.textContent !== text && (element.textContent = text);
    put(this.dead, state.drawing ? "" : deadWords(frame, this.about));
    put(this.lit, state.drawing || lit === null ? "" : codeWords(frame, lit, this.about));
    this.toggles.cells.querySelector("input").disabled = !cellKind(frame); // the caption says why
    this.refit.hidden = frame.plane.kind !== "pca";
    const words = planeWords(frame, state.gradients ? this.arrows : null, this.view?.settings?.quantizer, this.about);
    const missing = state.gradients && !this.arrows ? " At this moment no gradients were measured." : "";
    const lag = state.lag ? ` ${lagWords(frame)}` : "";
    put(this.caption, state.drawing ? drawingWords(this.view?.settings) : words + lag + missing);
  }

  request() {
    this.asked = true;
    this.schedule();
  }

  /** Not by waiting through animation frames: each of them would cost the page a layout. */
  rest(wait) {
    this.waiting?.();
    this.dueAt = performance.now() + wait;
    this.waiting = this.after(() => this.schedule(), Math.max(0, wait - 8));
  }

  schedule() {
    if (!this.disposed) this.pending ??= this.nextFrame((now) => this.step(now));
  }

  step(now) {
    this.pending = null;
    if (performance.now() - this.dueAt > LATE_MS) this.lateAt = performance.now();
    this.dueAt = Infinity;
    const gap = this.motion.flowing && !this.asked ? GAP_MS.flowing : GAP_MS.still;
    if (this.frame === this.drawnFrame && now - this.lastDrawn < gap) return this.rest(gap - (now - this.lastDrawn));
    this.stage.drawNow();
    if (this.motion.moving(performance.now()) && !this.env.bus.state.drawing) this.rest(gap);
  }

  paint(ctx, { W, H, theme }) {
    this.lastDrawn = performance.now();
    this.asked = false;
    ctx.fillStyle = theme.surface;
    ctx.fillRect(0, 0, W, H);
    const { state } = this.env.bus;
    if (state.drawing) return this.paper.draw(ctx, W, H, theme);
    if (!this.frame) return;
    drawPlane(ctx, this.scene(performance.now(), state));
    if (this.drawnFrame === this.frame) return;
    this.drawnFrame = this.frame;
    this.saying ??= this.after(() => this.say(), WORDS_MS); // new words at each frame would lay out the page as often
    this.env.drawn?.(this.frame);
  }

  scene(now, state) {
    const { frame, motion } = this;
    const { W, H, theme } = this.stage.size;
    const codes = motion.positions(now);
    if (this.drawnFrame !== frame || !this.camera) {
      const box = this.fit === "latents" ? boxOf(frame.z.array) : boxOf(frame.z.array, frame.codes.array);
      this.camera = follow(this.camera, box);
    }
    const view = this.placed();
    const cells = state.cells ? cellsOf(frame, codes, view.box) : null;
    const lit = litCode(state, frame.codebook_size);
    const arrows = state.gradients ? this.arrows : null;
    return {
      frame,
      codes,
      theme,
      W,
      H,
      view,
      cells,
      lit,
      arrows,
      overlays: state,
      trail: motion.trail,
      flashes: motion.glowing(now),
      total: tokensAStep(frame),
    };
  }

  /** A copy of the plane as it is now. */
  snapshot() {
    return mergeLayers([this.stage.canvases.base], this.stage.size.theme?.surface);
  }
}
