// @ts-check
// An experiment, side by side: what it found in words, its charts, the failures of each medium, and every number.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { travel } from "../kit/page/travel.js";
import { chartFigure } from "../kit/widgets/chart_figure.js";
import { h } from "../kit/widgets/dom.js";
import { furnish } from "../kit/widgets/panel.js";
import { createPageBus } from "../kit/wire/bus.js";
import { saveFile, saveText } from "../kit/wire/files.js";
import { levelOf, prefixOf } from "../kit/wire/findings.js";
import { countOf, csv, fileStem, whole } from "../kit/wire/format.js";

const SHEETS = ["../kit/widgets/panels.css", "../kit/widgets/frames.css", "../kit/widgets/base.css", "../kit/widgets/folds.css"];
// Name of a figure -> its title and what it shows, for those who do not see it.
const CHARTS = {
  codes_of_runs: ["How far each codebook is used", "Tokens of each code of every run, from the most to the least used."],
  usage_of_runs: ["When codes come into use, and when they die", "Share of the codes in use along training."],
  losses_of_runs: ["What is lost", "Share of the variance of held-out media that is lost."],
  rates_of_runs: ["Rate and distortion", "Bits a token and PSNR of every run."],
  gradients_of_runs: ["What reaches the encoder", "Length and direction of the gradient that passes the quantizer."],
  perplexity_of_races: ["How many codes are in use, in effect", "Perplexity of every racer over the steps."],
  dead_of_races: ["How many codes are dead", "Share of dead codes of every racer over the steps."],
  losses_of_races: ["What is lost, as they learn", "Share of the variance that every racer loses over the steps."],
  accuracy_of_runs: ["What a linear classifier reads", "Share of held-out media that a linear classifier puts into their class."],
};

/** Medium, condition and every measure, a row each, in full. Pure. */
export function tableCsv({ columns, rows }) {
  const head = ["medium", "condition", "tokens", ...columns.map(({ key }) => key)];
  return csv(
    head,
    rows.map((row) => [row.medium, row.condition, row.quantized ? row.tokens : null, ...columns.map(({ key }) => row.values[key])]),
  );
}

/** What is wrong, of runs with a quantizer: by condition and medium, or where there is one medium a group of conditions:
 *  [{title, members: [{name, findings}]}]. Pure. */
export function failuresOf({ rows }) {
  const told = rows.filter(({ quantized }) => quantized);
  const media = new Set(told.map(({ medium }) => medium));
  if (media.size < 2) return [{ title: "", members: told.map(({ condition, findings }) => ({ name: condition, findings })) }];
  const found = new Map();
  for (const { condition, medium, findings } of told) {
    if (!found.has(condition)) found.set(condition, []);
    found.get(condition).push({ name: medium, findings });
  }
  return [...found].map(([title, members]) => ({ title, members }));
}

class ExperimentsPage extends Component {
  constructor(root, { choices, chosen, opened, message }, server) {
    super();
    this.bus = createPageBus({
      ask: (request) => server.experiments_ask(request),
      first: { experiment: chosen },
      win: window,
      next: (state, changes) => Object.freeze({ ...state, ...changes }),
      inAddress: ["experiment"],
      query: queryOf,
      scope: ({ experiment }) => ({ experiment }),
    });
    this.part(this.bus.life);
    this.choices = choices;
    this.host = h("div", { class: "ex-opened" });
    this.problem = h("p", { class: "cb-problem", role: "alert" });
    this.select = h(
      "select",
      { class: "cb-select", "aria-label": "Experiment", onchange: () => this.choose(this.select.value) },
      ...choices.map(({ id, title }) => h("option", { value: id, selected: id === chosen }, title)),
    );
    root.classList.add("dte-frames", "dte-experiments");
    root.replaceChildren(
      h("div", { class: "ex-choose" }, this.select, h("span", { class: "cb-note" }, choices.length === 1 ? "1 question" : `${choices.length} questions`)),
      this.problem,
      this.host,
    );
    this.root = root;
    const now = (search) => queryOf(search, this.bus.state);
    this.own(travel.register({ names: ["experiment"], now, take: (search) => this.take(search) }));
    this.tell(message);
    if (opened) this.show(opened);
  }

  tell(message) {
    this.problem.textContent = message;
    this.problem.hidden = !message;
  }

  /** What a link names, the first one where it names none. False where there is no such experiment. */
  take(search) {
    const asked = new URLSearchParams(search).get("experiment") ?? this.choices[0]?.id;
    return this.choices.some(({ id }) => id === asked) ? this.choose(asked) : false;
  }

  async choose(experiment) {
    this.bus.set({ experiment });
    this.select.value = experiment;
    this.root.dataset.ready = "false";
    try {
      const { opened } = await this.bus.ask("open");
      this.tell("");
      this.show(opened);
    } catch (error) {
      if (error.stale) return;
      this.tell(error.message);
      this.opened?.destroy();
      this.host.replaceChildren();
    }
  }

  show(experiment) {
    this.opened?.destroy();
    this.opened = this.part(new Opened(this.host, experiment, this.bus));
    Object.assign(this.root.dataset, { ready: "true", experiment: experiment.id });
  }
}

/** The query of a link to an experiment; keys of others are kept. Pure. */
export function queryOf(before, { experiment }) {
  const query = new URLSearchParams(before);
  query.set("experiment", experiment);
  return query.toString();
}

/** One experiment on screen. */
class Opened extends Component {
  constructor(host, experiment, bus) {
    super();
    this.experiment = experiment;
    this.bus = bus;
    const [first, ...others] = experiment.charts.filter((name) => name in CHARTS).map((name) => this.chart(name));
    const hosts = { failures: h("section", {}), table: h("section", {}) };
    host.replaceChildren(this.head(), first, h("div", { class: "ex-pair" }, ...others), hosts.failures, hosts.table);
    this.failures(hosts.failures);
    this.table(hosts.table);
  }

  head() {
    const { question, sentences } = this.experiment;
    return h("header", { class: "ex-head" }, h("h2", {}, question), h("ul", { class: "ex-found" }, ...sentences.map((text) => h("li", {}, text))));
  }

  chart(name) {
    const { id, title: about } = this.experiment;
    const [title, label] = CHARTS[name];
    const one = chartFigure(name, title, {
      files: { stem: () => fileStem(id, name), about: () => about },
      chart: {
        label,
        className: `ex-${name.replaceAll("_", "-")}`,
        ask: (theme) => this.bus.ask("figure", { name, theme }),
        on: { shown: ({ layout }) => this.shown(one, layout) },
      },
    });
    this.part(one.chart);
    one.refresh();
    return one.element;
  }

  /** Its words; a figure that says how high it is gets the room. */
  shown(one, { meta, height }) {
    one.note(meta.words);
    if (height) one.chart.element.style.height = `${height}px`;
  }

  /** Failures side by side: a column a medium, a row a condition. */
  failures(host) {
    const { conditions, seeds } = this.experiment;
    host.hidden = this.experiment.rows.every(({ findings }) => findings.length === 0); // racers of the lab are not judged
    const body = failuresOf(this.experiment).map(({ title, members }) =>
      h(
        "div",
        { class: "ex-condition" },
        title ? h("h4", {}, title) : null,
        h("p", { class: "cb-note" }, conditions.find((one) => one.title === title)?.about ?? ""),
        h("div", { class: "ex-media" }, ...members.map((one) => this.member(one))),
      ),
    );
    const { caption } = furnish(host, "failures", "What is wrong with each", {}, ...body);
    caption.textContent = `The diagnosis of the Codebook page, over all held-out media${seeds > 1 ? ", of the first seed" : ""}.`;
  }

  member({ name, findings }) {
    const items = findings.map((one) =>
      h(
        "details",
        { class: "ex-finding", "data-level": one.level },
        h("summary", {}, h("span", { class: "ex-mark", "aria-hidden": "true" }, levelOf(one).mark), h("span", {}, `${prefixOf(one)}${one.title}`)),
        h("p", {}, one.text),
        one.try ? h("p", {}, h("b", {}, "Try: "), one.try) : null,
      ),
    );
    const about = this.experiment.conditions.find((one) => one.title === name)?.about;
    return h("section", { class: "ex-medium", "data-member": name, title: about }, h("h5", {}, name[0].toUpperCase() + name.slice(1)), ...items);
  }

  table(host) {
    const { columns, rows, made, command } = this.experiment;
    const head = ["Medium", "Condition", ...columns.map(({ title }) => title)];
    const table = h(
      "table",
      { class: "ex-table" },
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
      h(
        "tbody",
        {},
        ...rows.map((row) => h("tr", {}, ...[row.medium, row.condition, ...columns.map(({ key }) => row.texts[key])].map((text) => h("td", {}, text)))),
      ),
    );
    const words = h("ul", {}, ...columns.map(({ title, words: said }) => h("li", {}, h("b", {}, title), `: ${said}.`)));
    const how = h(
      "ul",
      {},
      ...made.map((text) => h("li", {}, text)),
      h(
        "li",
        {},
        "Again: ",
        h("code", {}, command),
        " (with --out FILE.json; what trains on photographs or sounds takes folders of your own by --pictures and --sounds).",
      ),
    );
    const exports = [
      ["Table, .csv", "Means over the seeds", () => saveText(tableCsv(this.experiment), `${fileStem(this.experiment.id, "table")}.csv`)],
      ["All results, .json", "Every run with its curves and counts", () => this.download()],
    ];
    const { caption, status } = furnish(
      host,
      "table",
      "In figures",
      { exports },
      h("div", { class: "ex-scroll", tabindex: 0, role: "region", "aria-label": "Figures side by side" }, table),
      h("details", { class: "ex-fold" }, h("summary", {}, "What the columns are"), words),
      h("details", { class: "ex-fold", open: true }, h("summary", {}, "How it was made"), how),
    );
    this.status = status;
    const tokens = rows.find(({ quantized }) => quantized)?.tokens ?? 0;
    caption.textContent = `Usage over ${countOf(tokens, "token")} each; where two numbers stand, they are the lowest and the highest of ${whole(this.experiment.seeds)} seeds.`;
  }

  async download() {
    this.status.hidden = true;
    try {
      saveFile((await this.bus.ask("file")).file);
    } catch (error) {
      if (error.stale) return;
      this.status.textContent = error.message;
      this.status.hidden = false;
    }
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => new ExperimentsPage(view.element, opening, view.server));
}
