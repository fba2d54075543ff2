// @ts-check
// Where the points of a drawn chart are on the screen, and what is under a pointer: from plotly's own axes. Pure.

const AXIS = /^([xy])(\d*)$/;
const THIN_PX = 3; // a lit bar is never thinner
const EDGE_PX = 1;

const axisOf = (layout, name) => layout?.[name.replace(AXIS, "$1axis$2")];

/** Bars, and a line of steps that is filled to the ground: {from, to} across and [ground, top] of one; null of others. */
function standing(trace, layout, column) {
  const steps = trace.type !== "bar" && trace.line?.shape === "hvh" && trace.fill === "tozeroy";
  if (trace.type !== "bar" && !steps) return null;
  const { width } = trace;
  const wide = steps ? 1 : (width?.[column] ?? width ?? 1 - (layout.bargap ?? 0));
  return { from: trace.x[column] - wide / 2, to: trace.x[column] + wide / 2 };
}

/**
 * Where a point of a plane chart is within its element; null where it has no place or lies outside.
 * -> {left, top}: its middle; of a bar {left, top, width, height}: its box, no thinner than can be seen.
 * @param {any} plot the element that plotly drew into
 * @param {{curve: number, point: number | number[]}} place
 */
export function placeOf(plot, { curve, point }) {
  const { data, _fullLayout: layout } = plot;
  const trace = data[curve];
  const [across, up] = [axisOf(layout, trace.xaxis ?? "x"), axisOf(layout, trace.yaxis ?? "y")];
  if (!across?.d2p || !up?.d2p) return null;
  const [column, row] = Array.isArray(point) ? [point[1], point[0]] : [point, point];
  const box = standing(trace, layout, column);
  if (box) return boxOf(across, up, box, trace.y[row]);
  const at = { left: across._offset + across.d2p(trace.x[column]), top: up._offset + up.d2p(trace.y[row]) };
  return within(across, at.left) && within(up, at.top) ? at : null;
}

function boxOf(across, up, { from, to }, value) {
  const [a, b] = [across._offset + across.d2p(from), across._offset + across.d2p(to)];
  const middle = (a + b) / 2;
  if (!within(across, middle)) return null;
  const ground = up.type === "log" ? up._length : up.d2p(0);
  const top = up.d2p(value);
  if (![top, ground].every(Number.isFinite)) return null;
  const width = Math.max(Math.abs(b - a), THIN_PX);
  return { left: middle - width / 2, top: up._offset + Math.min(top, ground), width, height: Math.max(Math.abs(ground - top), EDGE_PX) };
}

const within = ({ _offset, _length }, at) => at >= _offset - EDGE_PX && at <= _offset + _length + EDGE_PX;

/**
 * The place along the first axis under a pointer, in the axis's own values; null beside the plot. In whole pixels, as a
 * click is told: what lights up under the pointer, what plotly's label says and what a click takes are then one point.
 * @param {any} plot
 * @param {{clientX: number, clientY: number}} event
 */
export function valueUnder(plot, { clientX, clientY }) {
  const { xaxis, yaxis } = plot._fullLayout ?? {};
  if (!xaxis?.p2d) return null;
  const { left, top } = plot.getBoundingClientRect();
  const [x, y] = [Math.floor(clientX) - left - xaxis._offset, Math.floor(clientY) - top - yaxis._offset];
  return x >= 0 && x <= xaxis._length && y >= 0 && y <= yaxis._length ? xaxis.p2d(x) : null;
}
