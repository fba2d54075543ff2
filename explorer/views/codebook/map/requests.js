// @ts-check
// Asking for maps: answers are kept for the level on screen, slow ones are asked for again until they are there.

const AGAIN_MS = 500;
const QUIET_MS = 180; // a quick answer needs no word about it
const KEPT = 16;

/** ask(what, args) -> Promise as on the bus; wait(ms) -> Promise, for tests. */
export class Requests {
  constructor(bus, wait = (ms) => new Promise((done) => setTimeout(done, ms))) {
    this.bus = bus;
    this.wait = wait;
    this.kept = new Map();
    this.wish = null;
  }

  /** Nothing is waited for any longer. */
  drop() {
    this.wish = null;
  }

  /** args: {kind, level, ...}; scope: an object that stands for the opened level. busy(share | null) while it takes
   *  long. -> the answer, or null where something else was wished for meanwhile. */
  async get(args, scope, busy) {
    const wish = (this.wish = {});
    if (this.scope !== scope) this.kept.clear();
    this.scope = scope;
    const key = JSON.stringify(args);
    if (this.kept.has(key)) return this.kept.get(key);
    let waiting = true;
    this.wait(QUIET_MS).then(() => waiting && this.wish === wish && busy(null));
    try {
      for (;;) {
        const answer = await this.bus.ask("map", args);
        if (this.wish !== wish) return null;
        if (answer.busy === undefined || answer.busy === null) return this.keep(key, answer);
        waiting = false;
        busy(answer.busy);
        await this.wait(AGAIN_MS);
        if (this.wish !== wish) return null;
      }
    } catch (error) {
      if (this.wish !== wish) return null;
      throw error;
    } finally {
      waiting = false;
      if (this.wish === wish) this.wish = null; // nothing is waited for any longer
    }
  }

  /** What is shown while the wish takes its time; null once it is there, or something else was wished for. */
  async meanwhile(args) {
    const { wish } = this;
    const key = JSON.stringify(args);
    const answer = this.kept.get(key) ?? (await this.bus.ask("map", args));
    return wish && this.wish === wish ? this.keep(key, answer) : null;
  }

  keep(key, answer) {
    this.kept.set(key, answer);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    return answer;
  }
}
