// @ts-check
// A/B/X beneath the votes for sounds: X is secretly one of two, and the listener says which. Names stay hidden until they
// are asked for; the trials are kept in this browser alone, until they are cleared.

import { addTrial, clearTrials, drawX, pairsOf, readTrials, rightOf, trialsCsv, trialsOf, trialWords } from "./trials.js";
import { X } from "./player.js";
import { h, say } from "../kit/widgets/dom.js";
import { saveText } from "../kit/wire/files.js";
import { countOf, fileStem } from "../kit/wire/format.js";

const ADVICE =
  "X is drawn anew for each trial, and heard at the loudness of the others and in step with them. Decide how many trials to make before the first: to stop when the count looks good makes the chance too small. Kept in this browser alone.";

export class HiddenX {
  /** player: plays X as one of two. name(id): what a pane is called now. hidden(): whether names are. */
  constructor(bus, player, { name, hidden }) {
    this.bus = bus;
    this.player = player;
    this.name = name;
    this.hidden = hidden;
    this.seed = bus.state.seed;
    const { trials, drawn } = readTrials();
    /** @type {any[]} */
    this.trials = trials;
    this.drawn = drawn;
    /** @type {[string, string] | null} */
    this.pair = null;
    this.last = "";
    this.choice = h("select", { class: "cb-select", "aria-label": "Which two X is one of", onchange: () => this.choose(Number(this.choice.value)) });
    this.ears = h("div", { class: "cp-votes", role: "group", "aria-label": "Hear the two and X" });
    this.answers = h("div", { class: "cp-votes", role: "group", "aria-label": "Say which one X is" });
    this.said = h("p", { class: "cp-ask", role: "status", "data-part": "trials" });
    const button = (act, text, onclick) => h("button", { type: "button", class: "dte-link", "data-act": act, onclick }, text);
    this.reveal = button("names", "Show the names", () => this.tellNames());
    this.clear = button("trials-clear", "Clear all trials", () => this.forget());
    this.save = button("trials-csv", "Trials, .csv", () => this.export());
    const about = h("details", {}, h("summary", {}, "How to do it"), h("p", { class: "cb-note" }, ADVICE));
    this.element = h(
      "section",
      { class: "cp-abx", "aria-label": "Which one is X?", hidden: true },
      h("div", { class: "cp-row" }, h("p", { class: "cp-ask" }, "Can you tell them apart? X is one of ", this.choice), this.ears),
      h("div", { class: "cp-row" }, this.answers, this.said, this.reveal, this.save, this.clear, about),
    );
  }

  /** ids: of the panes, in the order in which they stand; none where nothing is heard blind. */
  show(ids) {
    const heard = ids.length > 0 && this.player.kind === "audio";
    this.element.hidden = !heard;
    this.player.judge(heard);
    if (!heard) return;
    const { seed } = this.bus.state;
    if (this.seed !== seed) [this.seed, this.last] = [seed, ""]; // the letters of an answer are others now
    this.pairs = pairsOf(["", ...ids]);
    const at = this.pairs.findIndex((pair) => this.pair?.every((id) => pair.includes(id)));
    this.pair = this.pairs[Math.max(0, at)];
    this.choice.replaceChildren(...this.pairs.map((pair, i) => h("option", { value: i }, pair.map((id) => this.name(id)).join(" or "))));
    this.choice.value = String(Math.max(0, at));
    this.reveal.hidden = !this.hidden();
    this.draw();
  }

  choose(i) {
    [this.pair, this.last] = [this.pairs[i], ""];
    this.draw();
  }

  /** Whether X can be heard here; then it is. */
  hear() {
    if (this.element.hidden) return false;
    this.player.hear(X);
    return true;
  }

  /** X of the trial that is open goes to the player, and to no element of the page. */
  draw() {
    const { seed } = this.bus.state;
    const focused = document.activeElement?.getAttribute("data-answer");
    this.player.hide(this.pair[drawX(seed, this.drawn)]);
    const names = this.pair.map((id) => this.name(id));
    this.ears.replaceChildren(...this.player.earsOf([...this.pair, X].map((id) => [id, id === X ? "X" : this.name(id)])));
    const answer = (name, i) => h("button", { type: "button", class: "dte-plain-button", "data-answer": i, onclick: () => this.answer(i) }, `X is ${name}`);
    this.answers.replaceChildren(...names.map(answer));
    if (focused) /** @type {HTMLElement} */ (this.answers.children[Number(focused)])?.focus();
    this.player.follow();
    const made = trialsOf(this.trials, this.pair);
    say(this.said, `${this.last} ${trialWords(rightOf(made), made.length)}`.trim());
    this.save.hidden = made.length === 0;
    this.clear.hidden = this.trials.length === 0;
  }

  answer(i) {
    const { seed, pictures } = this.bus.state;
    const x = drawX(seed, this.drawn);
    const trial = { pair: this.pair, seed, x, answer: i, medium: pictures.name };
    ({ trials: this.trials, drawn: this.drawn } = addTrial(this, trial));
    this.last = x === i ? "Right." : `Wrong: X was ${this.name(this.pair[x])}.`;
    this.draw();
  }

  /** Trials of all pairs; X goes on as if they had stayed. */
  forget() {
    ({ trials: this.trials, drawn: this.drawn } = clearTrials(this));
    this.last = "";
    this.draw();
  }

  tellNames() {
    this.bus.set({ named: true });
    this.choice.focus(); // the button has gone
  }

  export() {
    const made = trialsOf(this.trials, this.pair);
    const name = (id) => (id === "" ? "original" : this.hidden() ? "hidden" : id);
    saveText(trialsCsv(made, name), `${fileStem("abx", countOf(made.length, "trial"))}.csv`);
  }
}
