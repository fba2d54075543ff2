// @ts-check
// Series on the compare page: a lane for each column in every pane, the original under what a tokenizer decodes, all on
// one axis of time.

import { drawBase, laneAt, NARROW_PX } from "../kit/draw/series_lanes.js";
import { toTime, toX } from "../kit/draw/time.js";
import { significant } from "../kit/wire/words.js";
import { DrawnPane } from "./drawn_pane.js";

const [AXIS, GAP, WIDE_PX, ROOMY_PX] = [20, 6, 116, 420];
const LANE = 104; // of a pane that is 1000 wide

/** (D, T) with its shape -> one Float32Array a column. Pure. */
export function columnsOf(array) {
  const { shape } = array;
  return Array.from({ length: shape[0] }, (_, place) => array.subarray(place * shape[1], (place + 1) * shape[1]));
}

/** Where the lanes of a pane lie, as `drawBase` takes it. Pure. */
export function paneGeometry(columns, W, H) {
  const each = Math.max(4, (H - AXIS) / columns - GAP);
  const lanes = Array.from({ length: columns }, (_, d) => {
    const top = d * (each + GAP);
    return { top, curve: each, strip: { top: top + each, height: 0 } };
  });
  return { lanes, gutter: W < ROOMY_PX ? NARROW_PX : WIDE_PX, axis: columns * (each + GAP), height: H };
}

/** "+0.12", "−3.4": a difference. Pure. */
const signed = (value) => `${value < 0 ? "−" : "+"}${significant(Math.abs(value))}`;

class LinesPane extends DrawnPane {
  scene(frame) {
    const { columns, rows, rate, values, errors } = this.source;
    const geometry = paneGeometry(columns.length, frame.W, frame.H);
    const named = columns.map((one, place) => ({ ...one, error: errors?.[place] ?? null }));
    return { window: this.span(frame, rows), width: frame.W - geometry.gutter, rows, rate, columns: named, geometry, theme: this.theme, values };
  }

  hit(_x, _y, frame, px, py) {
    if (!this.source) return null;
    const scene = this.scene(frame);
    const column = laneAt(scene.geometry, py);
    const row = Math.floor(toTime(scene.window, px - scene.geometry.gutter, scene.width));
    return column < 0 || px < scene.geometry.gutter || row < 0 || row >= scene.rows ? null : { row, column };
  }

  drawBase(ctx, frame) {
    const scene = this.scene(frame);
    const { original, decoded } = this.source;
    const lines = decoded
      ? [
          { values: original, colour: scene.theme.muted, width: 1 },
          { values: decoded, colour: scene.theme.accent, width: 1.6 },
        ]
      : [{ values: original, colour: scene.theme.ink, width: 1.5 }];
    drawBase(ctx, scene, { lines, level: null, chunk: 1 });
  }

  drawOverlay(ctx, frame) {
    const scene = this.scene(frame);
    const { geometry, window, width, theme } = scene;
    const at = (row) => geometry.gutter + toX(window, row, width);
    if (this.box) {
      const [, left, , wide] = this.box;
      const [from, to] = [left, left + wide].map((x) => Math.min(geometry.gutter + width, Math.max(geometry.gutter, at((x / this.source.unit) * scene.rows))));
      ctx.globalAlpha = 0.12;
      ctx.fillStyle = theme.accent;
      ctx.fillRect(from, 0, Math.max(1, to - from), geometry.axis);
      ctx.globalAlpha = 1;
    }
    const { mark } = this;
    if (!mark) return;
    const x = at(mark.row + 0.5);
    if (x < geometry.gutter || x > geometry.gutter + width) return;
    ctx.fillStyle = theme.ink;
    ctx.globalAlpha = 0.6;
    ctx.fillRect(Math.round(x), 0, 1, geometry.axis);
    ctx.globalAlpha = 1;
    geometry.lanes.forEach(({ top, curve }, place) => {
      const { low, high } = scene.columns[place];
      const value = (this.source.decoded ?? this.source.original)[place][mark.row];
      ctx.beginPath();
      ctx.arc(x, top + 2 + ((high - value) / (high - low)) * (curve - 4), place === mark.column ? 4 : 2.5, 0, 2 * Math.PI);
      ctx.fill();
    });
  }
}

/** See `openDrawn`. */
export function linesOf({ drawn, width, panes }) {
  const values = Object.fromEntries(Object.entries(drawn.values).map(([id, array]) => [id, columnsOf(array)]));
  const { rows, rate, columns, errors, left } = drawn;
  const original = values[""];
  const ids = panes.map(({ tokenizer }) => tokenizer);
  const base = { unit: width, rows, rate, columns, original };
  const when = (row) => (rate ? `${(row / rate).toFixed(2)} s` : `row ${(row + 1).toLocaleString("en-US")}`);
  return {
    ...{ width, height: width, ids, original: true, first: "Original", blind: true, Pane: LinesPane },
    ratio: Math.min(2.2, 1000 / Math.max(400, LANE * columns.length)),
    get: (id) => (id === "" ? { ...base, decoded: null, errors: null } : { ...base, decoded: values[id], errors: errors[id] }),
    hint: `Point at a column to read it in all panes; under each name is its root mean square error.${left ? ` The last ${left.toLocaleString("en-US")} rows are measured, and not drawn.` : ""}`,
    say({ row, column }, title) {
      const { name, unit } = columns[column];
      const was = original[column][row];
      const each = ids.map((id) => `${title(id)} ${significant(values[id][column][row])} (${signed(values[id][column][row] - was)})`);
      return `${when(row)}, ${name}${unit ? ` in ${unit}` : ""}: original ${significant(was)} · ${each.join(" · ")}`;
    },
    markOf: (row) => (row < rows ? { row, column: 0 } : null),
    worst: ({ worst: [, at, , wide] }) => ({ label: "worst stretch", box: [0, at, 1, wide] }),
  };
}
