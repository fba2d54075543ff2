// @ts-check
// The log of reseeds as a table, newest first: step, code, by which strategy, from where, and whether it had been in vain.

import { Component } from "../component.js";
import { GAP_MS, memory, throttle } from "../stage/pace.js";
import { numberOf, rowOfCode } from "./about.js";
import { furnish } from "./panel.js";
import { h, say, toggle } from "../widgets/dom.js";
import { countOf, percent, whole } from "../wire/format.js";

const MOST_ROWS = 200;
const NEW_VECTOR = {
  random_latent: "put on a random latent",
  hard_example: "put on one of the worst-served latents",
  reservoir: "put on a latent of the reservoir",
  expired: "expired, and replaced by the library",
  moved: "found at another place",
};

/** A row of the store, [id, step, level, code, strategy, source, died_again], as an object. */
export function readEvent([id, step, level, code, strategy, source, diedAgain]) {
  return { id, step, level, code, strategy, source, diedAgain: Boolean(diedAgain) };
}

/** "put on a random latent", "split from code 4" */
export function originWords({ strategy, source }) {
  if (strategy === "split") return `split from code ${source}`;
  return NEW_VECTOR[strategy] ?? `given a new vector (${String(strategy).replaceAll("_", " ")})`;
}

/** The whole sentence: "step 120: code 17 of level 1 put on a random latent; it had been reseeded before, and had died again" */
export function eventWords(event, levels = 1) {
  const place = levels > 1 ? ` of level ${event.level + 1}` : "";
  const again = event.diedAgain ? "; it had been reseeded before, and had died again" : "";
  return `step ${whole(event.step)}: code ${event.code}${place} ${originWords(event)}${again}`;
}

/** Newest first, at most MOST_ROWS; only those that died again if asked. */
export function listEvents(rows, onlyAgain) {
  const found = [];
  for (let i = rows.length - 1; i >= 0 && found.length < MOST_ROWS; i--) {
    if (!onlyAgain || rows[i][6]) found.push(readEvent(rows[i]));
  }
  return found;
}

/** "1,204 reseeds in all; 37 of the newest 300 (12%) were of codes that had been reseeded before, and had died again." */
export function countWords(events) {
  const known = events?.rows.length ?? 0;
  const total = events?.total ?? 0;
  if (total === 0) return "No code was reseeded so far.";
  const again = events.rows.filter((row) => row[6]).length;
  const all = known < total ? `the newest ${whole(known)}` : "them";
  return `${countOf(total, "reseed")} in all; ${whole(again)} of ${all} (${percent(again, known)}) of a code that had been reseeded before, and had died again.`;
}

export function createEvents(root, env) {
  return new Events(root, env);
}

class Events extends Component {
  constructor(root, env) {
    super();
    this.env = env;
    this.view = this.seen = null;
    this.onlyAgain = false;
    this.shown = new Map();
    this.same = memory();
    this.body = h("tbody", {});
    this.empty = h("p", { class: "dte-lp-none" }, "Reseeds appear here: which code, by which strategy, from where.");
    const only = toggle("Only died again", "Only codes that had been reseeded before", false, (on) => {
      this.onlyAgain = on;
      this.fill();
    });
    const heads = ["Step", "Code", "What happened"].map((text) => h("th", { scope: "col" }, text));
    this.table = h("table", { "aria-label": "Reseeds, newest first" }, h("thead", {}, h("tr", {}, ...heads)), this.body);
    const box = h("div", { class: "dte-lp-scroll", tabindex: 0, role: "region", "aria-label": "Log of reseeds" }, this.table, this.empty);
    this.caption = furnish(root, "events", "Reseeds", [only], box).caption;
    this.filling = this.part(throttle(() => this.fill(), GAP_MS));
    this.own(env.bus.subscribe((state) => this.light(state)));
    this.listen(this.body, ["pointerover", "focusin"], (event) => this.hover(event));
    this.listen(this.body, ["pointerleave", "focusout"], () => env.bus.set({ hoverCode: null }));
    this.listen(this.body, "click", (event) => this.press(event));
    this.fill();
  }

  draw(view) {
    this.view = view;
    const { events } = view;
    const rows = events?.rows;
    if (this.same(events?.total, rows?.length, rows?.[0]?.[0], rows?.[0]?.[1], rows?.[rows.length - 1]?.[0], view.frame?.levels, view.run)) return;
    this.filling.request();
  }

  /** Rows that stay keep their elements; what is read or focused does not jump to a new one. */
  fill() {
    const events = this.view?.events ?? null;
    const levels = this.view?.frame?.levels ?? 1;
    const list = listEvents(events?.rows ?? [], this.onlyAgain);
    const kept = new Map();
    for (const event of list) {
      const key = `${event.id}/${event.step}/${event.code}/${levels}`;
      kept.set(key, this.shown.get(key) ?? rowOf(event, levels));
    }
    for (const [key, row] of this.shown) if (!kept.has(key)) row.remove();
    let next = this.body.firstChild;
    for (const row of kept.values()) {
      if (row === next) next = next.nextSibling;
      else this.body.insertBefore(row, next);
    }
    this.shown = kept;
    this.empty.hidden = kept.size > 0;
    this.table.hidden = kept.size === 0;
    const cut = kept.size === MOST_ROWS ? ` The newest ${MOST_ROWS} are listed.` : "";
    say(this.caption, countWords(events) + cut);
    this.light(this.env.bus.state);
  }

  hover(event) {
    const row = event.target.closest("tr");
    if (!row) return;
    const level = Number(row.dataset.level);
    const code = rowOfCode(this.view?.frame, Number(row.dataset.code));
    this.env.bus.set({ hoverCode: level === (this.view?.frame?.level ?? level) && code >= 0 ? code : null });
  }

  press(event) {
    const row = event.target.closest("tr");
    if (row) this.env.bus.set({ scrub: Number(row.dataset.step) });
  }

  light({ hoverCode, code }) {
    const row = hoverCode ?? code ?? null;
    const lit = row === null ? null : numberOf(this.view?.frame, row);
    const level = this.view?.frame?.level ?? 0;
    for (const each of this.body.children) {
      const on = lit !== null && Number(each.dataset.code) === lit && Number(each.dataset.level) === level;
      if (each.classList.contains("dte-lp-lit") !== on) each.classList.toggle("dte-lp-lit", on);
    }
  }
}

function rowOf(event, levels) {
  const place = levels > 1 ? `${event.code}, level ${event.level + 1}` : String(event.code);
  const jump = h("button", { type: "button", title: `Show step ${whole(event.step)}` }, whole(event.step));
  const what = h("td", {}, originWords(event));
  if (event.diedAgain) what.append(" ", h("span", { class: "dte-lp-vain" }, "reseeded before, had died again"));
  const data = { "data-step": event.step, "data-code": event.code, "data-level": event.level, title: eventWords(event, levels) };
  return h("tr", data, h("td", {}, jump), h("td", {}, place), what);
}
