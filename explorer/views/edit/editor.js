// @ts-check
// The editor without its looks: the open tokens, the history, and one request for the decode at a time.

import { createListeners } from "../kit/wire/bus.js";
import { unpack } from "../kit/wire/encoding.js";
import { clear, did, emptyHistory, historyOf, redone, textOf, undone } from "./history.js";
import { changedByLevel, commonest, differenceOf, patch, rgba, sameGrids } from "./model.js";

const SILENT = "The server gave no answer. Your edits are kept; try again.";

/** request: async (object) -> JSON text. Listeners hear "open", "tokens", "history", "choice", "message". */
export class Editor {
  constructor(request, opening) {
    this.request = request;
    this.opening = opening;
    this.open = null;
    this.history = emptyHistory();
    this.drawn = this.message = "";
    this.choice = { level: 0, codes: [], origin: null, tool: "paint", brush: 1, region: null, source: null };
    this.good = this.history; // the last one that the server could follow
    this.listeners = createListeners();
    this.busy = this.again = false;
  }

  on(callback) {
    return this.listeners.add(callback);
  }

  tell(what) {
    this.listeners.tell(what);
  }

  /** The answer to one question; throws an Error with the server's words, and where they stand. */
  async ask(what, args = {}) {
    let answer;
    try {
      answer = JSON.parse(await this.request({ ...args, what, token: this.opening.token }));
    } catch {
      throw new Error(SILENT);
    }
    if (answer?.ok) return answer;
    throw Object.assign(new Error(answer?.error?.message ?? SILENT), answer?.error);
  }

  /** Fetch the tokens and the decode before any edit. linked: the edits of a link, or "". */
  async start(linked = "") {
    const answer = await this.ask("open");
    const { array, shape } = unpack(answer.base);
    const indices = answer.indices.map((level) => unpack(level).array);
    const grids = answer.grids.map(([rows, cols]) => ({ rows, cols }));
    const { K, combination, reach, placed, modality, place } = answer;
    const base = rgba(array);
    this.open = { grids, same: sameGrids(grids), width: shape[1], height: shape[0], K, combination, reach, placed, modality, place, indices, base };
    this.tokens = {
      indices,
      kept: null,
      picture: base,
      difference: differenceOf(base, base, shape[1], null),
      changed: grids.map(() => []),
      count: 0,
      leftOut: 0,
    };
    this.choice.codes = indices.map(commonest);
    this.history = historyOf(linked);
    this.tell("open");
    if (linked) await this.refresh();
  }

  get text() {
    return textOf(this.history, this.drawn);
  }

  /** The grid of the level that is edited. */
  get grid() {
    return this.open.grids[this.choice.level];
  }

  /** Cells of that grid that are not as they were encoded. */
  get changed() {
    return this.tokens.changed[this.choice.level];
  }

  get code() {
    return this.choice.codes[this.choice.level];
  }

  choose(changes) {
    Object.assign(this.choice, changes);
    this.tell("choice");
  }

  /** The code that is painted with. origin: the patch it was picked from, which has codes of other levels too. */
  pick(code, origin = null) {
    this.choice.codes[this.choice.level] = code;
    this.choose({ origin });
  }

  say(message) {
    this.message = message;
    this.tell("message");
  }

  /** A step that is done. */
  do(step) {
    this.drawn = "";
    this.move(did(this.history, step));
  }

  /** A step while it is being drawn; it counts only with `do`. */
  draw(step) {
    this.drawn = step;
    this.refresh();
  }

  undo() {
    this.move(undone(this.history));
  }

  redo() {
    this.move(redone(this.history));
  }

  reset() {
    this.move(clear(this.history));
  }

  move(history) {
    this.history = history;
    this.say("");
    this.tell("history");
    return this.refresh();
  }

  /** Show what the present edits decode to. One request at a time; what comes meanwhile is asked for after it, once. */
  async refresh() {
    this.again = true;
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.again) {
        this.again = false;
        const { history, text, drawn } = this;
        try {
          this.take(await this.ask("edit", { edits: text }));
          if (!drawn) this.good = history;
        } catch (error) {
          if (this.again) continue;
          this.again = this.failed(error);
        }
      }
    } finally {
      this.busy = false;
      this.tell("rest");
    }
  }

  take(answer) {
    const { width, base, indices: before } = this.open;
    const indices = answer.indices.map((level) => unpack(level).array);
    const kept = answer.kept?.map((level) => unpack(level).array);
    const picture = patch(base, width, answer.box, unpack(answer.pixels).array);
    const leftOut = kept ? kept.reduce((sum, mask) => sum + mask.reduce((n, one) => n + (one === 0), 0), 0) : 0;
    const difference = differenceOf(base, picture, width, answer.box);
    const changed = changedByLevel(before, indices, kept, this.open.same);
    this.tokens = { indices, kept, picture, difference, changed, count: answer.changed, leftOut, window: answer.window };
    this.tell("tokens");
  }

  /** An edit that cannot be is taken back; where the server is silent or has forgotten, the edits stay. -> whether to
   *  decode again what is left. */
  failed(error) {
    this.drawn = "";
    const back = error.field === "edits" && this.history !== this.good;
    if (back) {
      this.history = this.good;
      this.tell("history");
    }
    this.say(error.message);
    return back;
  }
}
