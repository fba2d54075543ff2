// @ts-check
// The panel "Bring a tokenizer": name a Hub repository or a file, see what it is, load it. One server function, `load_ask`.
// When it is there the page is told (`brought` {id}).

import { Component, openOnce } from "../kit/component.js";
import { setAddress } from "../kit/page/address.js";
import { note } from "../kit/widgets/panel.js";
import { addStyleSheet } from "../kit/page/component.js";
import { h, say, segments } from "../kit/widgets/dom.js";
import { becomesWords, filesTrouble, filterKnown, isGoing, loadWords, pageLinks, planFacts, workWords } from "./model.js";
import { OpenedFile } from "./opened.js";
import { about, dropZone, fileInput, FILTERS, knownRow, lookForm, ownList, plainButton, textInput, WAYS, WEIGHTS } from "./parts.js";
import { createPageBus } from "../kit/wire/bus.js";
import { sendFiles } from "../kit/wire/files.js";
import { bytes, typeset } from "../kit/wire/format.js";

const POLL_MS = 350;
const SHEETS = ["../kit/page/controls.css", "../kit/widgets/base.css"]; // choosers and plain buttons
class Panel extends Component {
  constructor(root, opening, server, trigger) {
    super();
    this.root = root;
    this.opening = opening;
    this.trigger = trigger;
    this.job = this.known = this.request = this.shown = null;
    this.way = "hub";
    this.filter = "";
    this.bus = createPageBus({
      ask: (request) => server.load_ask(request),
      token: opening.token,
      first: {},
      next: (state) => state,
      inAddress: [],
      query: () => "",
    });
    this.part(this.bus.life);
    this.own(() => this.request?.abort());
    this.build();
    this.draw();
    const { wanted, missing } = opening;
    if (wanted) {
      this.name.value = wanted;
      this.say(`This link shows ${wanted}, which is not loaded here. Look at it to load it.`);
    } else if (missing) this.say("This link shows a tokenizer that somebody loaded from a file of their own. If you have the file, load it here.");
    if (missing && !wanted) this.go("file");
    const fold = this.root.closest(".dte-fold");
    if (fold && "open" in fold.dataset) this.box.open = true;
    if (wanted || missing || opening.shown) {
      this.box.open = true;
      fold?.setAttribute("data-open", ""); // what was asked for is not folded away
      setAddress({ bring: "" }); // asked for once
      this.root.scrollIntoView({ block: "nearest" });
    }
  }

  build() {
    const { opening } = this;
    this.ways = segments("Where it comes from", (id) => this.go(id));
    this.ways.options(WAYS, this.way);
    this.name = textInput("Name of a Hub repository", "owner/name, or owner/name@revision");
    this.search = textInput("Search the list", "Search the list");
    this.search.addEventListener("input", () => this.drawKnown());
    this.filters = segments("Of what", (id) => {
      this.filter = id;
      this.drawKnown();
    });
    this.filters.options(FILTERS, "");
    this.list = h("ul", { class: "br-list", tabindex: 0, "aria-label": "Known tokenizers" });
    const offline = opening.asks_hub ? null : h("p", { class: "br-note" }, "This server does not ask the network: only what its cache holds can be loaded.");
    const becomes = (way) => h("p", { class: "br-note br-becomes" }, becomesWords(way, opening.until));
    this.hub = h(
      "div",
      { class: "br-way" },
      becomes("hub"),
      lookForm(this.name, () => this.look("hub", { text: this.name.value })),
      offline,
      h("div", { class: "br-tools" }, this.filters.element, this.search),
      this.list,
    );
    this.input = fileInput((files) => this.take(files));
    this.drop = dropZone(this.input, bytes(opening.upload_bytes), (files) => this.take(files));
    this.path = textInput("Path of a file or folder on this machine", "/path/to/checkpoint.ckpt, or a folder with config.json");
    const named = opening.names_files
      ? [
          h("p", { class: "br-note" }, "Or name a file or folder on this machine, of any size; it is read where it lies and stays there:"),
          lookForm(this.path, () => this.look("path", { text: this.path.value })),
        ]
      : [];
    this.file = h("div", { class: "br-way" }, becomes("file"), this.drop, ...named);
    this.mine = h("section", { class: "br-mine", hidden: true, "aria-label": "Your own tokenizers" });
    this.trouble = h("p", { class: "br-trouble", hidden: true });
    this.opened = this.part(new OpenedFile());
    this.bar = h("progress", { class: "br-bar", max: 1, "aria-label": "Progress" });
    this.words = h("p", { class: "br-words", role: "status" });
    this.cancel = plainButton("Cancel", () => this.stop(), { "data-act": "stop" });
    this.work = h("div", { class: "br-work", hidden: true }, this.bar, this.words, this.cancel);
    this.title = h("h4", {});
    this.facts = h("dl", { class: "br-facts" });
    this.weights = segments("Weights", (id) => this.choose(id));
    this.notes = h("ul", { class: "br-notes" });
    this.load = h("button", { type: "button", class: "br-load", "data-act": "load", onclick: () => this.begin() });
    this.other = plainButton("Choose another", () => this.clear(), { "data-act": "clear" });
    this.ready = h("p", { class: "br-ready", role: "status", hidden: true });
    this.wrong = h("ul", { class: "br-wrong", role: "alert", hidden: true });
    this.acts = h("div", { class: "br-acts" }, this.load, this.other);
    const parts = [this.title, this.facts, this.weights.element, this.notes, this.ready, this.wrong, this.acts];
    this.plan = h("section", { class: "br-plan", hidden: true, "aria-label": "What it is" }, ...parts);
    this.chooser = h("div", { class: "br-choose" }, this.ways.element, this.hub, this.file);
    const shown = [this.mine, this.chooser, this.trouble, this.opened.element, this.plan, this.work];
    this.box = h(
      "details",
      { class: "br-box", "data-with-fold": true, ontoggle: () => this.open() },
      h("summary", {}, "Bring a tokenizer of others"),
      about(),
      ...shown,
    );
    this.root.replaceChildren(this.box);
  }

  /** The list is asked for when it is first seen. */
  async open() {
    if (this.box.open) this.listMine();
    if (!this.box.open || this.known) return;
    this.known = [];
    try {
      this.known = (await this.bus.ask("known")).known;
      this.drawKnown();
    } catch (error) {
      this.known = null;
      this.say(error.message, "problem");
    }
  }

  async listMine(what = "own", args = {}) {
    try {
      const { own } = await this.bus.ask(what, args);
      this.mine.replaceChildren(...ownList(own, (one) => this.remove(one)));
      this.mine.hidden = own.length === 0;
      return true;
    } catch (error) {
      this.say(error.message, "problem");
      return false;
    }
  }

  /** Take back one of the visitor's own; the page shows another if it showed that. */
  async remove(one) {
    if (!(await this.listMine("remove", { id: one.id }))) return;
    if (this.job?.plan?.id === one.id) this.clear();
    this.say(`${one.title} is removed, with all that was made of it.`);
    this.trigger("removed", { id: one.id });
  }

  go(way) {
    this.way = way;
    this.ways.set(way);
    this.draw();
  }

  drawKnown() {
    const found = filterKnown(this.known ?? [], this.filter, this.search.value);
    const none = this.known?.length ? "None of the list. Any repository of a known format can be typed above." : "Reading the list…";
    this.list.replaceChildren(...(found.length > 0 ? found.map((one) => knownRow(one, () => this.pick(one))) : [h("li", { class: "br-none" }, none)]));
  }

  pick(one) {
    if (!one.source) {
      this.go("file");
      return this.say(`${one.title} is not on the Hub. Download its file from ${one.home}, then choose it here.`);
    }
    this.name.value = one.source;
    return this.look("hub", { text: one.source });
  }

  async take(files) {
    this.input.value = ""; // the same file may be chosen again
    if (files.length === 0 || this.request || isGoing(this.job)) return;
    const trouble = filesTrouble(files, this.opening.upload_bytes);
    this.say(trouble, "problem");
    if (trouble) return;
    try {
      this.request = sendFiles(files, (loaded, total) => this.sending(loaded, total), "inspect-file");
      this.draw();
      const paths = await this.request.done;
      this.request = null;
      await this.look("file", { files: paths });
    } catch (error) {
      this.say(error.stopped ? "" : error.message, "problem");
    } finally {
      this.request = null;
      this.draw();
    }
  }

  sending(loaded, total) {
    this.bar.value = total > 0 ? loaded / total : 0;
    say(this.words, `Sending: ${bytes(loaded)} of ${bytes(total)}`);
  }

  async look(kind, args) {
    if (isGoing(this.job)) return;
    this.say("");
    await this.follow(() => this.bus.ask("plan", { kind, ...args }));
  }

  /** The averaged or the raw weights of what holds both. */
  choose(weights) {
    this.say("");
    return this.follow(() => this.bus.ask("weights", { job: this.job.id, weights }));
  }

  /** Load what was looked at; one that is here already is shown at once. */
  async begin() {
    this.say("");
    if (this.job.plan.here) return this.tell(this.job.plan);
    return this.follow(() => this.bus.ask("load", { job: this.job.id }));
  }

  async stop() {
    if (this.request) return this.request.abort();
    if (!this.job) return undefined;
    try {
      this.took((await this.bus.ask("stop", { job: this.job.id })).job);
    } catch (error) {
      this.say(error.message, "problem");
    }
    return undefined;
  }

  /** Ask, then go on asking until it stands still. */
  async follow(first) {
    try {
      this.took((await first()).job);
      const { id } = this.job;
      while (isGoing(this.job) && this.job.id === id) {
        await new Promise((resolve) => this.after(() => resolve(null), POLL_MS));
        if (this.job?.id !== id) return;
        const { job } = await this.bus.ask("state", { job: id });
        if (this.job?.id === id) this.took(job);
      }
    } catch (error) {
      if (this.job && isGoing(this.job)) this.job = null;
      this.say(error.message, "problem", error.field);
      this.draw();
    }
  }

  took(job) {
    const before = this.job;
    this.job = job;
    if (job.state === "failed") this.say(job.message, "problem", job.field);
    if (job.state === "stopped") this.say(job.message);
    if (job.state === "done" && before?.state !== "done") this.tell(job.plan);
    this.draw();
  }

  /** The page shows it from now on. */
  tell(plan) {
    const before = new URLSearchParams(window.location.search).get("tokenizer") ?? "";
    const links = pageLinks(plan, before).flatMap(([text, href]) => [" ", h("a", { href }, text)]);
    this.ready.replaceChildren("It is loaded, and chosen above.", ...links);
    this.shown = plan.id;
    this.trigger("brought", { id: plan.id });
    this.listMine();
    this.draw();
  }

  clear() {
    Object.assign(this, { job: null, shown: null });
    this.say("");
    this.draw();
  }

  /** field: of an error, so that it stands where the mistake is. */
  say(text, kind = "busy", field = null) {
    note(this.trouble, text ?? "", kind);
    for (const [name, input] of Object.entries({ hub: this.name, path: this.path })) {
      const wrong = Boolean(text) && kind === "problem" && field === name;
      input.setAttribute("aria-invalid", String(wrong));
      if (wrong) input.focus();
    }
  }

  draw() {
    const { job, way, request } = this;
    const plan = job?.plan ?? null;
    const going = isGoing(job) || Boolean(request);
    const done = Boolean(plan) && this.shown === plan.id;
    this.root.dataset.state = request ? "sending" : (job?.state ?? "");
    this.root.setAttribute("aria-busy", String(going));
    this.chooser.hidden = Boolean(plan) || going;
    this.hub.hidden = way !== "hub";
    this.file.hidden = way !== "file";
    this.plan.hidden = !plan;
    this.opened.show(going ? null : (job?.opened ?? null));
    this.work.hidden = !going;
    if (plan) this.drawPlan(plan, done);
    this.acts.hidden = going;
    this.load.hidden = done;
    this.ready.hidden = !done;
    const wrong = done ? (job.warnings ?? []) : [];
    this.wrong.replaceChildren(...wrong.map((text) => h("li", {}, text)));
    this.wrong.hidden = wrong.length === 0;
    this.cancel.hidden = job?.state === "stopping";
    if (!going || request) return;
    if (job.share === null) this.bar.removeAttribute("value");
    else this.bar.value = job.share;
    say(this.words, workWords(job));
  }

  drawPlan(plan, done) {
    say(this.title, plan.title);
    const facts = planFacts(plan, this.opening.budget_bytes);
    this.facts.replaceChildren(...facts.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
    this.weights.options(WEIGHTS, plan.weights);
    this.weights.element.hidden = !plan.weights || done;
    this.notes.replaceChildren(...plan.notes.map((text) => h("li", {}, typeset(text))));
    this.notes.hidden = plan.notes.length === 0;
    say(this.load, loadWords(plan));
    say(this.other, done ? "Bring another" : "Choose another");
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => new Panel(view.element, opening, view.server, view.trigger));
}
