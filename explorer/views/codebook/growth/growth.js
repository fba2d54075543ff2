// @ts-check
// How usage grew with the tokens counted; with it, whether two halves agree and what one medium alone would have said.

import { levelChart } from "../charts.js";
import { furnish } from "../../kit/widgets/panel.js";
import { h, segments } from "../../kit/widgets/dom.js";
import * as model from "./model.js";

const SCALES = [
  { id: "linear", label: "Linear" },
  { id: "log", label: "Log" },
];

/** The curve of codes used. Its axis of tokens is as the figure has it until another is chosen. */
function createGrowth(bus) {
  let log = null;
  const scale = segments("Axis of tokens", (id) => {
    log = id === "log";
    own.refresh();
  });
  scale.options(SCALES, "linear");
  const own = levelChart(bus, "growth", "Usage while counting", {
    tools: [scale.element],
    options: () => ({ log }),
    csv: () => model.growthCsv(bus.level()),
    table: { head: ["Tokens", "Used codes", "Of K", "How"], rows: () => model.growthRows(bus.level()), total: () => model.growthRows(bus.level()).length },
    chart: { label: "Codes used against tokens counted.", on: { shown: ({ layout }) => scale.set(layout.xaxis?.type === "log" ? "log" : "linear") } },
  });
  return {
    element: own.element,
    show(level) {
      const { fit, words } = level.growth;
      const said = model.growthWords(level);
      own.chart.describe(`Codes used against tokens counted. ${said}`);
      own.say(said);
      own.note(`Full line: counted. Dashed: the ceiling min(K, N), the most that so many tokens can use. ${fit ? `Dotted: estimated. ${fit.words}` : words}`);
      own.refresh();
    },
  };
}

/** Two halves of the media, code by code: do they tell the same story? */
function createHalves(bus) {
  const button = (code) => h("button", { type: "button", onclick: () => bus.set({ code }) }, String(code));
  const rows = (most) => model.halvesRows(bus.level(), most).map(([code, ...rest]) => [button(code), ...rest]);
  const own = levelChart(bus, "halves", "Do two halves agree?", {
    csv: () => model.halvesCsv(bus.level()),
    table: { head: ["Code", "Tokens", "Even media", "Odd media"], rows, total: () => bus.level().codebook_size },
    chart: { label: "Counts of each code in two halves of the media." },
  });
  return {
    element: own.element,
    show(level) {
      const words = model.halvesWords(level);
      own.chart.element.hidden = own.files.hidden = own.folded.element.hidden = !words;
      own.note(words);
      own.say(level.halves?.words ?? "One of the halves is empty: count at least two media.");
      if (!words) return own.chart.clear();
      own.chart.describe(`Counts of each code in two halves of the media. ${words}`);
      own.refresh();
    },
  };
}

/** What each medium by itself would have said of the codebook, beside all of them: the illusion of a small batch. */
function createSingles(bus) {
  let measure = "perplexity";
  const choice = segments("Measure", (id) => {
    measure = id;
    tell();
  });
  choice.options(model.BATCH_MEASURES, measure);
  const own = levelChart(bus, "batches", "Each medium by itself", {
    name: "single_media",
    tools: [choice.element],
    options: () => ({ measure }),
    csv: () => model.batchesCsv(bus.level()),
    table: {
      head: ["Medium", "Tokens", "Used codes", "Perplexity"],
      rows: (most) => model.batchesRows(bus.level(), most),
      total: () => bus.level().batches.tokens.length,
    },
    chart: { label: "Usage of single media beside the usage of all." },
  });
  const tell = () => {
    const words = model.batchWords(bus.level(), measure);
    own.say(words);
    own.chart.describe(`Usage of single media beside the usage of all. ${words}`);
    own.refresh();
  };
  return {
    element: own.element,
    show(level) {
      own.note(level.batches?.words ?? "");
      tell();
    },
  };
}

export function mount(host, bus) {
  const parts = [createGrowth(bus), createHalves(bus), createSingles(bus)];
  const { foot } = furnish(host, "growth-panel", "Is enough counted?", {}, h("div", { class: "cb-figures" }, ...parts.map(({ element }) => element)));
  foot.remove();
  const show = () => {
    const level = bus.level();
    host.hidden = !level;
    if (level) for (const part of parts) part.show(level);
  };
  bus.on(["open", "level"], show);
  show();
}
