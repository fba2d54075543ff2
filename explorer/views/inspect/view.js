// @ts-check
// The inspect view: one picture, its tokens, the codebook map and the usage, linked by one selection.
// Hover never leaves the browser: it changes the overlays in the next frame. A click pins a code and sends Python one
// `select` {level, code, token}; a change of levels sends one `levels` {level, mode}.

import { Component } from "../kit/component.js";
import { fillCaptions, fillControls, report } from "./words.js";
import { moveToken } from "../kit/draw/geometry.js";
import { mapTable, savePanel, saveTable } from "./export.js";
import { buildLayout } from "./layout.js";
import { mapContent } from "./map.js";
import { readPayload, waitsForUmap } from "./model.js";
import { readTheme } from "../kit/draw/colours.js";
import { Painter } from "../kit/stage/pace.js";
import { ZoomStage } from "../kit/stage/zoom.js";
import { gridContent, pictureContent } from "./tiles.js";
import { UsageChart } from "./usage.js";
import { learn } from "../kit/page/help.js";
import { selection } from "../kit/wire/selection.js";
import { shown } from "../kit/wire/shown.js";
import { setAddress } from "../kit/page/address.js";

export const SHEET = new URL("view.css", import.meta.url).href; // which whoever mounts it adds to the page

const ORIGIN = "inspect-view";
const KEY_PAUSE_MS = 140; // Python hears of the last of a run of arrow keys
const LOG_FROM = 20; // a tallest bar of this many tokens makes the tail too low for a linear axis

class InspectView extends Component {
  constructor(root, trigger, desk) {
    super();
    this.root = root;
    this.trigger = trigger;
    this.model = this.image = this.mapKind = null;
    this.frames = 0;
    this.mode = "all";
    this.options = { gridOpacity: 0.4, pictureNumbers: false, gridNumbers: true, log: false, where: "here", range: "all" };
    this.wrapper = root.closest(".block") ?? root;
    this.usageChart = this.part(new UsageChart(this, desk));
    this.parts = buildLayout(root, this.options, this.actions(), this.usageChart.element);
    this.theme = readTheme(root);
    this.buildPanels();
    this.onTheme(() => this.redrawAll());
    this.own(selection.subscribe((state, previous, origin) => this.selectionChanged(state, previous, origin)));
    this.report();
  }

  actions() {
    return {
      level: (level) => this.setLevels(level, this.mode),
      mode: (mode) => this.setLevels(this.levelIndex, mode),
      mapKind: (kind) => this.setMap(kind),
      option: (name, value) => this.setOption(name, value),
      unpin: () => this.unpin(),
      png: (id) => savePanel(this.panels[id], this.theme, this.model.title, id),
      mapCsv: () => saveTable(mapTable(this.map, this.level), this.model.title, this.map.kind, "map"),
      usage: (kind) => this.usageChart.save(kind),
    };
  }

  buildPanels() {
    const painter = this.part(new Painter(() => this.count())); // all panels change in the same frame
    const events = {
      moved: (panel) => this.moved(panel),
      hover: (_, hit) => this.hover(hit?.code ?? null, hit?.token ?? null),
      click: (_panel, hit) => this.pin(hit.code, hit.token),
    };
    const plane = { view: null }; // picture and grid zoom together, where tokens have a place in the picture
    this.grid = { shared: plane, own: { view: null } };
    const { cards } = this.parts;
    const make = (id, content, shared) => this.part(new ZoomStage(cards[id].stage, content, events, { shared, painter }));
    this.panels = {
      picture: make("picture", pictureContent(this), plane),
      tokens: make("tokens", gridContent(this), plane),
      map: make("map", mapContent(this)),
    };
    this.listen(cards.usage.reset, "click", () => this.usageChart.whole());
    for (const [id, panel] of Object.entries(this.panels)) {
      this.listen(cards[id].reset, "click", () => panel.reset());
      this.listen(panel.element, "keydown", (event) => this.key(event, id, panel));
    }
  }

  // What the panels read.
  get levelIndex() {
    return Math.min(selection.state.level, this.model.levels.length - 1);
  }

  get level() {
    return this.model.levels[this.levelIndex];
  }

  get map() {
    if (!this.model) return null;
    return this.level.maps.find((map) => map.kind === this.mapKind) ?? this.level.maps[0] ?? null;
  }

  get usage() {
    return this.level[this.where];
  }

  /** Whose counts are shown: not every checkpoint kept those of its training. */
  get where() {
    return this.options.where === "training" && this.level.training ? "training" : "here";
  }

  /** The code that lights up: the hovered one, else the pinned one. */
  active() {
    const { code, token, hoverCode, hoverToken } = selection.state;
    const found = hoverCode === null ? { code, token } : { code: hoverCode, token: hoverToken };
    return found.code !== null && found.code < this.level.K ? found : { code: null, token: null };
  }

  fade = (alpha) => (this.opened ? 0 : alpha); // nothing fades as long as nobody has pointed at anything

  /** The pinned code and token, if this level has them. */
  pinned() {
    const { code, token } = selection.state;
    return this.model && code !== null && code < this.level.K ? { code, token } : { code: null, token: null };
  }

  // A new value from Python. linked: it is what a link names, so that nothing of what was chosen before is kept.
  show(text, linked = false) {
    let model;
    try {
      model = readPayload(text, this.model);
    } catch (error) {
      console.error(error);
      return this.showEmpty("This result could not be read", error.message);
    }
    learn(model?.help);
    const same = !linked && model && this.model && model.key === this.model.key;
    this.model = model;
    this.parts.empty.hidden = true; // nothing yet is nothing to look at
    this.parts.body.hidden = !model;
    if (!model) return this.forget();
    if (!same) this.start(model);
    shown.set(model);
    this.mapKind ??= model.map_kind; // the link's map may arrive later than the others
    this.mode = same ? this.mode : model.mode;
    this.askForMap();
    fillControls(this);
    this.redrawAll();
  }

  showEmpty(title, text) {
    this.model = null;
    [this.parts.empty.children[0].textContent, this.parts.empty.children[1].textContent] = [title, text];
    this.parts.empty.hidden = false;
    this.parts.body.hidden = true;
    this.forget();
  }

  forget() {
    selection.hover({ origin: ORIGIN });
    selection.set({ pinned: false, origin: ORIGIN });
    this.report();
  }

  /** Another picture or tokenizer: whole views, the selection that came with it, if any. */
  start(model) {
    this.panels.tokens.shared = model.placed ? this.grid.shared : this.grid.own;
    for (const panel of Object.values(this.panels)) panel.shared.view = null;
    const { level = 0, code = null, token = null } = model.selected ?? {};
    selection.set({ level, code, token, origin: ORIGIN });
    selection.hover({ ...model.opened, origin: ORIGIN }); // where none is chosen, the code of the card lights up
    this.opened = model.opened ?? null;
    this.options.log = this.level.here.largest >= LOG_FROM;
    this.image = null;
    const image = new Image();
    image.onload = () => {
      if (this.model !== null && this.model.picture.url === image.src) this.image = image;
      this.redrawAll();
    };
    image.src = model.picture.url;
  }

  // What people do.
  pin(code, token) {
    selection.set({ level: this.levelIndex, code, token, origin: ORIGIN });
    this.tellPython();
  }

  hover(code, token = null) {
    selection.hover({ code, token, origin: ORIGIN });
  }

  unpin() {
    selection.set({ pinned: false, origin: ORIGIN });
  }

  /** What is chosen here; where that is nothing, Python opens the card of this level's first code. */
  tellPython() {
    const { code, token } = selection.state;
    this.trigger("select", { level: this.levelIndex, code, token });
  }

  setLevels(level, mode) {
    const { token } = selection.state;
    const before = this.level;
    const moved = level !== this.levelIndex;
    this.mode = mode;
    const next = this.model.levels[level];
    const kept = moved && token !== null && next.rows === before.rows && next.cols === before.cols;
    if (moved) selection.set({ level, code: kept ? next.indices[token] : null, token: kept ? token : null, origin: ORIGIN });
    if (moved) selection.hover({ origin: ORIGIN }); // the code that the page opened with is one of the level before
    fillControls(this);
    this.redrawAll();
    this.trigger("levels", { level, mode });
    if (moved) this.tellPython(); // where nothing is chosen, too: the card is of the level that is shown
  }

  /** UMAP takes seconds, so it is laid out when it is chosen; what was chosen is kept from picture to picture. */
  askForMap() {
    const missing = this.mapKind === "umap" && waitsForUmap(this.level);
    if (!missing || this.asked === this.model.key) return;
    this.asked = this.model.key;
    this.trigger("umap", {});
  }

  setMap(kind) {
    if (kind !== this.mapKind) this.asked = null; // chosen once more after a failure
    this.mapKind = kind;
    setAddress({ map: kind });
    this.askForMap();
    this.panels.map.shared.view = null;
    fillCaptions(this);
    this.panels.map.redraw();
  }

  setOption(name, value) {
    this.options[name] = value;
    fillCaptions(this);
    this.redrawAll();
  }

  key(event, id, panel) {
    if (!this.model || event.altKey || event.ctrlKey || event.metaKey) return;
    const zoom = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    if (event.key === "Escape") this.unpin();
    else if (zoom) panel.zoomBy(zoom);
    else if (event.key === "0") panel.reset();
    else if (!this.step(event.key, id)) return;
    event.preventDefault();
  }

  step(key, id) {
    const [{ code, token }, { level }] = [selection.state, this];
    if (id === "picture" || id === "tokens") {
      const next = moveToken(token ?? (code === null ? null : (level.tokensOf(code)[0] ?? null)), key, level.rows, level.cols);
      if (next === null || next >= level.indices.length) return false;
      selection.set({ code: level.indices[next], token: next, origin: ORIGIN });
      this.panels[id].reveal(level.xEdges[next % level.cols], level.yEdges[Math.floor(next / level.cols)]);
    } else {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (!by) return false;
      const now = code === null ? -1 : code;
      selection.set({ code: Math.min(Math.max(now + by, 0), level.K - 1), token: null, origin: ORIGIN });
    }
    selection.hover({ origin: ORIGIN });
    this.keyPause?.();
    this.keyPause = this.after(() => this.tellPython(), KEY_PAUSE_MS);
    return true;
  }

  selectionChanged(state, previous, origin) {
    if (!this.model) return;
    this.opened = null;
    if (state.level !== previous.level && origin !== ORIGIN) {
      fillControls(this);
      this.redrawAll();
      if (this.mode !== "all") this.trigger("levels", { level: this.levelIndex, mode: this.mode }); // other levels are decoded
    }
    for (const panel of Object.values(this.panels)) panel.remark();
    this.report();
    // A code chosen in another view of the page: that view leaves the event to us, so that Python hears once.
    const chosen = state.code !== null && (state.code !== previous.code || state.token !== previous.token);
    if (chosen && origin !== ORIGIN) this.tellPython();
  }

  report() {
    report(this);
  }

  moved(panel) {
    for (const [id, other] of Object.entries(this.panels)) {
      if (other.shared !== panel.shared) continue;
      this.parts.cards[id].reset.hidden = !other.zoomed;
      other.redraw();
    }
  }

  redrawAll() {
    this.theme = readTheme(this.root);
    if (!this.model) return; // another theme before the first value
    this.usageChart.show();
    for (const [id, panel] of Object.entries(this.panels)) {
      this.parts.cards[id].reset.hidden = !panel.zoomed;
      panel.redraw();
    }
    this.report();
  }

  /** How often something was drawn, for whoever waits for it. */
  count() {
    if (this.model) this.usageChart.light(this.active().code);
    this.frames += 1;
    for (const element of new Set([this.root, this.wrapper])) element.dataset.framesDrawn = String(this.frames);
  }
}

/** desk: of the page, for the figures of what is shown. */
export function mount({ element, trigger, props, watch, desk }) {
  const view = new InspectView(element, trigger, desk);
  watch("value", () => view.show(props.value, props.linked));
  view.show(props.value);
  return view;
}
