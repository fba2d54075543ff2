// @ts-check
// A statistical chart: a figure of plotly, made in Python by explorer/figures, drawn by the plotly.js of the installed
// package. Nothing is asked or loaded before it comes into sight; it is updated in place, and follows dark and light.

import { Component } from "../component.js";
import { addStyleSheet } from "../page/component.js";
import { readTheme } from "../draw/colours.js";
import { decodeFigure, pickedValues, placesOfCodes, stepWalk, walkOf } from "./chart_model.js";
import { keyItems } from "./chart_key.js";
import { placeOf } from "./chart_place.js";
import { h } from "./dom.js";
import { loadPlotly } from "./plotly.js";

const NEAR_PX = 80; // outside of the screen, where a chart is drawn already
const MARGIN = { l: 44, r: 14, t: 12, b: 36 }; // at least: labels take what they need
const CONFIG = {
  displayModeBar: false,
  displaylogo: false,
  showSendToCloud: false,
  showTips: false,
  responsive: false,
  doubleClick: "reset",
  scrollZoom: false,
};
const LABEL_MS = 80; // plotly draws the label of a second point within 50 ms only after them
const CLEAR = "rgba(0,0,0,0)";

const themeName = () => (document.body.classList.contains("dark") ? "dark" : "light");

/**
 * A chart. label: what it shows, for those who do not see it. className: gives it its height.
 * ask(theme "light" | "dark") -> Promise of {figure: JSON of plotly, library: address of plotly.js}; an error with `stale`
 * is not said. on.pick(values, kind, how): what was chosen, as `layout.meta.pick` names it; how: "click" or "select" (a
 * loop around points; no values: it was let go). on.hover(values, kind, "pointer" or "key"): what is pointed at. on.shown(figure).
 * on.lit(code, chart): another way to mark the lit code than a ring or a bar. on.zoomed(whether). key(key, chart) -> true for
 * keys of one chart alone. drag: what dragging does where points are codes, "lasso", "zoom" (along the first axis) or "rows"
 * (zoom along the second).
 */
export function createChart({ label, className = "", ask, on = {}, key = null, drag = "lasso" }) {
  addStyleSheet(new URL("chart.css", import.meta.url).href);
  return new Chart({ label, className, ask, on, key, drag });
}

class Chart extends Component {
  constructor(options) {
    super();
    const { label, className, ask, on, key, drag } = options;
    this.ask = ask;
    this.on = on;
    this.key = key;
    this.drag = drag;
    this.figure = this.at = this.lit = this.Plotly = this.theme = this.accent = this.range = null;
    this.places = new Map(); // of codes, see placesOfCodes
    this.walk = []; // of keys, see walkOf
    this.turn = 0; // of what was asked for
    this.stale = this.inSight = this.held = false; // held: plotly has drawn here
    this.names = h("ul", { class: "ch-key" });
    this.plot = h("div", { class: "ch-plot" });
    this.ring = h("span", { class: "ch-lit", hidden: true });
    this.words = h("p", { class: "ch-words", hidden: true });
    this.again = h("button", { type: "button", class: "dte-link", hidden: true, onclick: () => this.refresh() }, "Try again");
    this.spoken = h("p", { class: "dte-spoken ch-spoken", role: "status" });
    this.element = h(
      "div",
      { class: `ch-chart ${className}`, tabindex: 0, role: "application", "aria-roledescription": "chart" },
      this.names,
      this.plot,
      this.ring,
      h("div", { class: "dte-over ch-problem" }, this.words, this.again),
      this.spoken,
    );
    this.describe(label);
    this.watch();
  }

  watch() {
    this.onSight(this.element, (now) => this.seen(now), NEAR_PX);
    this.onResize(this.element, () => this.resize());
    this.onTheme(() => this.theme !== themeName() && this.refresh());
    this.own(() => this.leave());
    this.listen(this.element, "keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.pressed(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.listen(this.element, "blur", () => this.point(null));
  }

  describe(text) {
    this.element.setAttribute("aria-label", `${text} Arrow keys go through the points, Enter chooses one.`);
  }

  /** Another figure is wanted; it is asked for at once if the chart is in sight, else when it comes there. */
  refresh() {
    this.turn += 1;
    this.stale = true;
    if (this.inSight) this.load();
  }

  seen(now) {
    this.inSight = now;
    if (now && this.stale) this.load();
  }

  async load() {
    const mine = (this.turn += 1);
    this.stale = false;
    const theme = themeName();
    this.element.setAttribute("aria-busy", "true");
    try {
      const { figure, library } = await this.ask(theme);
      const Plotly = await loadPlotly(library);
      if (mine !== this.turn) return;
      await this.draw(Plotly, decodeFigure(figure), theme);
      this.say("");
    } catch (error) {
      if (mine !== this.turn || error.stale) return;
      this.empty();
      this.say(error.message, !("field" in error)); // an answer of the server would be the same again
      this.element.dataset.state = "failed";
    }
    this.element.removeAttribute("aria-busy");
  }

  /** Words in the place of the chart. again: whether another try may help. */
  say(text, again = false) {
    this.words.hidden = !text;
    this.again.hidden = !again;
    this.words.setAttribute("role", text ? "alert" : "status");
    this.words.textContent = text;
  }

  async draw(Plotly, figure, theme) {
    Object.assign(this, { Plotly, figure, theme, places: placesOfCodes(figure), walk: walkOf(figure), at: null });
    this.range = figure.layout.xaxis?.range?.slice() ?? null; // plotly writes what is in sight into the figure's own
    this.names.replaceChildren(...keyItems(figure));
    await Plotly.react(this.plot, figure.data, this.dressed(figure.layout), CONFIG);
    if (!this.held) this.hear();
    this.held = true;
    this.element.dataset.state = "drawn";
    this.element.dataset.drawn = Number(this.element.dataset.drawn ?? 0) + 1;
    this.on.shown?.(figure);
    this.moved();
  }

  /** The layout of the figure on this page: its surface, its font, and what dragging does. */
  dressed(layout) {
    const { font, accent } = readTheme(this.element);
    this.accent = accent;
    const drags = this.on.pick && layout.meta?.pick === "code" && matchMedia("(pointer: fine)").matches;
    const drag = layout.scene ? {} : { dragmode: drags ? (this.drag === "rows" ? "zoom" : this.drag) : false };
    if (this.drag === "rows") Object.assign(drag, { xaxis: { ...layout.xaxis, fixedrange: true } });
    if (this.drag === "zoom") Object.assign(drag, { yaxis: { ...layout.yaxis, fixedrange: true } });
    return {
      ...layout,
      ...drag,
      ...(layout.scene ? {} : { margin: MARGIN }),
      showlegend: false, // the key above says it
      autosize: true,
      paper_bgcolor: CLEAR,
      plot_bgcolor: CLEAR,
      font: { ...layout.font, family: font },
      newselection: { line: { color: accent, width: 1.5, dash: "dot" } },
    };
  }

  hear() {
    const { plot } = this;
    const valuesOf = (points) => points.flatMap(({ curveNumber, pointNumber }) => pickedValues(this.figure, curveNumber, pointNumber));
    const kind = () => this.figure.layout.meta?.pick ?? null;
    const choose = (points, how) => {
      const values = [...new Set(valuesOf(points))];
      if (values.length > 0 || how === "select") this.on.pick?.(values, kind(), how);
    };
    this.choose = choose;
    plot.on("plotly_click", ({ points }) => choose(points, "click"));
    plot.on("plotly_selected", (event) => event && choose(event.points, "select"));
    plot.on("plotly_deselect", () => choose([], "select"));
    plot.on("plotly_hover", ({ points }) => this.on.hover?.(valuesOf(points), kind(), "pointer"));
    plot.on("plotly_unhover", () => this.on.hover?.([], kind(), "pointer"));
    plot.on("plotly_relayout", () => this.moved());
  }

  /** Another part of the figure is in sight. */
  moved() {
    this.light(this.lit);
    this.on.zoomed?.(this.zoomed);
  }

  /** Whether less is in sight than the figure shows by itself. */
  get zoomed() {
    const [whole, now] = [this.range, this.plot._fullLayout?.xaxis?.range];
    return Boolean(whole && now) && whole.some((end, i) => Math.abs(end - now[i]) > 1e-6 * Math.abs(whole[1] - whole[0]));
  }

  /** Show all of it again. */
  whole() {
    if (this.held && this.range) this.Plotly.relayout(this.plot, { "xaxis.range": [...this.range] });
  }

  /** Mark the point that stands for a code, null for none: a ring or a bar over it, with nothing drawn anew. */
  light(code) {
    this.lit = code;
    if (this.figure) this.on.lit?.(code, this);
    const place = code === null || !this.figure ? undefined : this.places.get(code);
    const at = place && placeOf(this.plot, place);
    this.ring.hidden = !at;
    if (!at) return;
    const { left, top, width = null, height = null } = at;
    const px = (length) => (length === null ? "" : `${length}px`);
    Object.assign(this.ring.style, { left: px(left), top: px(this.plot.offsetTop + top), width: px(width), height: px(height) });
    this.ring.classList.toggle("is-bar", width !== null);
    this.ring.classList.toggle("on-accent", width !== null && this.figure.data[place.curve].marker?.color === this.accent);
  }

  pressed(key) {
    if (this.key?.(key, this)) return true;
    if (!this.figure) return false;
    if (key === "Escape" && this.at) {
      this.point(null);
      return true;
    }
    if (key === "Enter" && this.at) {
      const { curve, point } = this.walk[this.at[0]][this.at[1]];
      this.choose([{ curveNumber: curve, pointNumber: point }], "click");
      return true;
    }
    const next = stepWalk(
      this.at,
      key,
      this.walk.map((row) => row.length),
    );
    if (next === undefined) return false;
    this.point(next);
    return true;
  }

  /** Show the label of a point of the walk, as pointing at it does. */
  point(at) {
    if (!this.figure || (at === null && this.at === null)) return;
    this.at = at;
    const kind = this.figure.layout.meta?.pick ?? null;
    if (at === null) {
      this.Plotly.Fx.unhover(this.plot);
      this.on.hover?.([], kind, "key");
      this.spoken.textContent = "";
      return;
    }
    const { curve, point } = this.walk[at[0]][at[1]];
    this.Plotly.Fx.hover(this.plot, [{ curveNumber: curve, pointNumber: point }]);
    this.on.hover?.(pickedValues(this.figure, curve, point), kind, "key"); // plotly tells of the pointer only
    const speak = () => this.at === at && (this.spoken.textContent = labelsOf(this.plot));
    speak();
    this.after(speak, LABEL_MS);
  }

  resize() {
    if (this.held && this.element.clientWidth > 8) this.Plotly.Plots.resize(this.plot);
  }

  /** Nothing is shown any more, and nothing wanted. */
  clear() {
    this.turn += 1;
    this.stale = false;
    this.empty();
    this.say("");
    delete this.element.dataset.state;
  }

  empty() {
    if (this.held) this.Plotly.purge(this.plot);
    Object.assign(this, { figure: null, held: false, at: null, places: new Map(), walk: [] });
    this.ring.hidden = true;
    this.names.replaceChildren();
  }

  /** The chart as it is now, on the surface of the page: address of a picture. format: "png" (as fine as the screen) or "svg". */
  async picture(format) {
    if (!this.figure) throw new Error("The chart is not drawn yet.");
    const { clientWidth: width, clientHeight: height } = this.plot;
    const { showlegend, margin } = this.figure.layout;
    const layout = { ...this.plot.layout, showlegend, margin, paper_bgcolor: readTheme(this.element).surface };
    return this.Plotly.toImage(
      { data: this.plot.data, layout, config: CONFIG },
      { format, width, height, scale: format === "png" ? Math.min(globalThis.devicePixelRatio || 1, 2) : 1 },
    );
  }

  /** What plotly holds, such as a context of WebGL, is let go with the chart. */
  leave() {
    this.clear();
    this.element.remove();
  }
}

/** What the labels beside a point say, line by line. */
function labelsOf(plot) {
  const lines = (label) => Array.from(label.querySelectorAll("tspan.line"), (line) => line.textContent);
  return Array.from(plot.querySelectorAll(".hoverlayer .hovertext"), (label) => lines(label).join(", ") || label.textContent).join(". ");
}
