// @ts-check
// Audit of the visitor's own media or indices, or of the app's samples: choose or drop files, watch, stop, resume; and
// the files of the audit on screen. Uploads go straight to the server's upload address, so that their progress can be shown.

import { Component } from "../../kit/component.js";
import { INDEX_WORDS, elseOf, holdsFractions, isGoing, kindOf, mediaWords, parseSize, progressWords, shareDone, stateWords } from "./model.js";
import { watchCluster } from "./cluster.js";
import { note } from "../../kit/widgets/panel.js";
import { addStyleSheet } from "../../kit/page/component.js";
import { h } from "../../kit/widgets/dom.js";
import { bytes, percent, whole } from "../../kit/wire/format.js";
import { saveFile, sendFiles } from "../../kit/wire/files.js";

const HEAD = 512; // bytes of a file in which its header says what it holds
const POLL_MS = 500;
const FIRST_LOOK = "first"; // the audit of one sample, for a tokenizer with which none ships
const FILES = [
  ["json", "audit.json", "All figures of this audit, JSON"],
  ["npy", "counts.npy", "How often each code was counted, (levels or groups, K) int64"],
  ["html", "report.html", "The report, one file that opens in any browser"],
  ["zip", "all, .zip", "Everything of this audit in one zip"],
];

class AuditPanel extends Component {
  constructor(host, bus) {
    super();
    this.host = host;
    this.bus = bus;
    this.job = this.limits = this.request = this.chosen = null;
    this.files = [];
    host.classList.add("ca-panel");
    host.dataset.panel = "audit";
    this.build();
    this.own(bus.on(["tokenizer", "audit", "open", "level"], () => this.draw()));
    this.own(bus.on(["open"], () => watchCluster(this.cluster, bus, (act, ms) => this.after(act, ms))));
    this.draw();
  }

  build() {
    const button = (text, act, attributes = {}) => h("button", { type: "button", class: "dte-plain-button", onclick: act, ...attributes }, text);
    this.input = h("input", { type: "file", multiple: true, class: "ca-file", onchange: () => this.take([...this.input.files]) });
    this.drop = h("label", { class: "dte-drop ca-drop" }, this.input, h("b", {}, "Choose files"), h("span", {}));
    this.by = h("p", { class: "cb-note" });
    this.K = h("input", { type: "text", inputmode: "numeric", class: "ca-size", "aria-label": "K, the number of codes" });
    const text = (label, hint) => h("input", { type: "text", class: "ca-size", "aria-label": label, placeholder: hint });
    this.axes = text("Axes of the array, one letter each: b media, q levels, others tokens", "guess");
    this.ignore = text("Values that stand for no token", "-1, nan");
    this.start = button("Count them", () => this.startIndices());
    this.file = h("b", { class: "ca-title" });
    this.either = button("", () => this.begin({ as_media: true }), { "data-act": "as-media" });
    this.indices = h(
      "div",
      { class: "ca-indices", hidden: true },
      this.file,
      this.either,
      h("label", {}, "Codes in the codebook, K ", this.K),
      h("label", {}, "Axes, such as b,q,t ", this.axes),
      h("label", {}, "Padding ", this.ignore),
      this.start,
      button("Choose another file", () => this.reset()),
    );
    this.problem = h("p", { class: "cb-status", hidden: true });
    this.bar = h("progress", { class: "ca-bar", max: 1, "aria-label": "Progress of the audit" });
    this.figures = h("p", { class: "ca-figures" });
    this.state = h("p", { class: "ca-state", role: "status" });
    this.stop = button("Stop", () => this.halt(), { "data-act": "stop" });
    this.resume = button("Resume", () => this.again(), { "data-act": "resume" });
    this.show = button("Open it", () => this.openResult(), { "data-act": "open" });
    this.work = h(
      "div",
      { class: "ca-work", hidden: true },
      h("b", { class: "ca-title" }),
      this.bar,
      this.figures,
      this.state,
      h("div", { class: "ca-acts" }, this.stop, this.resume, this.show),
    );
    this.samples = button("", () => this.countSamples(), { "data-act": "samples" });
    this.choose = h("div", { class: "ca-choose" }, this.samples, this.drop, this.by);
    this.details = h("details", { class: "ca-details", "data-with-fold": true }, h("summary", {}, ""), this.choose, this.indices, this.problem);
    const links = FILES.map(([kind, label, title]) =>
      h("button", { type: "button", class: "dte-link", "data-kind": kind, title, onclick: () => this.download(kind) }, label),
    );
    this.saved = h("span", { class: "ca-saved", role: "status" });
    this.downloads = h("p", { class: "ca-downloads" }, h("span", {}, "This audit as files: "), ...links, this.saved);
    this.cluster = h("div", { class: "ca-cluster", "data-part": "cluster" });
    this.host.replaceChildren(this.cluster, this.details, this.work, this.downloads);
    for (const name of ["dragenter", "dragover"]) this.drop.addEventListener(name, (event) => this.dragged(event, true));
    this.drop.addEventListener("dragleave", (event) => this.dragged(event, false));
    this.drop.addEventListener("drop", (event) => {
      this.dragged(event, false);
      this.take([...event.dataTransfer.files]);
    });
  }

  dragged(event, over) {
    event.preventDefault();
    this.drop.classList.toggle("is-over", over);
  }

  /** bus.ask, but whatever tokenizer is chosen meanwhile: a job is the page's, not the tokenizer's. */
  async ask(what, args = {}) {
    try {
      return await this.bus.ask(what, args);
    } catch (error) {
      if (!error.stale) throw error;
      return this.ask("audit_state"); // it was done all the same, and this says how it stands
    }
  }

  async take(files) {
    if (files.length === 0 || isGoing(this.job) || this.request) return;
    this.trouble("");
    try {
      this.limits ??= (await this.ask("audit_state")).limits;
    } catch (error) {
      this.trouble(error.message);
      return;
    }
    this.chosen = kindOf(files, this.limits);
    this.input.value = ""; // the same file may be chosen again
    if (this.chosen.error) return this.trouble(this.chosen.error);
    this.files = files;
    this.others = elseOf(files, this.bus.open?.tokenizer?.modality);
    if (this.others && holdsFractions(await files[0].slice(0, HEAD).text())) this.chosen.kind = "media"; // no indices: no need to ask
    if (this.chosen.kind === "indices") {
      this.K.value ||= String(this.bus.level()?.codebook_size ?? "");
      this.draw();
      this.K.focus();
      this.K.select();
    } else this.begin({ as_media: this.others !== "" });
  }

  startIndices() {
    const size = parseSize(this.K.value);
    if (size.error) return this.trouble(size.error);
    this.trouble("");
    return this.begin({ codebook_size: size.value, axes: this.axes.value, ignore: this.ignore.value });
  }

  /** Count all samples of the app: for tokenizers of which no such audit ships. */
  async countSamples() {
    this.trouble("");
    try {
      this.took((await this.ask("audit_start", { samples: true })).job);
    } catch (error) {
      this.trouble(error.message);
    }
  }

  async begin(args) {
    const { files } = this;
    try {
      const paths = await this.upload(files);
      this.took((await this.ask("audit_start", { files: paths, ...args })).job);
    } catch (error) {
      this.request = null;
      if (!error.stopped) this.trouble(error.message);
      this.draw();
    }
  }

  /** Send the files; resolves to their paths on the server. */
  async upload(files) {
    this.request = sendFiles(files, (loaded, total) => this.uploading(loaded, total), "audit");
    this.draw();
    try {
      return await this.request.done;
    } finally {
      this.request = null;
    }
  }

  uploading(loaded, total) {
    this.bar.value = total > 0 ? loaded / total : 0;
    this.figures.textContent = `${bytes(loaded)} of ${bytes(total)} sent`;
    this.state.textContent = "Sending the files…";
  }

  /** How the job stands; it may have ended before this was asked. */
  took(job) {
    this.job = job;
    this.draw();
    if (isGoing(job)) this.poll();
    else if (job) this.ended(job);
  }

  async poll() {
    const watched = this.job;
    await new Promise((resolve) => this.after(() => resolve(null), POLL_MS));
    if (this.job !== watched) return;
    try {
      const { job } = await this.ask("audit_state");
      if (this.job !== watched) return;
      this.took(job);
    } catch (error) {
      this.trouble(error.message);
      if (this.job === watched) this.poll();
    }
  }

  /** The audit is over: open it, unless the visitor has gone on to another tokenizer. */
  ended(job) {
    const same = job.tokenizer === null || job.tokenizer === this.bus.state.tokenizer;
    const again = job.state === "failed" && this.chosen?.kind === "indices"; // perhaps with another K
    if (!again) Object.assign(this, { files: [], chosen: null });
    if (job.state === "done") this.details.open = false;
    if (job.state === "failed") this.trouble(job.message);
    if (job.audit && same) this.openResult();
    this.draw();
    if (again) this.K.focus();
  }

  openResult() {
    if (this.job?.audit) this.bus.set({ tokenizer: this.job.tokenizer, audit: this.job.audit });
  }

  async halt() {
    if (this.request) return this.request.abort();
    try {
      this.job = (await this.ask("audit_stop")).job;
      this.draw();
      return this.poll();
    } catch (error) {
      return this.trouble(error.message);
    }
  }

  async again() {
    this.trouble("");
    try {
      this.took((await this.ask("audit_resume")).job);
    } catch (error) {
      this.trouble(error.message);
    }
  }

  reset() {
    Object.assign(this, { files: [], chosen: null });
    this.trouble("");
    this.draw();
  }

  trouble(text) {
    note(this.problem, text, "problem");
    if (text) this.unfold();
  }

  /** The whole panel is folded away until it is asked for, or has something to say. */
  unfold() {
    this.details.open = true;
    this.host.dataset.open = "";
  }

  async download(kind) {
    this.saved.textContent = "Preparing…";
    try {
      const { file } = await this.bus.ask("download", { kind });
      saveFile(file);
      this.saved.textContent = `Saved ${file.name}`;
    } catch (error) {
      this.saved.textContent = error.stale ? "" : error.message;
    }
  }

  draw() {
    const { job, bus } = this;
    const going = isGoing(job);
    const sending = Boolean(this.request);
    const asking = this.chosen?.kind === "indices" && !going && !sending;
    if ((going || sending) && this.work.hidden) this.host.dataset.open = "";
    if (asking && this.indices.hidden) this.unfold();
    this.host.dataset.job = sending ? "sending" : (job?.state ?? "");
    this.downloads.hidden = !bus.open;
    this.choose.hidden = going || sending || asking;
    this.indices.hidden = !asking;
    const { title, modality } = bus.open?.tokenizer ?? {};
    const unsure = asking && this.others;
    if (asking) this.file.textContent = `${this.chosen.words}${unsure ? `: its whole numbers may be indices of tokens, or ${this.others}. Which?` : ""}`;
    this.either.hidden = !unsure;
    this.either.textContent = `They are ${this.others}: tokenize them by ${title}`;
    const { noun, accept } = mediaWords(modality);
    this.input.accept = accept;
    this.input.setAttribute("aria-label", `Your own ${noun}, a zip of ${noun}, or a file of indices`);
    this.drop.lastChild.textContent = ` or drop them here: ${noun}, a zip of ${noun}, or ${INDEX_WORDS}`;
    const first = bus.open?.audit.id === FIRST_LOOK;
    if (first && this.looked !== bus.open) this.unfold(); // one medium says little: offer more at once
    this.looked = bus.open;
    this.details.firstChild.textContent = first ? `Only one of the app's samples is counted so far. Count more` : `Count your own ${noun} or indices`;
    this.samples.hidden = !title || !bus.open.audits.some(({ id }) => id === FIRST_LOOK);
    this.samples.textContent = `Count all sample ${noun} of the app`;
    this.by.textContent = title
      ? `${noun[0].toUpperCase()}${noun.slice(1)} are counted by the tokenizer above (${title}); indices need only K. Files stay on this server and go when you close the page.`
      : "Indices need only K. Files stay on this server and go when you close the page.";
    const seen = job?.state === "failed" || (job?.state === "done" && job.audit === bus.state.audit); // said elsewhere
    this.work.hidden = !sending && (!job || seen);
    this.work.querySelector(".ca-title").textContent = sending ? (this.chosen?.words ?? "") : (job?.title ?? "");
    this.stop.hidden = !sending && !(going && job.state !== "stopping");
    this.resume.hidden = sending || !job?.resumable;
    this.show.hidden = sending || going || !job?.audit || job.audit === bus.state.audit;
    if (!sending && job) this.drawJob(job, going);
  }

  drawJob(job, going) {
    const share = shareDone(job);
    if (going && share === null) this.bar.removeAttribute("value");
    else this.bar.value = job.state === "done" ? 1 : (share ?? 0);
    this.bar.title = share === null ? "" : percent(share, 1);
    const figures = progressWords(job);
    if (this.figures.textContent !== figures) this.figures.textContent = figures;
    const words = stateWords(job);
    if (this.state.textContent !== words) this.state.textContent = words;
    this.host.dataset.done = whole(job.done ?? 0);
  }
}

export async function mount(host, bus) {
  await addStyleSheet(new URL("audit.css", import.meta.url).href);
  return new AuditPanel(host, bus);
}
