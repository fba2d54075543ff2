// @ts-check
// The line between the page and its runner: pulls what is new, at most 30 times a second and one request at a time,
// keeps it in stores, and carries what the visitor does. Panels see `act` and views, never the server.

import { readFrame, SideStore } from "./stores.js";

const HIDDEN_MS = 1000; // between looks whether the page is shown again
const QUIET_MS = 250; // between pulls while nothing happens
const RETRY_MS = [500, 1000, 2000, 4000]; // after failed requests in a row
const SLACK_MS = 3; // timers come a little late

/** How long to wait from one pull to the next. restMs: while nothing happens. */
export function pace({ failures, playing, changed, perSecond, ended, restMs = QUIET_MS }) {
  if (ended) return RETRY_MS.at(-1);
  if (failures > 0) return RETRY_MS[Math.min(failures, RETRY_MS.length) - 1];
  return playing || changed ? 1000 / Math.min(perSecond || 30, 30) - SLACK_MS : restMs;
}

const browser = {
  now: () => performance.now(),
  hidden: () => document.hidden,
  later: (callback, wait) => setTimeout(callback, wait), // not an animation frame: those would lay out the page 60 times a second
  cancel: (timer) => clearTimeout(timer),
};

/** onChange(what): {frame, status, settings, scrub} say what is new. `wish()` -> {level, scrub, idle_s} is asked
 *  before each pull. `clock` is for tests. */
export function createLink(options) {
  return new Link(options);
}

class Link {
  constructor({ server, token, onChange, wish = () => ({ level: 0, scrub: null, idle_s: 0 }), clock = browser }) {
    this.server = server;
    this.token = token;
    this.onChange = onChange;
    this.wish = wish;
    this.clock = clock;
    this.run = this.status = null;
    this.level = 0;
    this.sides = [];
    this.settings = [];
    this.problem = this.message = "";
    this.lost = ""; // why the moment that is asked for cannot be shown
    this.failures = 0;
    this.changed = true;
    this.sentAt = -Infinity;
    this.busy = this.running = false;
    this.past = this.seeking = null;
    /** @type {Promise<void> | null} */
    this.waiting = null; // for a run that is still being opened; what is asked of it comes after
    this.act = (action, args) => this.send(action, args);
  }

  start() {
    this.running = true;
    this.arm();
  }

  stop() {
    this.running = false;
    this.clock.cancel(this.timer);
  }

  /** Show what a run begins with that is still being opened, {settings, sides} as of a pull, until it has begun. */
  showFirst({ settings, sides }) {
    this.settings = settings;
    this.sides = sides.map((part) => {
      const side = new SideStore();
      side.merge(part);
      return side;
    });
    this.waiting = this.begin();
  }

  async begin() {
    const answer = await this.ask("begun");
    this.waiting = null;
    this.message = answer.error?.message ?? answer.message;
    if (answer.error) this.token = ""; // there is no run; what it would have begun with stays on the page
    this.wake();
    this.onChange({ status: true, problem: true, frame: true });
  }

  /** Pull as soon as the request in flight is back, whatever the pace. */
  wake() {
    this.sentAt = -Infinity;
    this.arm();
  }

  /** The next tick comes when it is due. */
  arm() {
    if (!this.running) return;
    this.clock.cancel(this.timer);
    const wait = this.token && !this.waiting ? Math.max(0, this.due()) : QUIET_MS;
    this.timer = this.clock.later(() => this.tick(), this.clock.hidden() ? HIDDEN_MS : wait);
  }

  /** Milliseconds until the next pull. */
  due() {
    const { failures, changed, status } = this;
    const { playing, max_frames_per_second: perSecond, ended, rest_ms: rest } = status ?? {};
    return this.sentAt + pace({ failures, changed, playing, ended: Boolean(ended), perSecond, restMs: rest ?? QUIET_MS }) - this.clock.now();
  }

  tick() {
    if (this.busy) return; // its end ticks again
    if (this.token && !this.waiting && !this.clock.hidden() && this.due() <= 0) this.pull();
    else this.arm();
  }

  /** The newest of each store that every side has. */
  after() {
    const least = (read) => (this.sides.length ? Math.min(...this.sides.map(read)) : -1);
    return {
      run: this.run,
      curve: least((side) => side.curves.newest),
      heat: least((side) => side.heat.newest),
      event: least((side) => side.events.newest),
    };
  }

  async pull() {
    this.busy = true;
    this.sentAt = this.clock.now();
    const { level, scrub, idle_s } = this.wish();
    const after = this.after();
    if (level !== this.level) {
      this.forgetLevel(level);
      after.run = null; // everything anew: the server sends a frame once, and has sent this one of the other level
    }
    const token = this.token;
    let what = {};
    try {
      const request = { token, after, level, want_frame: scrub === null, scrub, idle_s };
      const answer = JSON.parse(await this.server.lab_pull(request));
      this.failures = 0;
      if (token === this.token) what = this.take(answer);
    } catch (error) {
      what = this.failed(error);
    }
    this.busy = false;
    this.tick(); // the next request is on its way while this one's frame is drawn
    this.onChange(what);
  }

  /** The heatmap is of one level, so another level starts it anew. */
  forgetLevel(level) {
    this.level = level;
    for (const side of this.sides) side.heat = new side.heat.constructor();
  }

  /** Merge an answer; returns what is new. */
  take(answer) {
    const before = this.status;
    const ended = Boolean(answer.status?.ended); // what was seen last stays on the page
    const over = ended && !before?.ended; // said at once: the next answer is seconds away
    const what = { frame: false, status: false, settings: false, problem: this.problem !== "" || over, run: false };
    this.problem = answer.error?.message ?? "";
    if (answer.run !== undefined && answer.run !== this.run && !ended) {
      Object.assign(this, { run: answer.run, sides: [], past: null });
      what.run = true;
    }
    if (answer.status) this.status = answer.status;
    what.status = JSON.stringify(before) !== JSON.stringify(this.status);
    what.settings = this.takeSettings(answer.settings);
    const parts = answer.sides ?? [];
    if (parts.length) this.sides.length = Math.min(this.sides.length, parts.length);
    parts.forEach((part, i) => {
      this.sides[i] ??= new SideStore();
      what.frame = this.sides[i].merge(part) || what.frame;
    });
    const more = parts.some((part) => part.heat?.steps.length); // it comes in portions
    this.changed = what.frame || what.run || what.settings || more;
    return what;
  }

  takeSettings(settings) {
    if (!settings?.length) return false;
    this.settings = settings;
    return true;
  }

  failed(error) {
    console.error("the lab's request failed", error);
    this.failures += 1;
    this.problem = "The server does not answer; the page keeps trying. What you see may be old.";
    return { problem: true };
  }

  /** The server's answer, whose `error` is null or {field, message}. Never rejects. */
  async ask(action, args = {}) {
    try {
      return JSON.parse(await this.server.lab_do({ ...args, token: this.token, action }));
    } catch (error) {
      console.error(`the lab's action ${action} failed`, error);
      return { ok: false, error: { field: null, message: "The server did not answer. Try again." } };
    }
  }

  /** Do something; resolves with the answer as of `ask`. */
  async send(action, args = {}) {
    if (this.waiting) await this.waiting;
    if (!this.token) return { ok: false, error: { field: null, message: this.message } };
    const answer = await this.ask(action, args);
    if (answer.token) Object.assign(this, { token: answer.token, message: answer.message ?? "", run: null }); // another runner
    if (answer.status) this.status = answer.status;
    const settings = this.takeSettings(answer.settings);
    this.changed = true;
    this.wake();
    this.onChange({ status: true, settings, problem: true });
    return answer;
  }

  /** Show the frame kept nearest to `step` (null: now). One request at a time; of several wishes the last counts. */
  async seek(step) {
    this.wanted = step;
    if (step === null) {
      this.past = null;
      this.lost = "";
      this.wake();
      return this.onChange({ scrub: true });
    }
    if (this.seeking) return this.seeking;
    this.seeking = (async () => {
      let shown = null;
      while (this.wanted !== null && this.wanted !== shown) {
        shown = this.wanted;
        const answer = await this.send("frame", { step: shown, level: this.wish().level });
        this.lost = answer.error?.message ?? "";
        if (this.lost) this.onChange({ scrub: true, problem: true });
        if (this.wanted === null || !answer.sides) break;
        this.past = answer.sides.map((side) => readFrame(side.frame));
        this.onChange({ scrub: true, frame: true });
      }
      this.seeking = null;
    })();
    return this.seeking;
  }

  /** What a panel of one side draws. */
  view(i) {
    const side = this.sides[i];
    const frame = (this.past ? this.past[i] : side?.frame) ?? null;
    return {
      frame,
      past: this.past !== null,
      curves: side?.curves.view ?? null,
      heat: side?.heat.view ?? null,
      events: side?.events.view ?? null,
      ticks: side?.ticks ?? [],
      diagnosis: side?.diagnosis ?? [],
      judged: side?.judged ?? null,
      moment: side?.moment ?? null,
      ceiling: side?.ceiling ?? null,
      status: this.status,
      refused: !this.token && !this.waiting,
      settings: this.settings[i] ?? this.settings[0] ?? null,
      bothSettings: this.settings,
      run: this.run,
      side: i,
    };
  }
}
