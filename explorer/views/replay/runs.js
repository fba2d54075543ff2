// @ts-check
// Which runs are open, what was recorded of them and what is missing; a zip of one's own; and how a run is recorded.

import { Component } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { memory } from "../kit/stage/pace.js";
import { h, say } from "../kit/widgets/dom.js";
import { sendFiles } from "../kit/wire/files.js";
import { bytes, percent, typeset } from "../kit/wire/format.js";
import { levelWords } from "./words.js";

const NONE = "";
const EXAMPLE = "digits-example"; // the id of the run that ships

/** env: as of the lab's panels, with listed(): the runs there are, opened(): those that are open, open(ids). */
export function createRuns(root, env) {
  return new Runs(root, env);
}

class Runs extends Component {
  constructor(root, env) {
    super();
    addStyleSheet(new URL("../kit/widgets/forms.css", import.meta.url).href);
    this.env = env;
    this.busy = false;
    this.same = memory();
    const choice = (id) => h("select", { id, onchange: () => this.choose() });
    this.a = choice("replay-run");
    this.b = choice("replay-beside");
    this.rowA = h("div", { class: "dte-lf-row" }, h("label", { for: "replay-run" }, "Run"), this.a);
    this.rowB = h("div", { class: "dte-lf-row" }, h("label", { for: "replay-beside" }, "Beside it, at the same steps"), this.b);
    this.words = h("p", { class: "replay-words" });
    this.facts = h("ul", { class: "replay-facts" });
    this.notes = h("ul", { class: "replay-notes", "aria-label": "What is missing or damaged" });
    this.error = h("p", { class: "dte-lf-error", role: "alert", hidden: true });
    this.input = h("input", { type: "file", accept: ".zip", class: "replay-file", onchange: () => this.send([...this.input.files]) });
    this.said = h("p", { class: "dte-lf-note", role: "status", hidden: true });
    this.drop = h(
      "label",
      { class: "dte-drop replay-drop" },
      this.input,
      h("b", {}, "Open a zipped run"),
      h("span", {}, " a zip of its folder, or of its checkpoints"),
    );
    this.example = h("button", { type: "button", class: "dte-lf-second", "data-example": "", onclick: () => this.record() }, "Record a short run of the lab");
    this.about = h("p", { class: "dte-lf-note" }, "64 codes, most of which die and are reseeded from step 300 on. It opens here while it trains.");
    this.how = h(
      "details",
      { class: "replay-how" },
      h("summary", {}, "Record your own training"),
      h("pre", { class: "replay-code", tabindex: 0 }, env.payload.example),
      h("p", { class: "dte-lf-note" }, "Then look into it from here, while it trains or after: ", h("code", {}, "python app.py --run runs/first")),
    );
    for (const name of ["dragenter", "dragover"]) this.drop.addEventListener(name, (event) => this.drag(event, true));
    this.drop.addEventListener("dragleave", (event) => this.drag(event, false));
    this.drop.addEventListener("drop", (event) => {
      this.drag(event, false);
      this.send([...event.dataTransfer.files]);
    });
    root.classList.add("dte-lf", "replay-runs");
    root.dataset.panel = "runs";
    root.setAttribute("aria-label", "Runs");
    this.head = h("div", { class: "dte-lf-head" }, h("h3", {}, "Recorded runs"));
    this.intro = h(
      "p",
      { class: "replay-intro" },
      "Look into a training of your own: where the latents lie and what the codes do, step by step, while it trains and after. Nothing is open yet.",
    );
    root.replaceChildren(
      this.head,
      this.intro,
      this.rowA,
      this.rowB,
      this.words,
      this.facts,
      this.notes,
      this.how,
      this.drop,
      this.example,
      this.about,
      this.said,
      this.error,
    );
    this.fill();
  }

  drag(event, over) {
    event.preventDefault();
    this.drop.classList.toggle("is-over", over);
  }

  draw() {
    this.fill();
  }

  fill() {
    const [listed, opened] = [this.env.listed(), this.env.opened()];
    if (this.same(JSON.stringify([listed, opened.map(({ id, levels, notes, words }) => [id, levels, notes, words])]))) return;
    const [first, second] = opened;
    const option = (run) => h("option", { value: run.id }, run.title);
    this.rowA.hidden = listed.length === 0;
    this.rowB.hidden = listed.length < 2;
    this.a.replaceChildren(...(first ? [] : [h("option", { value: NONE }, "none")]), ...listed.map(option));
    this.b.replaceChildren(h("option", { value: NONE }, "none"), ...listed.filter((one) => one.id !== first?.id).map(option));
    this.a.value = first?.id ?? NONE;
    this.b.value = second?.id ?? NONE;
    this.intro.hidden = this.about.hidden = Boolean(first);
    if ((!first || first.id === EXAMPLE) && !this.filled) this.how.open = true;
    const told = opened.map((run) => run.words).filter(Boolean);
    this.words.hidden = told.length === 0;
    say(this.words, typeset(told.join(" B: ")));
    this.filled = true;
    const facts = [...(first?.levels ?? []).map(levelWords), ...opened.flatMap((run) => run.lines ?? [])];
    this.facts.replaceChildren(...facts.map((words) => h("li", {}, words)));
    const several = opened.length > 1;
    const said = opened.flatMap((run) => run.notes.map((note) => (several ? `${run.title}: ${note}` : note)));
    this.notes.replaceChildren(...said.map((note) => h("li", {}, note)));
    this.notes.hidden = said.length === 0;
  }

  choose() {
    const ids = [this.a.value, this.b.value === this.a.value ? NONE : this.b.value].filter(Boolean);
    return this.ask(() => this.env.open(ids));
  }

  record() {
    this.tell("A run of the lab begins; it opens here with its first record.");
    return this.ask(() => this.env.act("example", {}));
  }

  tell(words) {
    say(this.said, words);
    this.said.hidden = !words;
  }

  async ask(act) {
    if (this.busy) return;
    this.busy = this.example.disabled = true;
    this.complain("");
    const answer = await act();
    this.busy = this.example.disabled = false;
    this.tell("");
    if (!answer.ok) {
      this.complain(answer.error?.message ?? "That did not work.");
      this.same = memory();
      this.fill(); // the lists show again what is open
    }
  }

  complain(words) {
    say(this.error, words);
    this.error.hidden = !words;
  }

  send(files) {
    this.input.value = ""; // the same file may be chosen again
    if (files.length !== 1) return this.complain(files.length ? "One zip at a time, please." : "");
    return this.ask(async () => {
      const progress = (loaded, total) => this.tell(`${bytes(loaded)} of ${bytes(total)} sent (${percent(loaded, Math.max(1, total))})`);
      try {
        const paths = await sendFiles(files, progress, "diagnose").done;
        this.tell("It is being unpacked.");
        return await this.env.act("upload", { files: paths });
      } catch (error) {
        return { ok: false, error: { message: error.message } };
      }
    });
  }
}
