// @ts-check
// The vector of a code as bars around zero: a figure, made when it comes into sight, and one chart for all codes.

import { Component } from "../component.js";
import { createChart } from "../widgets/chart.js";

/** ask(code, theme) -> as of createChart, of the code that was shown last. */
export class VectorChart extends Component {
  constructor(ask) {
    super();
    this.code = null;
    this.chart = this.part(
      createChart({ label: "The vector of a code, one bar an axis.", className: "dte-card-vector", ask: (theme) => ask(this.code, theme) }),
    );
    this.element = this.chart.element;
  }

  /** Another code is shown. Returns the element. @param {any} code  of anything that tells codes apart */
  show(code) {
    this.code = code;
    this.chart.refresh();
    return this.element;
  }
}
