// @ts-check
// What is compared: a medium or a set (samples, hard content, the visitor's own), and from two to eight tokenizers of one
// modality.

import { Component } from "../kit/component.js";
import { acceptFiles } from "../kit/wire/accept.js";
import { bytes } from "../kit/wire/format.js";
import { note } from "../kit/widgets/panel.js";
import { isFresh, isGoing } from "./link.js";
import { fileTrouble, modalityOf, NOUNS } from "./model.js";
import { h, say, segments } from "../kit/widgets/dom.js";
import { foldButton } from "../kit/widgets/folds.js";
import { countOf, typeset } from "../kit/wire/format.js";
import { sendFiles } from "../kit/wire/files.js";
import { nextIndex } from "../kit/widgets/sample_strip.js";

const MODALITIES = [
  { id: "image", label: "Pictures", title: "Compare tokenizers of pictures" },
  { id: "audio", label: "Sounds", title: "Compare tokenizers of sounds" },
  { id: "video", label: "Clips", title: "Compare tokenizers of clips" },
  { id: "series", label: "Series", title: "Compare tokenizers of series: actions, motion, other rows of numbers" },
  { id: "vectors", label: "Items", title: "Compare tokenizers of tables of items: semantic ids" },
  { id: "graph", label: "Graphs", title: "Compare tokenizers of graphs: choices of anchors" },
];
const FIRST_MANY = 4;

/** Where media come from, for tokenizers of a modality; hard content is there of pictures only. Pure. */
function kindsOf(modality) {
  const nouns = NOUNS[modality] ?? "media";
  const kinds = [
    { id: "samples", label: `Sample ${nouns}`, title: `${nouns[0].toUpperCase()}${nouns.slice(1)} that come with the app` },
    { id: "presets", label: "Hard content", title: "Crops on which tokenizers break first: text, faces, fine texture, flat gradients" },
    { id: "own", label: "Your own", title: `Your ${nouns}, or a zip of them` },
  ];
  return modality === "image" ? kinds : kinds.filter(({ id }) => id !== "presets");
}
const PREFIX = { samples: "sample:", presets: "preset:" };
const kindOf = (media) => (media === "own" ? "own" : media.startsWith("preset:") ? "presets" : "samples");

/** The id of the first sample of a modality, "" while none is known. Pure. */
const firstSample = (media, modality) => media.find((one) => one.modality === modality && one.kind === "samples")?.id ?? "";

class Chooser extends Component {
  constructor(host, bus) {
    super();
    this.host = host;
    this.bus = bus;
    this.media = [];
    this.kind = kindOf(bus.state.media);
    this.sending = null;
    this.own(() => this.sending?.abort());
    this.build();
    bus.on(["media", "side", "own", "tokenizers", "run", "job", "problem"], () => this.draw());
    bus.on(["link"], () => this.follow());
    this.drawStrip();
    this.draw();
    bus
      .ask("media")
      .then(({ media }) => {
        this.media = media;
        this.drawStrip();
        this.draw();
        if (!this.bus.state.media) this.chooseFirst(); // another modality was chosen before the list came
      })
      .catch((error) => note(this.mediaTrouble, error.message, "problem"));
  }

  build() {
    this.kinds = segments("Where the pictures come from", (id) => {
      this.kind = id;
      this.drawStrip();
      this.draw();
    });
    const there = new Set(this.bus.info.tokenizers.map(({ modality }) => modality));
    this.modalities = segments("What is compared", (id) => this.turnTo(id));
    this.modalities.options(
      MODALITIES.filter(({ id }) => there.has(id)),
      this.modality(),
    );
    this.modalities.element.hidden = there.size < 2;
    this.strip = h("div", { class: "cp-strip", role: "radiogroup", "aria-label": "What to compare on", onkeydown: (event) => this.key(event) });
    this.about = h("p", { class: "cb-note" });
    this.side = segments("Longest side of pictures", (side) => this.scale(side));
    this.sides = h("div", { class: "cp-label" }, h("span", { class: "cp-count" }, "Scaled down to"), this.side.element);
    this.side.options(
      (this.bus.info.limits.sides ?? []).map((px, i) => ({
        id: px,
        label: `${px} px`,
        title: i === 0 ? "The size of the cards and of Inspect: figures of other sizes are others" : "Longest side; smaller pictures stay as they are",
      })),
      this.bus.state.side,
    );
    this.mediaTrouble = h("p", { class: "cb-status", hidden: true });
    this.input = h("input", { type: "file", multiple: true, class: "cp-file", onchange: () => this.take([...this.input.files]) });
    this.drop = h("label", { class: "dte-drop cp-drop" }, this.input, h("b", {}, "Choose files"), h("span", {}));
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      this.drop.addEventListener(name, (event) => {
        event.preventDefault();
        this.drop.classList.toggle("is-over", name.startsWith("drage") || name === "dragover");
        if (name === "drop") this.take([...event.dataTransfer.files]);
      });
    }
    this.chips = h("div", { class: "cp-chips", role: "group", "aria-label": "Tokenizers to compare" });
    for (const one of this.bus.info.tokenizers) this.chips.append(this.chip(one));
    this.count = h("span", { class: "cp-count" });
    this.trouble = h("p", { class: "cb-status", hidden: true });
    this.go = h("button", { type: "button", class: "cp-go", "data-act": "compare", onclick: () => this.bus.start() }, "Compare");
    this.said = h("span", { class: "cp-said" });
    this.nameKinds();
    const folded = (...parts) => h("div", { class: "cp-folded dte-fold" }, ...parts);
    const size = folded(this.about, this.sides);
    this.all = folded(this.count, this.chips);
    this.number = foldButton(this, this.all, "compare-tokenizers", "Tokenizers");
    const folds = h("div", { class: "cp-folds" }, foldButton(this, size, "compare-size", "About, size"), this.number);
    const from = h("div", { class: "cp-label" }, this.modalities.element, this.kinds.element);
    this.host.replaceChildren(
      h("div", { class: "cp-part" }, from, this.strip, this.drop, size, this.mediaTrouble),
      h("div", { class: "cp-part" }, h("div", { class: "cp-act" }, folds, this.go), this.all, this.trouble, this.said),
    );
  }

  modality() {
    const { tokenizers } = this.bus.state;
    return tokenizers.length > 0 ? modalityOf(tokenizers, this.bus.info.tokenizers) : (this.named ?? "image"); // none: as before
  }

  /** Compare something else: tokenizers of that modality, on its first sample. */
  turnTo(modality) {
    if (modality === this.modality()) return;
    const fit = this.bus.info.tokenizers.filter((one) => one.modality === modality && one.decodes !== false);
    this.kind = "samples";
    this.bus.set({ tokenizers: fit.slice(0, FIRST_MANY).map(({ id }) => id), media: firstSample(this.media, modality), problem: null });
    const few = fit.length < this.bus.info.limits.least ? `Only one tokenizer of ${NOUNS[modality]} is here; bring another on the Inspect page.` : "";
    this.drawStrip();
    this.draw();
    note(this.trouble, few, "problem");
    if (this.enough() && this.bus.state.media) this.bus.start();
  }

  /** The strip of what a link names. */
  follow() {
    this.kind = kindOf(this.bus.state.media);
    this.nameKinds();
    this.kinds.set(this.kind);
    this.drawStrip();
    this.draw();
  }

  /** The first sample of the tokenizers that are chosen, now that it is known which there are. */
  chooseFirst() {
    this.bus.set({ media: firstSample(this.media, this.modality()), problem: null });
    if (this.enough() && this.bus.state.media) this.bus.start();
  }

  nameKinds() {
    const modality = this.modality();
    if (this.named === modality) return;
    this.named = modality;
    const nouns = NOUNS[modality] ?? "media";
    this.kinds.options(kindsOf(modality), this.kind);
    this.modalities.set(modality);
    this.input.accept = `${acceptFiles(modality)},.zip`;
    this.input.setAttribute("aria-label", `Your own ${nouns}, or a zip of them`);
    this.drop.lastChild.textContent = ` or drop them here: up to ${this.bus.info.limits.media} ${nouns}, or a zip of them. They stay on this server and go when you close the page.`;
    for (const chip of this.chips?.children ?? []) chip.hidden = chip.dataset.modality !== modality;
  }

  chip({ id, title, summary, modality, vocabulary, decodes }) {
    const fits = decodes !== false;
    const words = fits ? `${summary} Vocabulary ${vocabulary}.` : "This tokenizer has no decoder, so there is nothing of it to compare.";
    return h(
      "button",
      {
        type: "button",
        class: "cp-chip",
        "data-id": id,
        "data-modality": modality,
        "data-fits": fits,
        title: words,
        onclick: () => this.toggle(id, fits, words),
      },
      title,
    );
  }

  toggle(id, fits, words) {
    const { tokenizers } = this.bus.state;
    const { most } = this.bus.info.limits;
    const there = tokenizers.includes(id);
    if (!fits) return note(this.trouble, words, "problem");
    if (!there && tokenizers.length >= most)
      return note(this.trouble, `${most} tokenizers are the most that can be told apart side by side. Take one out first.`, "problem");
    this.bus.set({ tokenizers: there ? tokenizers.filter((one) => one !== id) : [...tokenizers, id], problem: null });
    return note(this.trouble, "");
  }

  /** A picture was chosen: it is compared at once, since that is what it was chosen for. */
  pick(media) {
    note(this.mediaTrouble, "");
    this.bus.set({ media, problem: null });
    if (this.enough()) this.bus.start();
  }

  /** Another size is compared at once, as another picture is. */
  scale(side) {
    this.bus.set({ side, problem: null });
    if (this.enough()) this.bus.start();
  }

  enough() {
    return this.bus.state.tokenizers.length >= this.bus.info.limits.least;
  }

  key(event) {
    const tiles = [...this.strip.children];
    const at = nextIndex(event.key, tiles.indexOf(document.activeElement), tiles.length);
    if (at === null || tiles.length === 0) return;
    event.preventDefault();
    tiles[at].focus();
  }

  drawStrip() {
    const { kind, media, bus } = this;
    const modality = this.modality();
    const shown = media.filter((one) => one.kind === kind && (one.modality ?? "image") === modality);
    const tiles = shown.map((one) => this.tile(one.id, one.title, one.about, h("img", { loading: "lazy", src: one.image, alt: "" })));
    if (shown.length > 1)
      tiles.push(
        this.tile(
          `${PREFIX[kind]}all`,
          `All ${shown.length}, as a set`,
          "Means and spread over all of them",
          h("span", { class: "cp-set" }, `All ${shown.length}`),
        ),
      );
    const { own } = bus.state;
    if (kind === "own" && own && (own.modality ?? "image") === modality) {
      const words = own.names.length === 1 ? own.title : `${own.names.length} ${NOUNS[modality]}`;
      tiles.push(this.tile("own", words, "Your own", own.image ? h("img", { src: own.image, alt: "" }) : h("span", { class: "cp-set" }, words)));
    }
    this.strip.replaceChildren(...tiles);
    this.strip.hidden = tiles.length === 0 && kind === "own";
    this.drop.hidden = kind !== "own";
  }

  tile(id, title, about, inside) {
    return h(
      "button",
      { type: "button", class: "cp-tile", role: "radio", "data-media": id, "aria-label": title, title: `${title}. ${about}`, onclick: () => this.pick(id) },
      inside,
    );
  }

  async take(files) {
    this.input.value = ""; // the same file may be chosen again
    if (files.length === 0 || this.sending) return;
    const trouble = fileTrouble(files, this.bus.info.limits, bytes);
    note(this.mediaTrouble, trouble, "problem");
    if (trouble) return;
    try {
      this.sending = sendFiles(files, (loaded, total) => note(this.mediaTrouble, `Sending: ${bytes(loaded)} of ${bytes(total)}`), "compare");
      const own = await this.bus.ask("own", { files: await this.sending.done, modality: this.modality() });
      note(this.mediaTrouble, "");
      this.bus.set({ own, media: "own", at: 0, zoom: "", problem: null });
      this.drawStrip();
      if (this.enough()) this.bus.start();
    } catch (error) {
      note(this.mediaTrouble, error.message, "problem");
    } finally {
      this.sending = null;
      this.draw();
    }
  }

  draw() {
    const { bus } = this;
    this.nameKinds();
    const { media, side, own, tokenizers, problem, job } = bus.state;
    this.side.set(side);
    this.sides.hidden = this.modality() !== "image" || kindOf(media) === "presets"; // crops are looked at as they are
    const { least, most } = bus.info.limits;
    let lit = null;
    for (const tile of this.strip.children) {
      const chosen = tile.dataset.media === media;
      tile.setAttribute("aria-checked", String(chosen));
      tile.tabIndex = chosen ? 0 : -1;
      if (chosen) lit = tile;
    }
    if (!lit && this.strip.firstChild) this.strip.firstChild.tabIndex = 0;
    const found = this.media.find((one) => one.id === media);
    const all = this.media.filter((one) => one.kind === this.kind && (one.modality ?? "image") === this.modality()).length;
    const words = found
      ? `${found.title}. ${found.about}`
      : media === "own"
        ? (own?.title ?? "")
        : media.endsWith(":all") && all
          ? "All of them as a set: means and spread."
          : "";
    say(this.about, kindOf(media) === this.kind ? typeset(words) : "");
    for (const chip of this.chips.children) {
      const on = tokenizers.includes(chip.dataset.id);
      chip.setAttribute("aria-pressed", String(on));
      chip.classList.toggle("is-off", chip.dataset.fits === "false" || (!on && tokenizers.length >= most));
    }
    say(this.count, `${tokenizers.length} chosen, from ${least} to ${most}`);
    say(this.number, countOf(tokenizers.length, "tokenizer"));
    if (!this.enough()) this.all.dataset.open = ""; // what is missing is not folded away
    const fresh = isFresh(bus.state);
    this.go.disabled = !this.enough() || (fresh && isGoing(job));
    this.go.classList.toggle("is-wanted", !fresh && this.enough());
    const few = tokenizers.length === 0 ? "Choose at least two." : "Choose one more: one alone is no comparison.";
    say(this.said, !this.enough() ? few : fresh ? "" : "What is below is not yet what you have chosen.");
    if (problem?.field === "tokenizers") note(this.trouble, problem.message, "problem");
    if (problem?.field === "media") note(this.mediaTrouble, problem.message, "problem");
    if (problem === null && this.problem) for (const place of [this.trouble, this.mediaTrouble]) note(place, ""); // it was mended
    this.problem = problem;
  }
}

export function mount(host, bus) {
  return new Chooser(host, bus);
}
