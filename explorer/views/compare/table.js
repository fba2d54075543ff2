// @ts-check
// The table of a comparison: one row a tokenizer, sorted by any column, the best of each marked; and the files of it all.

import { furnish, note } from "../kit/widgets/panel.js";
import { nextSort, rangeOf, sortedRows } from "./model.js";
import { focusedIn, h, say } from "../kit/widgets/dom.js";
import { percent, signed, typeset, whole } from "../kit/wire/format.js";
import { saveFile } from "../kit/wire/files.js";

const FILES = [
  ["report", "Report, .html", "One file that opens in any browser, without a network: pictures, sounds, table, curves"],
  ["sheet", "Contact sheet, .png", "Originals beside reconstructions, error maps and worst patches"],
  ["csv", "Table, .csv", "Means, spreads, and every medium by itself"],
  ["differences", "Differences, .csv", "Each tokenizer less each other as its baseline"],
  ["codecs", "Codecs, .csv", "What familiar codecs gave at the bits of each tokenizer, and the bits that they reached"],
  ["details", "Details, .csv", "Errors by column, coverage by prefix, reach of anchors: a number a line"],
  ["json", "All numbers, .json", "Everything that was measured"],
];

/** What stands in a cell: a range below its number, and a long licence in a box that keeps to three lines.
 *  @param {string} key  @param {string} text  @returns {(string | HTMLElement)[]} */
function cellParts(key, text) {
  if (key === "licence") return [h("span", { title: text }, text)];
  const { value, range } = rangeOf(text);
  return [signed(value), range ? h("span", { class: "cp-range" }, ` ${signed(range)}`) : ""];
}

class Table {
  constructor(host, bus) {
    this.host = host;
    this.bus = bus;
    this.table = h("table", { class: "cp-table" });
    this.scroll = h("div", { class: "cp-scroll", tabindex: 0, role: "region", "aria-label": "Figures side by side" }, this.table);
    this.warning = h("p", { class: "cp-warning", hidden: true });
    this.words = h("details", { class: "cp-words" }, h("summary", {}, "What the columns are"), h("ul", {}));
    this.skipped = h("details", { class: "cp-words", hidden: true }, h("summary", {}), h("ul", {}));
    const exports = FILES.map(([kind, text, label]) => [text, label, () => this.download(kind)]);
    this.parts = furnish(host, "table", "In figures", { exports }, this.warning, this.scroll, this.words, this.skipped);
    host.querySelectorAll(".cb-exports button").forEach((button, i) => (button.dataset.kind = FILES[i][0]));
    this.fits = Object.fromEntries(FILES.map(([kind], i) => [kind, host.querySelectorAll(".cb-exports button")[i]]));
    bus.on(["result", "sort"], () => this.draw());
    this.draw();
  }

  draw() {
    const { result, sort } = this.bus.state;
    this.host.hidden = !result;
    if (!result) return;
    const { columns, rows, best, media } = result.table;
    this.fits.codecs.hidden = Object.keys(result.kind.codecs).length === 0; // of clips there are none
    this.fits.details.hidden = result.media.every(({ details }) => details.length === 0);
    const used = columns.filter(({ key }) => rows.some((row) => row[key] !== null));
    const focused = focusedIn(this.table)?.dataset.key ?? null;
    this.table.replaceChildren(
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Tokenizer", media > 1 ? h("small", {}, `mean ± SD, n = ${whole(media)}`) : null),
          ...used.map((column) => this.head(column, sort)),
        ),
      ),
      h("tbody", {}, ...sortedRows(rows, sort).map((row) => this.row(row, used, best, result.texts[row.tokenizer]))),
    );
    if (focused) this.table.querySelector(`button[data-key="${CSS.escape(focused)}"]`)?.focus();
    this.host.dataset.sort = sort;
    this.warning.hidden = !result.warning;
    say(this.warning, result.warning);
    say(this.parts.caption, typeset(this.caption(result, media)));
    this.words.lastChild.replaceChildren(...used.map(({ title, words }) => h("li", {}, h("b", {}, title), `: ${words}.`)));
    this.drawSkipped(result);
  }

  head({ key, title, measure, better }, sort) {
    const falling = sort === `-${key}`;
    const on = sort === key || falling;
    const mark = on ? (falling ? " ↓" : " ↑") : "";
    const button = h(
      "button",
      { type: "button", "data-key": key, title: "Sort by this column", onclick: () => this.bus.set({ sort: nextSort(sort, key, better) }) },
      title + mark,
      measure ? h("small", {}, measure) : null,
    );
    return h("th", { scope: "col", "data-key": key, "aria-sort": on ? (falling ? "descending" : "ascending") : null }, button);
  }

  row(row, used, best, texts) {
    const cells = used.map(({ key }) => {
      const won = best[key]?.includes(row.tokenizer);
      return h(
        "td",
        { class: won ? "is-best" : null, "data-key": key },
        ...cellParts(key, texts[key]),
        won ? h("b", { title: "Best of this column; the caption says when" }, " ★") : null,
      );
    });
    return h("tr", { "data-tokenizer": row.tokenizer }, h("th", { scope: "row" }, row.title), ...cells);
  }

  caption(result, media) {
    const { nouns, rate_name: rate, rate_unit: unit } = result.kind;
    const over = [`Over ${result.table.sizes}.`, result.table.spread].filter(Boolean).join(" ");
    const pooled =
      media > 1
        ? ` ${rate} (${unit}) at the entropy of the codes of all ${whole(media)} ${nouns} together: ${Object.entries(result.table.pooled_rate)
            .map(([id, bits]) => `${this.bus.title(id)} ${bits.toFixed(3)}`)
            .join(", ")}.`
        : "";
    const partial = result.complete
      ? ""
      : ` Stopped: ${percent(result.media.length + result.skipped.length, result.planned)} of ${whole(result.planned)} ${nouns} were reached.`;
    return `${over} ${result.table.stars}${pooled}${partial} Made in ${result.seconds.toFixed(1)} s on ${result.device.toUpperCase()}.`;
  }

  drawSkipped({ media, skipped }) {
    const failed = media.flatMap((medium) => medium.failures.map(({ name, why }) => [`${medium.name}, ${this.bus.title(name)}`, why]));
    const all = [...skipped.map(({ name, why }) => [name, why]), ...failed];
    this.skipped.hidden = all.length === 0;
    say(this.skipped.firstChild, `${whole(all.length)} skipped or failed`);
    this.skipped.lastChild.replaceChildren(...all.map(([name, why]) => h("li", {}, h("b", {}, name), ` ${why}`)));
  }

  async download(kind) {
    const { status } = this.parts;
    note(status, "Preparing…");
    try {
      const { file } = await this.bus.ask("download", { kind, job: this.bus.state.job.id });
      saveFile(file);
      note(status, `Saved ${file.name}.`);
    } catch (error) {
      note(status, error.message, "problem");
    }
  }
}

export function mount(host, bus) {
  new Table(host, bus);
}
