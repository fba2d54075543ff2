// @ts-check
// The sphere of three chosen bits: a chart in space, turned by mouse, finger and arrow keys; a corner holds its codes together.

import { Component } from "../../kit/component.js";
import { createChart } from "../../kit/widgets/chart.js";
import { codesOfCorner, cornerName, cornerOf, turnBy } from "./turn.js";

const KEY_TURN = 0.12; // radians
const CIRCLE = 30; // diameter of what lights a corner, on the scale of the corners
const NARROW_PX = 480; // as on a phone: below it the sphere gets the room of what stands around it
const NEARER = 0.58; // of the distance of the eye
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
        ask: async (theme) => this.fit(withCircle(await ask(theme))),
        on: { pick: ([corner], kind) => kind === "corner" && this.choose(corner), lit: (code) => this.light(code), shown: () => (this.home = null) },
        key: (key) => this.key(key),
      }),
    );
    this.element = this.chart.element;
    this.element.setAttribute("aria-label", LABEL);
    this.onResize(this.element, () => this.map && this.narrow !== this.isNarrow() && this.chart.refresh());
  }

  isNarrow() {
    return this.element.clientWidth < NARROW_PX;
  }

  fit(answer) {
    this.narrow = this.isNarrow();
    return this.narrow ? { ...answer, figure: enlarge(answer.figure) } : answer;
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
      Plotly.relayout(plot, { "scene.camera": { ...now, eye: turnBy(now.eye, ...WAYS[key]) } });
    } else return false;
    return true;
  }

  /** A circle around the corner of the lit code; nothing is drawn where it stays the same one. */
  light(code) {
    const corner = code === null || !this.map ? -1 : cornerOf(code, this.map.chosen, this.map.bits);
    const { Plotly, plot, figure } = this.chart;
    const corners = figure.data.find((trace) => trace.customdata !== undefined);
    if (corner === (this.home ?? -1) || !corners) return;
    this.home = corner;
    const at = (axis) => [corner < 0 ? [] : [corners[axis][corner]]];
    Plotly.restyle(plot, { x: at("x"), y: at("y"), z: at("z") }, [figure.data.length - 1]);
    this.element.dataset.lit = corner < 0 ? "" : cornerName(corner);
  }
}

/** The figure with the sphere as large as a narrow place allows: the scale lies below it, the axes, whose bits are chosen above
 *  it, have no titles, and the eye is nearer. Pure. @param {any} figure */
export function enlarge({ data, layout }) {
  const { scene } = layout;
  const eye = Object.fromEntries(Object.entries(scene.camera.eye).map(([axis, at]) => [axis, NEARER * at]));
  const bare = (axis) => ({ ...scene[axis], title: { text: "" }, showticklabels: false });
  const flat = { orientation: "h", x: 0.5, y: 0, yanchor: "bottom", len: 0.8 };
  const laid = ({ marker, ...trace }) => {
    const { colorbar } = marker ?? {};
    if (!colorbar) return marker ? { ...trace, marker } : trace;
    return { ...trace, marker: { ...marker, colorbar: { ...colorbar, ...flat, title: { ...colorbar.title, side: "top" } } } };
  };
  const axes = { xaxis: bare("xaxis"), yaxis: bare("yaxis"), zaxis: bare("zaxis") };
  const room = { domain: { x: [0, 1], y: [0.16, 1] } };
  const margin = { ...layout.margin, t: 0 };
  return { data: data.map(laid), layout: { ...layout, margin, scene: { ...scene, ...axes, ...room, camera: { ...scene.camera, eye } } } };
}

/** The figure with what lights up, as its last series: nothing as yet. */
function withCircle(answer) {
  const color = answer.figure.data.find((trace) => trace.customdata !== undefined)?.marker.line.color;
  const marker = { symbol: "circle-open", size: CIRCLE, color, opacity: 1, line: { width: 4, color } };
  const none = { x: [], y: [], z: [], hoverinfo: "skip", meta: { pick: false }, showlegend: false };
  return { ...answer, figure: { ...answer.figure, data: [...answer.figure.data, { type: "scatter3d", mode: "markers", marker, ...none }] } };
}
