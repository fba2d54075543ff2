// @ts-check
// Tokens as the words of a language: how often each is used, what one tells of the next, and what memory is worth.

import { Component } from "../kit/component.js";
import { chartFigure } from "../kit/widgets/chart_figure.js";
import { h, segments } from "../kit/widgets/dom.js";
import { furnish, note } from "../kit/widgets/panel.js";
import { fileStem } from "../kit/wire/format.js";

const CHARTS = {
  codes_as_words: ["Rank and frequency", "Tokens of each code by its rank, with the law that fits."],
  counted_bits: ["Bits a token, as counted", "Bits a token by what is known before it."],
  held_out_bits: ["What memory is worth", "Bits a held-out token by what is known before it."],
};
const TEXTS = [
  { id: "samples", label: "All samples", title: "The tokens of all sample pictures" },
  { id: "picture", label: "This picture", title: "The tokens of the picture above alone: far too few for pairs" },
];

export class Words extends Component {
  constructor(host, page) {
    super();
    this.page = page;
    this.text = segments("What is counted", (text) => page.bus.set({ text }));
    this.text.options(TEXTS, page.bus.state.text);
    this.charts = Object.keys(CHARTS).map((name) => this.chart(name));
    this.lines = h("ul", { class: "lg-lines" });
    const { status } = furnish(
      host,
      "words",
      "Words of a language",
      { tools: [this.text.element] },
      h("div", { class: "lg-charts" }, ...this.charts.map(({ element }) => element)),
      h("details", { class: "lg-fold", open: true }, h("summary", {}, "What is counted"), this.lines),
    );
    this.status = status;
    this.own(page.bus.on(["text", "picture", "own"], () => this.refresh()));
    this.onSight(host, (now) => now && !this.asked && this.refresh(), 200);
  }

  chart(name) {
    const [title, label] = CHARTS[name];
    const { bus } = this.page;
    const one = chartFigure(name, title, {
      files: { stem: () => fileStem("language", bus.state.text, name), about: () => `${title}, ${this.page.facts.tokenizer}` },
      chart: {
        label,
        className: "lg-chart",
        ask: (theme) => bus.ask("figure", { picture: bus.state.picture, text: bus.state.text, name, theme }),
        on: { shown: ({ layout }) => one.note(layout.meta.words) },
      },
    });
    this.part(one.chart);
    return one;
  }

  async refresh() {
    const { bus } = this.page;
    if (this.asked === `${bus.state.text} ${bus.state.text === "picture" ? bus.state.picture : ""}` && bus.state.picture !== "own") return;
    this.asked = `${bus.state.text} ${bus.state.text === "picture" ? bus.state.picture : ""}`;
    this.text.set(bus.state.text);
    for (const one of this.charts) one.refresh();
    note(this.status, "Counting tokens…");
    try {
      const { language } = await bus.ask("words", { picture: bus.state.picture, text: bus.state.text });
      this.lines.replaceChildren(...language.lines.map((line) => h("li", {}, line)));
      note(this.status, "");
    } catch (error) {
      if (!error.stale) note(this.status, error.message, "problem");
    }
  }
}
