// @ts-check
// What the browser keeps of a run: curves, heatmap columns and events, merged from what each pull brings and thinned
// when the server doubles its stride. Pure, apart from holding the data.

import { unpack } from "../wire/encoding.js";

const NEWEST_EVENTS = 300;

/** Rows of equal width in one growing array; `array` is what is filled. */
export class Rows {
  constructor(Type, width) {
    this.Type = Type;
    this.width = width;
    this.length = 0;
    this.buffer = new Type(64 * width);
  }

  get array() {
    return this.buffer.subarray(0, this.length * this.width);
  }

  push(values) {
    const needed = this.length * this.width + values.length;
    if (needed > this.buffer.length) {
      const larger = new this.Type(Math.max(needed, 2 * this.buffer.length));
      larger.set(this.array);
      this.buffer = larger;
    }
    this.buffer.set(values, this.length * this.width);
    this.length += values.length / this.width;
  }

  /** Keep the rows for which keep(i) is true. */
  filter(keep) {
    let to = 0;
    for (let i = 0; i < this.length; i++) {
      if (!keep(i)) continue;
      if (to !== i) this.buffer.copyWithin(to * this.width, i * this.width, (i + 1) * this.width);
      to += 1;
    }
    this.length = to;
  }
}

/** The steps to keep: multiples of the stride, and the newest, which may be off stride. -> (i) => boolean */
function onStride(stepOf, length, stride) {
  return (i) => i === length - 1 || stepOf(i) % stride === 0;
}

export class CurveStore {
  /** part: {names, labels, units, kinds, stride, rows} as pulled. */
  merge(part) {
    if (!part || (this.rows && !part.rows.shape[0] && part.stride === this.facts.stride)) return;
    this.cached = null;
    const { rows, ...facts } = part;
    const width = 1 + facts.names.length;
    if (!this.rows || this.rows.width !== width) this.rows = new Rows(Float32Array, width);
    this.facts = facts;
    const stepOf = (i) => this.rows.buffer[i * width];
    const { array } = unpack(rows);
    if (array.length) {
      const first = array[0];
      this.rows.filter((i) => stepOf(i) < first); // a step that comes again replaces what was there
      if (this.rows.length && stepOf(this.rows.length - 1) % facts.stride) this.rows.length -= 1; // the newest no more
      this.rows.push(array);
    }
    this.rows.filter(onStride(stepOf, this.rows.length, facts.stride));
  }

  get newest() {
    return this.rows?.length ? this.rows.buffer[(this.rows.length - 1) * this.rows.width] : -1;
  }

  /** {names, labels, units, kinds, stride, rows: {array, shape}}; column 0 is the step. */
  get view() {
    if (!this.rows) return null;
    this.cached ??= { ...this.facts, rows: { array: this.rows.array, shape: [this.rows.length, this.rows.width] } };
    return this.cached; // one object until something is new: panels then know that they need not draw
  }
}

export class HeatStore {
  /** part: {stride, steps, counts, state} as pulled: one row of K values a column of the map. */
  merge(part) {
    if (!part || (this.steps && !part.steps.length && part.stride === this.stride)) return;
    this.cached = null;
    const [counts, state] = [unpack(part.counts), unpack(part.state)];
    const K = counts.shape[1];
    if (!this.steps || (part.steps.length && this.counts.width !== K)) {
      this.steps = [];
      this.counts = new Rows(Float32Array, K);
      this.state = new Rows(Uint8Array, K);
    }
    this.stride = part.stride;
    if (part.steps.length) {
      this.keep((i) => this.steps[i] < part.steps[0]);
      const last = this.steps.length - 1;
      if (last >= 0 && this.steps[last] % part.stride) this.keep((i) => i < last);
      for (const step of part.steps) this.steps.push(step);
      this.counts.push(counts.array);
      this.state.push(state.array);
    }
    this.keep(onStride((i) => this.steps[i], this.steps.length, part.stride));
  }

  keep(test) {
    const kept = this.steps.map((_, i) => test(i));
    if (kept.every(Boolean)) return;
    this.counts.filter((i) => kept[i]);
    this.state.filter((i) => kept[i]);
    this.steps = this.steps.filter((_, i) => kept[i]);
  }

  get newest() {
    return this.steps?.length ? this.steps[this.steps.length - 1] : -1;
  }

  /** {stride, steps, counts: {array, shape}, state: {array, shape}}. */
  get view() {
    if (!this.steps) return null;
    const packRows = (rows) => ({ array: rows.array, shape: [rows.length, rows.width] });
    const { stride, counts, state } = this;
    this.cached ??= { stride, steps: [...this.steps], counts: packRows(counts), state: packRows(state) };
    return this.cached;
  }
}

export class EventStore {
  constructor() {
    this.view = { total: 0, rows: [] };
  }

  /** part: {total, rows: [[id, ...]]}; ids grow. */
  merge(part) {
    if (!part || (part.total === this.view.total && !part.rows.length)) return;
    const fresh = part.rows.filter((row) => row[0] > this.newest).sort((a, b) => a[0] - b[0]);
    this.view = { total: part.total, rows: [...this.view.rows, ...fresh].slice(-NEWEST_EVENTS) };
  }

  get newest() {
    return this.view.rows.at(-1)?.[0] ?? -1;
  }
}

const PACKED = ["z", "codes", "indices", "counts", "silent", "state", "gradient", "won", "lag"];

/** A frame as pulled, its packed arrays read once: {array, shape} each. */
export function readFrame(frame) {
  if (!frame) return null;
  const read = { ...frame };
  for (const name of PACKED) if (frame[name]) read[name] = unpack(frame[name]);
  if (frame.pictures) {
    const { inputs, outputs } = frame.pictures;
    read.pictures = { ...frame.pictures, inputs: unpack(inputs), outputs: unpack(outputs) };
  }
  if (frame.kept) read.kept = { ...frame.kept, numbers: unpack(frame.kept.numbers) };
  return read;
}

/** Everything of one side of an A/B, or of the only run. */
export class SideStore {
  constructor() {
    this.frame = null;
    this.curves = new CurveStore();
    this.heat = new HeatStore();
    this.events = new EventStore();
    this.ticks = [];
    this.diagnosis = [];
    this.judged = this.moment = this.ceiling = null;
    this.problem = ""; // why its frame cannot be shown
  }

  /** -> whether a new frame came. */
  merge(part) {
    this.curves.merge(part.curves);
    this.heat.merge(part.heat);
    this.events.merge(part.events);
    for (const name of ["ticks", "diagnosis", "judged", "moment", "ceiling"]) {
      if (part[name] !== undefined && JSON.stringify(part[name]) !== JSON.stringify(this[name])) this[name] = part[name];
    }
    this.problem = part.problem ?? "";
    if (!part.frame) return false;
    this.frame = readFrame(part.frame);
    return true;
  }
}
