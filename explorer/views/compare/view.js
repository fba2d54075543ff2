// @ts-check
// The compare page: what is chosen, how far it is, the pictures, the table and the curves. Runs go through compare/link.js.

import { Component, openOnce } from "../kit/component.js";
import { mount as mountChoose } from "./choose.js";
import { mount as mountDifferences } from "./differences.js";
import { createBus, isFresh, isGoing } from "./link.js";
import { IN_ADDRESS, ownState, queryOf } from "./model.js";
import { mount as mountPanes } from "./panes.js";
import { mount as mountRates } from "./rates.js";
import { mount as mountTable } from "./table.js";
import { note } from "../kit/widgets/panel.js";
import { addStyleSheet } from "../kit/page/component.js";
import { travel } from "../kit/page/travel.js";
import { h, say } from "../kit/widgets/dom.js";

// Name of a panel -> its mount(host, bus).
const PANELS = { choose: mountChoose, panes: mountPanes, table: mountTable, differences: mountDifferences, rates: mountRates };
const SHEETS = ["../kit/widgets/panels.css", "../kit/widgets/frames.css", "../kit/widgets/base.css", "../kit/widgets/folds.css"];

/** "Comparing 3 of 14: china. 12 s": how far a job is. Pure. */
export function progressWords(job) {
  if (!job || !isGoing(job)) return job?.message ?? "";
  if (job.state === "waiting") return "Waiting: others are comparing on this server.";
  if (job.state === "stopping") return "Stopping after the tokenizer that it is at…";
  const time = job.seconds >= 2 ? ` ${Math.round(job.seconds)} s` : "";
  if (!job.seen) return `Encoding and decoding…${time}`;
  const name = job.name ? `: ${job.name}` : "";
  return job.planned === 1
    ? `Measuring, with familiar codecs at the same bits…${time}`
    : `Comparing ${Math.min(job.done + 1, job.planned)} of ${job.planned}${name}.${time}`;
}

class ComparePage extends Component {
  constructor(root, opening, server) {
    super();
    this.root = root;
    this.opening = opening;
    const { token, tokenizers, limits, chosen, media } = opening;
    const first = { ...ownState(window.location.search), tokenizers: chosen, media };
    this.bus = createBus({ ask: (request) => server.compare_ask(request), token, first, win: window, info: { tokenizers, limits } });
    this.part(this.bus.life);
    this.build();
    const now = (search) => queryOf(search, this.bus.state);
    this.own(travel.register({ names: IN_ADDRESS, now, take: (search) => this.take(search) }));
    this.bus.on(["job", "run", "tokenizers", "media", "side", "pictures", "result", "problem", "mode", "at", "seed", "voted"], () => this.follow());
  }

  build() {
    this.hosts = Object.fromEntries(Object.keys(PANELS).map((name) => [name, h("section", { class: `compare-${name}` })]));
    const { choose, panes, table, differences, rates } = this.hosts;
    panes.hidden = true;
    choose.setAttribute("aria-label", "What to compare");
    this.message = h("p", { class: "cb-problem", role: "alert", hidden: !this.opening.message }, this.opening.message);
    this.trouble = h("p", { class: "cb-problem", hidden: true });
    this.bar = h("progress", { class: "cp-bar", max: 1, "aria-label": "Progress of the comparison" });
    this.state = h("p", { class: "cp-state", role: "status" });
    this.stop = h("button", { type: "button", class: "dte-plain-button", "data-act": "stop", onclick: () => this.bus.stop() }, "Stop");
    this.work = h("div", { class: "cp-work", hidden: true }, this.bar, this.state, this.stop);
    this.root.classList.add("dte-frames", "dte-compare");
    this.root.replaceChildren(this.message, choose, this.work, this.trouble, panes, table, differences, rates);
  }

  start() {
    for (const [name, mountPanel] of Object.entries(PANELS)) {
      try {
        this.bus.life.part(mountPanel(this.hosts[name], this.bus));
      } catch (error) {
        console.error(`the panel ${name} could not be shown`, error);
        this.hosts[name].textContent = "This panel could not be shown.";
      }
    }
    this.follow();
    if (this.bus.state.tokenizers.length >= this.bus.info.limits.least) this.bus.start();
  }

  /** What a link says. False where it cannot be shown in this page. */
  async take(search) {
    try {
      const message = await this.bus.follow(search, ownState(search));
      say(this.message, message);
      this.message.hidden = !message;
    } catch (error) {
      return error.stale === true;
    }
    return true;
  }

  /** What stands between the choice and the pictures, and what scripts read. */
  follow() {
    const { job, pictures, result, problem, mode, at, seed, voted, run } = this.bus.state;
    const going = isGoing(job);
    this.hosts.panes.hidden = !pictures;
    this.work.hidden = !going && !(job?.state === "stopped" && job.message);
    this.stop.hidden = !going || job.state === "stopping";
    this.bar.hidden = !going;
    if (going && job.planned > 1 && job.seen) this.bar.value = job.done / job.planned;
    else this.bar.removeAttribute("value");
    say(this.state, progressWords(job));
    const here = problem && !["media", "tokenizers"].includes(problem.field);
    note(this.trouble, here ? problem.message : "", "problem");
    const current = job && !going && isFresh(this.bus.state) && result !== null;
    this.root.setAttribute("aria-busy", String(going));
    const ready = job?.state === "failed" ? "error" : String(Boolean(current));
    Object.assign(this.root.dataset, {
      ready,
      mode,
      at,
      seed,
      voted: voted ?? "",
      media: run?.media ?? "",
      seen: String(Boolean(pictures) && Boolean(job?.seen)),
    });
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => {
    const page = new ComparePage(view.element, opening, view.server);
    page.start();
    return page;
  });
}
