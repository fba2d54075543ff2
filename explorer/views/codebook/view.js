// @ts-check
// The codebook page: choosers, the panels and where they stand. What is chosen and asked goes through codebook/link.js.

import { Component, openOnce } from "../kit/component.js";
import { mount as mountAudit } from "./audit/audit.js";
import { mount as mountBeside } from "./beside.js";
import { mount as mountCode } from "./code/code.js";
import { mostUsed } from "./code/model.js";
import { mount as mountDiagnosis } from "./diagnosis.js";
import { mount as mountFacts } from "./facts.js";
import { mount as mountGeometry } from "./geometry/geometry.js";
import { mount as mountGrowth } from "./growth/growth.js";
import { mount as mountHeatmap } from "./heatmap/heatmap.js";
import { createBus, linkedState, NAMES, ownState, queryOf } from "./link.js";
import { mount as mountMap } from "./map/map.js";
import { addStyleSheet } from "../kit/page/component.js";
import { learn } from "../kit/page/help.js";
import { travel } from "../kit/page/travel.js";
import { h, say, segments } from "../kit/widgets/dom.js";
import { foldButton } from "../kit/widgets/folds.js";
import { countOf, whole } from "../kit/wire/format.js";

// Name of a panel -> its mount(host, bus).
const PANELS = {
  audit: mountAudit,
  facts: mountFacts,
  diagnosis: mountDiagnosis,
  heatmap: mountHeatmap,
  map: mountMap,
  geometry: mountGeometry,
  growth: mountGrowth,
  beside: mountBeside,
  code: mountCode,
};
const SHEETS = ["../kit/widgets/frames.css", "../kit/widgets/panels.css", "../kit/widgets/folds.css", "../kit/widgets/sign.css", "panels.css"];
const MOST_SKIPPED = 50;

/** "3 sounds (12.8 s) · 640 tokens a level · 4 skipped · 12 s on cpu": what an audit counted; tokens: of each level, which
 *  are called parts. Pure. */
export function auditWords({ media, skipped, planned, complete, seconds, device, amount_words: amount }, tokens, part = "level") {
  const count = Array.isArray(media) ? media.length : (media ?? 0);
  const all = amount ?? countOf(count, "medium", "media");
  const read = complete || !planned ? all : `${all}, of ${countOf(planned, "medium", "media")}; stopped before its end`;
  const even = new Set(tokens).size < 2;
  const rest = [
    even ? `${countOf(tokens[0] ?? 0, "token")}${tokens.length > 1 ? ` a ${part}` : ""}` : `${tokens.map(whole).join(", ")} tokens on its ${part}s`,
  ];
  if (skipped?.length) rest.push(`${whole(skipped.length)} skipped`);
  if (seconds > 0) rest.push(`counted in ${seconds < 10 ? seconds.toFixed(1) : whole(seconds)} s${device ? ` on ${device}` : ""}`);
  return [read, ...rest].join(" · ");
}

/** "Level 2 of 4" for an unnamed one; names of the audit otherwise. Pure. */
export function levelOptions(levels) {
  return levels.map((level, i) => {
    const name = level.name ? level.name[0].toUpperCase() + level.name.slice(1) : `Level ${i + 1}`;
    return { id: i, label: name, title: `${name}: K = ${whole(level.codebook_size)}` };
  });
}

/** What is said while an audit opens: what is on its way, and of what the page still speaks. open: what the page shows, or null.
 *  Pure. @param {{tokenizer: string | null, audit: string | null}} wanted  @param {{id: string, title: string}[]} tokenizers */
export function openingWords(wanted, tokenizers, open) {
  const next = tokenizers.find(({ id }) => id === wanted.tokenizer)?.title;
  const other = open && (open.tokenizer?.id ?? null) !== wanted.tokenizer;
  const still = other ? (open.tokenizer?.title ?? open.audit?.title) : open?.audit?.title;
  return `Opening${other && next ? ` ${next}` : ""}…${still ? ` What stands here is still of ${still}.` : ""}`;
}

/** Groups of the tokenizer chooser: [[modality, [{id, title}]]] in the order in which they come. Pure. */
export function groupsOf(tokenizers) {
  const groups = new Map();
  for (const one of tokenizers) {
    const name = one.modality ?? "other";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(one);
  }
  return [...groups];
}

class CodebookPage extends Component {
  constructor(root, opening, server) {
    super();
    this.root = root;
    this.opening = opening;
    this.loading = null;
    const { tokenizer, audit, level, code } = opening;
    const first = { tokenizer, audit, level: level ?? 0, code: code ?? null, ...ownState(window.location.search) };
    this.bus = createBus({ ask: (request) => server.codebook_ask(request), token: opening.token, first, win: window });
    this.part(this.bus.life);
    this.build();
    this.bus.on(["tokenizer", "audit"], () => {
      this.loaded = this.load();
    });
    this.bus.on(["level"], () => queueMicrotask(() => this.loading || this.openCode())); // once every panel knows of the level
    this.bus.on(["tokenizer", "audit", "level", "code", "open", "beside"], () => this.follow());
    this.own(travel.register(this.traveller(server)));
    this.follow();
  }

  build() {
    const select = (text, onchange) => {
      const element = h("select", { class: "cb-select", onchange });
      return { element, label: h("label", { class: "cb-choice" }, h("span", {}, text), element) };
    };
    this.tokenizers = select("Tokenizer", () => this.bus.set({ tokenizer: this.tokenizers.element.value || null, audit: null }));
    this.audits = select("Counted over", () => this.bus.set({ audit: this.audits.element.value }));
    this.besides = select("Beside it", () => this.bus.set({ beside: this.besides.element.value || null }));
    this.levels = segments("Level or group of the codebook", (id) => this.bus.set({ level: id }));
    this.level = h("div", { class: "cb-choice", hidden: true }, h("span", {}, "Codebook"), this.levels.element);
    this.summary = h("p", { class: "cb-summary" });
    this.counted = h("p", { class: "cb-counted" });
    this.reading = h("p", { class: "cb-reading", hidden: true });
    this.skipped = h("details", { class: "cb-skipped", hidden: true }, h("summary", {}), h("ul", {}));
    this.notes = h("details", { class: "cb-skipped cb-notes", hidden: true }, h("summary", {}), h("ul", {}));
    this.problem = h("p", { class: "cb-problem", role: "alert", hidden: true });
    this.again = h("button", { type: "button", class: "dte-link", hidden: true, onclick: () => this.load() }, "Try again");
    this.status = h("p", { class: "cb-loading", role: "status" });
    this.hosts = Object.fromEntries(Object.keys(PANELS).map((name) => [name, h("section", { class: `codebook-${name}` })]));
    const { audit, facts, diagnosis, heatmap, map, geometry, growth, beside, code } = this.hosts;
    const about = h("div", { class: "cb-words dte-fold" }, this.summary, this.counted, this.reading, this.notes, this.skipped);
    audit.classList.add("dte-fold");
    const folds = [foldButton(this, about, "codebook-about", "About"), foldButton(this, audit, "codebook-own", "Your own, files")];
    const choices = [this.tokenizers.label, this.audits.label, this.besides.label, this.level];
    const bar = h("div", { class: "cb-choices" }, ...choices, h("div", { class: "cb-folds" }, ...folds));
    const trouble = h("div", { class: "cb-trouble" }, this.problem, this.again, this.status);
    const main = [h("div", { class: "cb-pair" }, heatmap, map), facts, beside, geometry, growth];
    this.body = h("div", { class: "cb-body" }, h("div", { class: "cb-main" }, ...main), h("aside", { class: "cb-side" }, diagnosis, code));
    this.root.classList.add("dte-frames", "dte-codebook");
    this.root.replaceChildren(h("div", { class: "cb-top" }, bar, about, audit, trouble), this.body);
    for (const [modality, list] of groupsOf(this.opening.tokenizers)) {
      const options = list.map(({ id, title }) => h("option", { value: id }, title));
      this.tokenizers.element.append(h("optgroup", { label: modality }, ...options));
    }
  }

  async start() {
    await Promise.all(Object.entries(PANELS).map(([name, mountPanel]) => this.startPanel(name, mountPanel)));
    if (this.opening.message) this.say(this.opening.message);
    await this.load();
  }

  /** How the page takes a link, and has the audit of one ready. */
  traveller(server) {
    const read = (search) => linkedState(search, this.opening.tokenizers);
    return {
      names: NAMES,
      now: (search) => queryOf(search, this.bus.state),
      take: (search) => {
        this.bus.set(read(search));
        return this.loaded; // of another audit, perhaps long ago
      },
      prepare: (search) => {
        const { tokenizer, audit } = read(search);
        return server.codebook_ask({ what: "open", token: this.opening.token, tokenizer, audit });
      },
    };
  }

  /** A panel that fails says so in its place, and the others go on. */
  async startPanel(name, mountPanel) {
    try {
      this.bus.life.part(await mountPanel(this.hosts[name], this.bus));
    } catch (error) {
      console.error(`the panel ${name} could not be shown`, error);
      this.hosts[name].textContent = "This panel could not be shown.";
    }
  }

  /** Open the chosen audit, or where none is chosen the first of the tokenizer. Only the newest wish is drawn. */
  async load() {
    if (this.settling) return;
    const wish = (this.loading = {});
    this.root.dataset.ready = "false";
    this.root.setAttribute("aria-busy", "true");
    this.after(() => this.loading === wish && say(this.status, openingWords(this.bus.state, this.opening.tokenizers, this.bus.open)), 200);
    try {
      const answer = await this.bus.ask("open", {});
      if (this.loading !== wish) return;
      this.settle(answer);
    } catch (error) {
      if (error.stale || this.loading !== wish) return;
      this.bus.opened(null);
      this.say(error.message, true);
      this.root.dataset.ready = "error";
    }
    this.loading = null;
    this.root.removeAttribute("aria-busy");
    say(this.status, "");
  }

  settle(answer) {
    learn(answer.help);
    this.say(this.opening.message ?? "");
    this.opening.message = "";
    this.settling = true; // the audit that the server chose is no new wish
    this.bus.set({ audit: answer.audit?.id ?? null });
    this.settling = false;
    this.fillAudits(answer);
    this.bus.opened(answer);
    this.openCode();
    this.root.dataset.ready = "true";
  }

  /** Where no code is chosen yet the most used one is: nothing waits empty beside the heatmap. */
  openCode() {
    if (this.bus.state.code === null) this.bus.set({ code: mostUsed(this.bus.level()?.counts ?? []) });
  }

  fillAudits({ audits, audit, besides = [] }) {
    const text = ({ title, tokens }) => (tokens ? `${title} (${countOf(tokens, "token")})` : title);
    this.audits.element.replaceChildren(...audits.map((one) => h("option", { value: one.id }, text(one))));
    if (audit) this.audits.element.value = audit.id;
    this.audits.element.disabled = audits.length === 0;
    const others = besides.map((one) => h("option", { value: one.key }, text(one)));
    this.besides.element.replaceChildren(h("option", { value: "" }, "nothing"), ...others);
    this.besides.label.hidden = others.length === 0;
    const chosen = besides.some(({ key }) => key === this.bus.state.beside) ? this.bus.state.beside : null;
    this.bus.set({ beside: chosen });
    this.besides.element.value = chosen ?? "";
  }

  say(text, retry = false) {
    this.problem.hidden = !text;
    this.again.hidden = !retry;
    say(this.problem, text);
  }

  /** What stands in the head, and what scripts read. */
  follow() {
    const { state, open } = this.bus;
    this.nameTokenizer(state.tokenizer);
    if (this.audits.element.value !== state.audit && state.audit) this.audits.element.value = state.audit;
    this.besides.element.value = state.beside ?? "";
    const options = levelOptions(open?.levels ?? []);
    if (this.levels.element.children.length !== options.length || this.shown !== open) this.levels.options(options, state.level);
    else this.levels.set(state.level);
    this.level.hidden = options.length < 2;
    if (this.shown !== open) this.describe(open);
    this.shown = open;
    this.root.classList.toggle("cb-empty", !open);
    for (const name of ["tokenizer", "audit", "level", "code"]) this.root.dataset[name] = state[name] ?? "";
  }

  /** The chooser shows the tokenizer; an audit of plain indices has none, and gets a line of its own. */
  nameTokenizer(id) {
    const { element } = this.tokenizers;
    if (!this.plain) this.plain = h("option", { value: "" }, "none: plain indices");
    if (id === null && !this.plain.isConnected) element.prepend(this.plain);
    if (id !== null) this.plain.remove();
    if (element.value !== (id ?? "")) element.value = id ?? "";
  }

  describe(open) {
    const { tokenizer, audit, levels } = open ?? {};
    say(this.summary, tokenizer?.summary ?? "");
    say(
      this.counted,
      audit
        ? `${audit.title}: ${auditWords(
            audit,
            levels.map((level) => level.tokens),
            levels[0].part,
          )}`
        : "",
    );
    say(this.reading, (audit?.reading ?? []).join(" "));
    this.reading.hidden = !audit?.reading?.length;
    const notes = audit?.notes ?? [];
    this.notes.hidden = notes.length === 0;
    say(this.notes.firstChild, `${countOf(notes.length, "note")} on how the media were read`);
    this.notes.lastChild.replaceChildren(...notes.map((text) => h("li", {}, text)));
    const skipped = audit?.skipped ?? [];
    this.skipped.hidden = skipped.length === 0;
    say(this.skipped.firstChild, `${countOf(skipped.length, "file")} skipped`);
    const lines = skipped.slice(0, MOST_SKIPPED).map(([name, why]) => h("li", {}, h("b", {}, name), ` ${why}`));
    if (skipped.length > MOST_SKIPPED) lines.push(h("li", {}, `and ${whole(skipped.length - MOST_SKIPPED)} more`));
    this.skipped.lastChild.replaceChildren(...lines);
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => {
    const page = new CodebookPage(view.element, opening, view.server);
    page.start();
    return page;
  });
}
