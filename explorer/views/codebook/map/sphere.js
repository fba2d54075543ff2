// @ts-check
// The sphere of three chosen bits: a chart in space, turned by mouse, finger and arrow keys; a corner holds its codes together.

import { Component } from "../../kit/component.js";
import { createChart } from "../../kit/widgets/chart.js";
import { codesOfCorner, cornerName, cornerOf, turned } from "./turn.js";

const KEY_TURN = 0.12; // radians
const WAYS = { ArrowLeft: [-KEY_TURN, 0], ArrowRight: [KEY_TURN, 0], ArrowUp: [0, KEY_TURN], ArrowDown: [0, -KEY_TURN] };
const LABEL = "Sphere of three bits. Arrow keys turn it, Home turns it back, the keys 1 to 8 choose a corner.";

/** ask(theme) as of createChart. on.corner(codes, name): a corner was chosen. */
export class Sphere extends Component {
  constructor(ask, on) {
    super();
    this.on = on;
    this.map = this.home = null;
    this.chart = this.part(
      createChart({
        label: LABEL,
        className: "cm-sphere",
        ask,
        on: { pick: ([corner], kind) => kind === "corner" && this.choose(corner), lit: (code) => this.light(code), shown: () => (this.home = null) },
        key: (key) => this.key(key),
      }),
    );
    this.element = this.chart.element;
    this.element.setAttribute("aria-label", LABEL);
  }

  /** map: {chosen: [3 bits], bits}. */
  show(map) {
    this.map = map;
    this.chart.refresh();
  }

  choose(corner) {
    this.on.corner(codesOfCorner(corner, this.map.chosen, this.map.bits), cornerName(corner));
  }

  key(key) {
    const { Plotly, plot, figure } = this.chart;
    if (key >= "1" && key <= "8" && this.map) this.choose(Number(key) - 1);
    else if (!figure) return false;
    else if (key === "Home") Plotly.relayout(plot, { "scene.camera": figure.layout.scene.camera });
    else if (key in WAYS) {
      const now = plot._fullLayout.scene._scene.getCamera();
      Plotly.relayout(plot, { "scene.camera": { ...now, eye: turned(now.eye, ...WAYS[key]) } });
    } else return false;
    return true;
  }

  /** The corner of the lit code gets a thicker edge; nothing is drawn where it stays the same one. */
  light(code) {
    const corner = code === null || !this.map ? -1 : cornerOf(code, this.map.chosen, this.map.bits);
    const { Plotly, plot, figure } = this.chart;
    const curve = figure.data.findIndex((trace) => trace.customdata !== undefined);
    if (corner === (this.home ?? -1) || curve < 0) return;
    this.home = corner;
    const { color, width } = figure.data[curve].marker.line;
    Plotly.restyle(
      plot,
      {
        "marker.line.width": [corner < 0 ? width : 3],
        text: [figure.data[curve].text.map((text, i) => (i === corner ? `<b>▸ ${text}</b>` : text))],
        "marker.line.color": [color],
      },
      [curve],
    );
  }
}
