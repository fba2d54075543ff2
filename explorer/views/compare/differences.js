// @ts-check
// Each tokenizer less a baseline, on the same media: what two means with wide spreads hide. Any tokenizer can be the
// baseline; the words are those of the report.

import { furnish } from "../kit/widgets/panel.js";
import { h, say } from "../kit/widgets/dom.js";
import { signed, whole } from "../kit/wire/format.js";

/** The baseline on screen: what was chosen if it is there, else what the comparison began with. Pure. */
export const baselineOf = (table, chosen) => (chosen in table.differences ? chosen : table.baseline);

/** "+0.43 ± 0.12 dB, better on 24 of 24 pictures" -> its two parts. Pure. */
export function partsOf(text) {
  const at = text.indexOf(", ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 2)];
}

class Differences {
  constructor(host, bus) {
    this.host = host;
    this.bus = bus;
    this.choice = h("select", { class: "cb-select", "aria-label": "Baseline", onchange: () => bus.set({ baseline: this.choice.value }) });
    this.table = h("table", { class: "cp-table" });
    const scroll = h("div", { class: "cp-scroll", tabindex: 0, role: "region", "aria-label": "Differences to the baseline" }, this.table);
    const label = h("label", { class: "cp-baseline" }, h("span", {}, "Baseline"), this.choice);
    this.parts = furnish(host, "differences", "Difference to a baseline", { tools: [label] }, scroll);
    bus.on(["result", "baseline"], () => this.draw());
    this.draw();
  }

  draw() {
    const { result, baseline } = this.bus.state;
    const table = result?.table;
    this.host.hidden = !table || table.media === 0 || table.rows.length < 2;
    if (this.host.hidden) return;
    const base = baselineOf(table, baseline);
    this.choice.replaceChildren(...table.rows.map(({ tokenizer, title }) => h("option", { value: tokenizer }, title)));
    this.choice.value = base;
    const found = table.differences[base];
    const others = table.rows.filter(({ tokenizer }) => tokenizer in found);
    const columns = table.columns.filter(({ key }) =>
      others.some(({ tokenizer }) => (found[tokenizer][key]?.wins ?? 0) + (found[tokenizer][key]?.losses ?? 0) + (found[tokenizer][key]?.ties ?? 0) > 0),
    );
    const head = columns.map(({ title }) => h("th", { scope: "col" }, title)); // units stand with the numbers
    const body = others.map(({ tokenizer, title }) =>
      h("tr", { "data-tokenizer": tokenizer }, h("th", { scope: "row" }, title), ...columns.map(({ key }) => this.cell(key, found[tokenizer][key]))),
    );
    const sure = table.media > 1 ? h("small", {}, `mean ± half the 95% interval, n = ${whole(table.media)}`) : null;
    this.table.replaceChildren(h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `Less ${this.bus.title(base)}`, sure), ...head)), h("tbody", {}, ...body));
    say(this.parts.caption, table.interval);
    this.host.dataset.baseline = base;
  }

  cell(key, { text, clear }) {
    const [main, rest] = partsOf(text);
    return h("td", { class: clear ? "is-best" : null, "data-key": key }, signed(main), rest ? h("small", {}, rest) : null);
  }
}

export function mount(host, bus) {
  new Differences(host, bus);
}
