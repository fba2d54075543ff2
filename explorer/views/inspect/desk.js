// @ts-check
// What the Inspect page asks Python: without a screen, so that it can be tested by itself. A choice has a turn; an answer
// that belongs to an earlier one is dropped, and of two questions of one kind only the newest is shown.

import { Component } from "../kit/component.js";

const AGAIN_MS = 500;
/** The parts of a value or an answer, with what several of them show back in its places: it is sent once (page.py). Pure.
 *  @param {{parts: Record<string, string>, shared?: Record<string, string>}} sent */
export function whole({ parts, shared = {} }) {
  const put = (/** @type {string} */ text) => Object.entries(shared).reduce((now, [name, url]) => now.split(name).join(url), text);
  return Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, put(text)]));
}

const SILENT = "The server gave no answer. It may have been stopped: start it again, then try again.";

/**
 * @typedef {object} DeskOptions
 * @property {(request: object) => Promise<any>} ask  -> JSON text
 * @property {(parts: Record<string, string>) => void} show  values by name of part
 * @property {(text: string) => void} say  what could not be, "" for nothing
 * @property {number} [again]  ms between two questions how far a map is
 */

export class Desk extends Component {
  #token = "";
  turn = -1; // of the choice that is shown
  /** @type {Record<string, object>} */
  #newest = {};

  /** @param {DeskOptions} options */
  constructor({ ask, show, say, again = AGAIN_MS }) {
    super();
    this.ask = ask;
    this.show = show;
    this.say = say;
    this.again = again;
  }

  /** Another choice, whole: its maps come when they are made, and where no code is chosen the card of the first. */
  take({ token, turn, parts, shared, chosen }) {
    this.#token = token;
    this.turn = turn;
    this.say("");
    this.show(whole({ parts, shared }));
    if (!chosen) this.#get("card", { first: true });
    return this.#get("maps");
  }

  /** What a link names may be asked for next; nothing is shown of it yet, nor said. @param {string} query */
  async prepare(query) {
    try {
      await this.ask({ what: "prepare", token: this.#token, query });
    } catch {
      // then it takes its time when it is asked for
    }
  }

  /** A view tells what people did. @param {string} name @param {any} payload */
  told(name, payload) {
    const { level, code, token: position, mode, kind } = payload;
    if (name === "select") return this.#get("card", { level, code, position });
    if (name === "levels") return this.#get("levels", { level, mode });
    if (name === "export") return this.#get("export", { kind, level });
    if (name === "umap") return this.#follow();
    return undefined;
  }

  /** A figure of what is shown, or its numbers, as createChart takes it: rejects with an error that has `stale` where that has changed,
   *  and with `field` where the server refuses. @param {string} name @param {object} args */
  async figure(name, args) {
    const answer = await this.#asked(name, args);
    if (!answer) throw Object.assign(new Error("something else is shown by now"), { stale: true });
    return answer;
  }

  /** The answer, or null where it came too late. Throws an Error in the server's words. */
  async #asked(what, args = {}) {
    const { turn } = this;
    let answer;
    try {
      answer = JSON.parse(await this.ask({ ...args, what, token: this.#token, turn }));
    } catch {
      answer = null;
    }
    if (this.disposed || turn !== this.turn || answer?.error?.field === "turn") return null; // of another choice, or one is coming
    if (!answer) throw new Error(SILENT);
    if (!answer.ok) throw Object.assign(new Error(answer.error.message), { field: answer.error.field });
    return answer;
  }

  /** Ask, and show the parts of the answer; what cannot be is said, and what is shown stays. */
  async #get(what, args = {}) {
    const mine = {};
    this.#newest[what] = mine;
    let [answer, words] = [null, ""];
    try {
      answer = await this.#asked(what, args);
    } catch (error) {
      words = error.message;
    }
    if (this.#newest[what] !== mine || (!answer && !words)) return null; // a newer one overtook it, or a choice
    this.say(words);
    if (answer) this.show(whole(answer));
    return answer;
  }

  /** A UMAP takes seconds: ask how far it is until it is there, or something else is shown. */
  async #follow() {
    for (let have = 0; ; ) {
      const answer = await this.#get("umap", { have });
      if (!answer?.busy) return;
      have = answer.have;
      await new Promise((done) => this.after(() => done(null), this.again));
    }
  }
}
