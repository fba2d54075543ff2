// @ts-check
// The training lab: the layout, the panels of each side, and who hears of what. Numbers come through the player's
// link.js, what is hovered, chosen or scrubbed to through its bus.js.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { learn } from "../kit/page/help.js";
import { travel } from "../kit/page/travel.js";
import { h } from "../kit/widgets/dom.js";
import { createAddress, KEYS } from "./address.js";
import { createBus } from "../kit/player/bus.js";
import { createCompare } from "./compare.js";
import { createControls } from "./controls/controls.js";
import { createCurves } from "../kit/player/charts/curves.js";
import { createDiagnosis } from "../kit/player/diagnosis.js";
import { createEvents } from "../kit/player/events.js";
import { createHeatmap } from "../kit/player/charts/heatmap.js";
import { createHistogram } from "../kit/player/charts/histogram.js";
import { createLink } from "../kit/player/link.js";
import { createPictures } from "./charts/pictures.js";
import { frameShown } from "../kit/stage/pace.js";
import { createMoment } from "./moment.js";
import { createOpening } from "./opening.js";
import { createPlane } from "../kit/player/plane/plane.js";
import { createPresets } from "./controls/presets.js";
import { createTransport } from "./controls/transport.js";
import { createMessages } from "./messages.js";
import { createVersus } from "../kit/player/versus.js";
import { playsOrPauses } from "../kit/player/keys.js";
import { loadSheets, makePanel, Sides } from "../kit/player/sides.js";
import { settingsApart, verdict } from "./versus_words.js";

const CENTRE = { plane: createPlane, pictures: createPictures, events: createEvents };
const RIGHT = { moment: createMoment, diagnosis: createDiagnosis, histogram: createHistogram, heatmap: createHeatmap, curves: createCurves };
const LEFT = { presets: createPresets, compare: createCompare, controls: createControls };

const WORDS_MS = 120;

class Lab extends Component {
  constructor(root, payload, server) {
    super();
    this.root = root;
    this.payload = payload;
    this.drawn = 0;
    this.wordsAt = -Infinity;
    this.touchedAt = performance.now();
    this.bus = createBus();
    this.link = createLink({
      server,
      token: payload.token,
      onChange: (what) => this.changed(what),
      wish: () => ({ level: this.bus.state.level, scrub: this.bus.state.scrub, idle_s: Math.round((performance.now() - this.touchedAt) / 1000) }),
    });
    this.link.settings = [payload.settings];
    this.link.message = payload.message;
    if (payload.first) this.link.showFirst(payload.first);
    this.address = this.part(createAddress(payload.defaults));
    this.opening = createOpening(this.link.act);
    this.env = { act: this.opening.act, bus: this.bus, payload, snapshots: () => this.snapshots(), writeAddress: () => this.writeAddress() };
    const apart = (first, second) => (first.settings && second.settings ? settingsApart(payload.controls, first.settings, second.settings) : null);
    Object.assign(this.env, { apart, words: verdict, at: () => this.bus.state.scrub });
    this.build();
    this.own(this.bus.subscribe((state, before) => this.busChanged(state, before)));
    this.own(() => this.link.stop());
    this.hear();
    this.own(travel.register({ names: KEYS, now: this.address.now, take: (search) => this.take(search) }));
    this.link.start();
    this.changed({ status: true, settings: true, problem: true });
  }

  build() {
    this.messages = createMessages({ act: this.link.act, bus: this.bus, query: () => this.address.now(window.location.search).replace(/^\?/, "") });
    const transport = h("section", {});
    this.transport = this.part(createTransport(transport, this.env));
    this.left = Object.entries(LEFT).map(([name, create]) => makePanel(name, create, this.env));
    for (const { panel: one } of this.left) this.part(one);
    this.sides = this.part(new Sides({ centre: CENTRE, right: RIGHT }, this.env, (i) => this.frameDrawn(i)));
    this.versus = makePanel("versus", createVersus, this.env);
    this.part(this.versus.panel);
    this.leftColumn = h("div", { class: "lab-left" }, ...this.left.map((p) => p.section));
    const main = h("div", { class: "lab-main" }, this.versus.section, this.sides.element);
    this.root.classList.add("dte-lab");
    this.root.replaceChildren(skipLinks(this.root), transport, this.messages.element, h("div", { class: "lab-columns" }, this.leftColumn, main));
    this.setSides(1);
  }

  /** One side with two columns, or two sides of one column each. */
  setSides(count) {
    this.sides.set(count);
    this.root.classList.toggle("lab-ab", count > 1);
  }

  hear() {
    const touched = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
    this.listen(document, touched, () => (this.touchedAt = performance.now()), { passive: true, capture: true });
    this.listen(document, "visibilitychange", () => document.hidden || this.link.wake());
    this.listen(document, "keydown", (event) => {
      if (!playsOrPauses(event, this.root)) return;
      this.transport.play();
      event.preventDefault(); // or the page would scroll
    });
  }

  /** Begin the run that a link names. False where it cannot be in this page. */
  async take(search) {
    this.bus.set({ scrub: null, code: null, hoverCode: null, level: 0 });
    this.taking = true; // the address is that of the link by now, and the run still that before it
    this.address.hold();
    const answer = await this.opening.travel(search.slice(1));
    this.taking = false;
    if (!answer.ok) return false;
    this.link.message = answer.message;
    this.changed({ status: true, settings: true, problem: true });
    return new Promise((resolve) => (this.arrived = () => resolve(true))); // with the first frame of that run
  }

  busChanged(state, before) {
    if (state.scrub !== before.scrub) this.link.seek(state.scrub);
    if (state.gradients !== before.gradients) this.link.act("watch", { gradients: state.gradients });
    if (state.level !== before.level) this.link.wake();
    if (state.scrub !== before.scrub) this.changed({ status: true });
  }

  /** Something is new: draw it. Panels slow themselves down. */
  changed(what) {
    if (this.disposed) return;
    const { link } = this;
    this.setSides(Math.max(1, link.sides.length));
    const levels = link.sides[0]?.frame?.levels;
    if (levels && this.bus.state.level >= levels) this.bus.set({ level: 0 });
    if (what.run && this.bus.state.scrub !== null) this.bus.set({ scrub: null });
    if (what.run) this.after(() => this.arrived?.());
    const first = link.view(0);
    const calm = performance.now() - this.wordsAt < WORDS_MS && !what.scrub && !what.settings && !what.problem && !what.run;
    if (!calm) this.drawWords(first);
    const views = Array.from({ length: this.sides.count }, (_, i) => (i === 0 ? first : link.view(i)));
    this.versus.panel.draw(link.sides.length > 1 ? views : [first]);
    this.sides.draw(views, (i) => sideWords(this.payload.controls, link.settings, i));
    if (what.settings || what.status) this.writeAddress();
    this.report(first);
  }

  /** What is text and fields: laying it out anew at each frame would take the time of the plane. */
  drawWords(view) {
    this.wordsAt = performance.now();
    this.transport.draw(view);
    this.messages.draw(view, this.link);
    for (const { panel } of this.left) panel.draw(view);
  }

  /** Of a run that has ended the address keeps what it was. */
  writeAddress() {
    const { settings: all, status } = this.link;
    if (!all.length || !status || status.ended || this.taking) return;
    const { preset, mended, limit, playing } = status;
    this.address({ all, preset, mended, limit, playing });
  }

  frameDrawn(i) {
    if (i !== 0) return;
    frameShown();
    this.root.dataset.begins = String(this.link.run === null); // what is drawn is stored: the run has not answered yet
    if (this.link.run === null) return;
    this.drawn += 1;
    this.root.dataset.framesDrawn = this.drawn;
  }

  /** What scripts read. */
  report({ frame, status, run, events }) {
    const { scrub } = this.bus.state;
    const facts = {
      step: frame?.step ?? status?.step ?? 0,
      dead: frame?.dead ?? 0,
      perplexity: frame?.measures?.[`perplexity_${frame.level}`] ?? "",
      error: frame?.measures?.quantization_error ?? "",
      codes: this.link.settings[0]?.codebook_size ?? "",
      dim: this.link.settings[0]?.dim ?? "",
      quantizer: this.link.settings[0]?.quantizer ?? "",
      update: this.link.settings[0]?.update ?? "",
      reseeding: this.link.settings[0]?.reseeding ?? "",
      reseeds: events?.total ?? 0,
      playing: Boolean(status?.playing),
      run: run ?? "",
      scrub: scrub ?? "",
      framesDrawn: this.drawn,
    };
    for (const [name, value] of Object.entries(facts)) {
      if (this.root.dataset[name] !== String(value)) this.root.dataset[name] = value;
    }
  }

  snapshots() {
    return this.sides.snapshots((i) => this.link.view(i).frame?.step ?? 0);
  }
}

/** Links to what is far away by the Tab key; seen once they have the focus. */
function skipLinks(root) {
  const places = {
    "Skip to the latent plane": ".lab-stage",
    "Skip to the presets": ".lab-panel-presets button",
    "Skip to comparing": ".lab-panel-compare :is(select, button)",
    "Skip to the settings": ".lab-panel-controls summary",
  };
  const link = ([text, place]) => h("button", { type: "button", class: "lab-skip", onclick: () => root.querySelector(place)?.focus() }, text);
  return h("nav", { class: "lab-skips", "aria-label": "Skip" }, ...Object.entries(places).map(link));
}

/** What sets a side apart from the other, as the table above them says it: "Initialization: k-means". Pure.
 *  @param {any[]} controls @param {any[]} settings of each side @param {number} i */
export function sideWords(controls, settings, i) {
  const [a, b] = settings;
  if (!a || !b) return "";
  const value = ({ label, a: first, b: second }) => `${label}: ${i === 0 ? first : second}`;
  return settingsApart(controls, a, b).map(value).join("; ");
}

export async function mount(view) {
  const sheets = ["../kit/widgets/panels.css", "../kit/widgets/forms.css"];
  await Promise.all([loadSheets(), ...sheets.map((name) => addStyleSheet(new URL(name, import.meta.url).href))]);
  return openOnce(view, (opening) => {
    learn(opening.help);
    return new Lab(view.element, opening, view.server);
  });
}
