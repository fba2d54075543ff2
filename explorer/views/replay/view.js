// @ts-check
// Recorded runs: the lab's player on frames from a folder. Numbers come through the player's link.js, what is hovered,
// chosen or scrubbed to through its bus.js; which runs are open stands in the address.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { learn } from "../kit/page/help.js";
import { travel } from "../kit/page/travel.js";
import { frameShown, memory } from "../kit/stage/pace.js";
import { h, say } from "../kit/widgets/dom.js";
import { createBus } from "../kit/player/bus.js";
import { createCurves } from "../kit/player/charts/curves.js";
import { createHeatmap } from "../kit/player/charts/heatmap.js";
import { createHistogram } from "../kit/player/charts/histogram.js";
import { createDiagnosis } from "../kit/player/diagnosis.js";
import { createEvents } from "../kit/player/events.js";
import { createLink } from "../kit/player/link.js";
import { createPlane } from "../kit/player/plane/plane.js";
import { loadSheets, makePanel, Sides } from "../kit/player/sides.js";
import { createVersus } from "../kit/player/versus.js";
import { measuredWords } from "../kit/player/versus_words.js";
import { playsOrPauses } from "../kit/player/keys.js";
import { createAddress, KEYS, stateOf } from "./address.js";
import { createLives } from "./lives.js";
import { createRuns } from "./runs.js";
import { createTransport } from "./transport.js";
import { CHECKPOINTS, pairWords, RECORDED, sideWords } from "./words.js";

const CENTRE = { plane: createPlane, lives: createLives, events: createEvents };
const RIGHT = { diagnosis: createDiagnosis, histogram: createHistogram, heatmap: createHeatmap, curves: createCurves };
// Nothing is drawn by hand, gradients of single latents are not recorded, and there is no decoder to be given wrong tokens.
const WITHOUT = ["drawing", "gradients", "wrong"];
const WORDS_MS = 120;

class Replay extends Component {
  constructor(root, payload, server) {
    super();
    this.root = root;
    this.payload = payload;
    this.runs = payload.runs;
    this.drawn = 0;
    this.sameKinds = memory();
    /** @type {(() => any) | null} */
    this.arrived = null; // what waits for the first of the runs
    this.wordsAt = -Infinity;
    const { step, level, code } = payload.first;
    this.bus = createBus({ level, code });
    this.link = createLink({
      server: { lab_pull: server.replay_pull, lab_do: server.replay_do },
      token: payload.token,
      onChange: (what) => this.changed(what),
      wish: () => ({ level: this.bus.state.level, scrub: this.bus.state.scrub }),
    });
    this.link.status = payload.status;
    this.address = this.part(createAddress());
    this.env = {
      act: (action, args) => this.act(action, args),
      bus: this.bus,
      payload,
      aboutOf: (side) => (this.env.opened()[side]?.checkpoints ? CHECKPOINTS : RECORDED),
      without: WITHOUT,
      listed: () => this.runs,
      opened: () => this.link.status?.runs ?? [],
      open: (runs) => this.act("open", { runs }),
      snapshots: () => this.sides.snapshots((i) => this.link.view(i).frame?.step ?? 0),
      writeAddress: () => this.writeAddress(),
      apart: () => [], // of settings nothing is known
      words: (_, a, b) => [pairWords(this.env.opened()), measuredWords(a, b)].filter(Boolean).join(" "),
      at: () => this.bus.state.scrub ?? this.link.status?.kept?.last ?? null,
    };
    this.build();
    this.own(this.bus.subscribe((state, before) => this.busChanged(state, before)));
    this.own(() => this.link.stop());
    this.listen(document, "visibilitychange", () => document.hidden || this.link.wake());
    this.listen(document, "keydown", (event) => {
      if (!this.env.opened().length || !playsOrPauses(event, this.root)) return;
      this.transport.play();
      event.preventDefault(); // or the page would scroll
    });
    this.own(travel.register({ names: KEYS, now: this.address.now, take: (search) => this.take(search) }));
    this.arrived = () => step !== null && this.bus.set({ scrub: step });
    this.link.start();
    this.changed({ status: true });
  }

  build() {
    this.message = h("p", { class: "lab-message", role: "alert", hidden: true });
    const transport = h("section", {});
    this.transport = this.part(createTransport(transport, this.env));
    this.list = makePanel("runs", createRuns, this.env);
    this.part(this.list.panel);
    this.sides = this.part(new Sides({ centre: CENTRE, right: RIGHT }, this.env, (i) => this.frameDrawn(i)));
    this.versus = makePanel("versus", createVersus, this.env);
    this.part(this.versus.panel);
    this.reading = h("p", { class: "lab-status", role: "status", hidden: true }, "The recorded run is being read…");
    const main = h("div", { class: "lab-main" }, this.versus.section, this.reading, this.sides.element);
    this.root.classList.add("dte-lab", "dte-replay");
    const columns = h("div", { class: "lab-columns" }, h("div", { class: "lab-left" }, this.list.section), main);
    this.root.replaceChildren(transport, this.message, columns);
  }

  /** An action, after which other runs may be open, and other runs there. */
  async act(action, args) {
    const answer = await this.link.act(action, args);
    if (answer.runs) this.runs = answer.runs;
    if (["open", "upload", "example", "compare_off"].includes(action) && answer.ok) {
      this.transport.stop();
      Object.assign(this.link, { run: null, sides: [], past: null }); // what was shown is of another run
      this.link.wake();
      this.bus.set({ scrub: null, code: null, hoverCode: null, level: 0 });
    }
    this.changed({ status: true });
    return answer;
  }

  /** What another link asks for. False where it cannot be in this page. */
  async take(search) {
    const { runs, scrub, level, code } = stateOf(search);
    const same = JSON.stringify(runs) === JSON.stringify(this.env.opened().map(({ id }) => id));
    if (!same && !(await this.act("open", { runs })).ok) return false;
    this.bus.set({ level, code });
    if (!same && runs.length) await new Promise((resolve) => (this.arrived = () => resolve(true))); // with the first frame
    this.bus.set({ scrub });
    return true;
  }

  busChanged(state, before) {
    if (state.scrub !== before.scrub) this.link.seek(state.scrub);
    if (state.level !== before.level) this.link.wake();
    if (state.scrub !== before.scrub || state.level !== before.level || state.code !== before.code) this.writeAddress();
    if (state.scrub !== before.scrub) this.changed({ status: true });
  }

  changed(what) {
    if (this.disposed) return;
    const { link } = this;
    const open = this.env.opened();
    const kinds = open.map((run) => Boolean(run.checkpoints));
    if (!this.sameKinds(kinds.join())) this.sides.set(0); // their panels are worded otherwise
    const read = link.run !== null; // before the first answer the panels would say that nothing is recorded
    this.sides.set(read ? open.length : 0);
    this.reading.hidden = read || open.length === 0;
    this.sides.sides.forEach(({ element }, i) => element.classList.toggle("replay-checkpoints", Boolean(kinds[i])));
    this.root.classList.toggle("lab-ab", open.length > 1);
    this.root.classList.toggle("replay-empty", open.length === 0);
    const levels = link.sides[0]?.frame?.levels;
    if (levels && this.bus.state.level >= levels) this.bus.set({ level: 0 });
    if (what.run) this.after(() => this.arrive());
    const views = Array.from({ length: Math.max(1, this.sides.count) }, (_, i) => link.view(i));
    const calm = performance.now() - this.wordsAt < WORDS_MS && what.frame && !what.scrub && !what.status;
    if (!calm) this.drawWords(views[0]);
    this.versus.panel.draw(views.length > 1 ? views : [views[0]]);
    this.sides.draw(views, (i) => sideWords(open[i], views[i]?.frame?.step ?? null));
    if (what.status) this.writeAddress();
    this.report(views[0]);
  }

  /** The first of the runs that are open now is here. */
  arrive() {
    const then = this.arrived;
    this.arrived = null;
    then?.();
  }

  drawWords(view) {
    this.wordsAt = performance.now();
    this.transport.draw(view);
    this.list.panel.draw(view);
    const words = [this.payload.message, this.link.problem, this.link.lost, ...this.link.sides.map((side) => side.problem)].filter(Boolean).join(" ");
    say(this.message, words);
    this.message.hidden = !words;
  }

  writeAddress() {
    const { scrub, level, code } = this.bus.state;
    if (this.arrived) return; // the address says where to go
    this.address({ runs: this.env.opened().map(({ id }) => id), scrub, level, code });
  }

  frameDrawn(i) {
    if (i !== 0) return;
    frameShown();
    this.drawn += 1;
    this.root.dataset.framesDrawn = String(this.drawn);
  }

  /** What scripts read. */
  report({ frame, run, events }) {
    const open = this.env.opened();
    const facts = {
      step: frame?.step ?? "",
      dead: frame?.dead ?? "",
      codes: frame?.codebook_size ?? "",
      perplexity: frame?.measures?.[`perplexity_${frame.level}`] ?? "",
      reseeds: events?.total ?? 0,
      live: open.some((one) => one.live),
      runs: open.map(({ id }) => id).join(" "),
      run: run ?? "",
      scrub: this.bus.state.scrub ?? "",
    };
    for (const [name, value] of Object.entries(facts)) {
      if (this.root.dataset[name] !== String(value)) this.root.dataset[name] = String(value);
    }
  }
}

export async function mount(view) {
  const sheets = ["../kit/widgets/panels.css", "../kit/widgets/forms.css"];
  await Promise.all([loadSheets(), ...sheets.map((name) => addStyleSheet(new URL(name, import.meta.url).href))]);
  return openOnce(view, (opening) => {
    learn(opening.help);
    return new Replay(view.element, opening, view.server);
  });
}
