// @ts-check
// The facts of an audit: each number with its unit and its denominator, for the level on screen, each level and jointly.

import { number } from "./growth/model.js";
import { furnish, saveCsv } from "../kit/widgets/panel.js";
import { helpMark } from "../kit/page/help.js";
import { h, say } from "../kit/widgets/dom.js";
import { amount, countOf, csv, percent, whole } from "../kit/wire/format.js";

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const bits = (value) => (known(value) ? value.toFixed(2) : "–");

/** Facts of one level: [{id, name, value, of}]; `of` is the denominator or unit, and the id that of the help. Pure. */
export function levelFacts(level) {
  const { codebook_size: K, tokens, ceiling, used, perplexity } = level;
  const most = Math.log2(Math.max(ceiling, 1));
  const unseen = level.unseen ?? 0;
  // Not "not seen yet": the legend says that of single codes, and may know of each what training used.
  const evidence = known(level.died_in_training) && level.died_in_training === level.dead ? "by the training's counts" : "by these data alone";
  const more = unseen > 0 ? `, ${evidence}; ${whole(unseen)} more may still be found` : "";
  const silent = known(level.dead)
    ? {
        id: "dead",
        name: "Dead",
        value: unseen > 0 ? `≥ ${whole(level.dead)}` : whole(level.dead),
        of: `of ${countOf(K, "code")}, ${percent(level.dead, K)}${more}`,
      }
    : { id: "unseen", name: "Not seen yet", value: whole(unseen), of: `of ${countOf(K, "code")}, ${percent(unseen, K)}` };
  return [
    { id: "tokens", name: "Tokens counted", value: whole(tokens), of: `${amount(tokens / K)} a code if even` },
    { id: "used", name: "Used codes", value: whole(used), of: `of ${whole(K)}, ${percent(used, K)}` },
    { id: "ceiling", name: "Of the ceiling", value: percent(used, ceiling), of: `of min(K, N) = ${whole(ceiling)}` },
    silent,
    { id: "perplexity", name: "Perplexity", value: number(perplexity), of: `of at most ${whole(ceiling)}` },
    { id: "entropy", name: "Entropy", value: bits(level.entropy_bits), of: `of ${most.toFixed(2)} bits a token` },
    { id: "kl", name: "KL to uniform", value: bits(level.kl_to_uniform_bits), of: "bits, 0 is even" },
    { id: "gini", name: "Gini", value: known(level.gini) ? level.gini.toFixed(2) : "–", of: "0 even, 1 one code" },
    ...languageFacts(level),
  ];
}

const SIDES = { left: "Equal to the one before", above: "Equal to the one above", before: "Equal to a frame before" };

/** The tokens as a language: real bits, and how many equal their neighbours; [] for an older audit. Pure. */
function languageFacts({ language, codebook_size: K, tokens }) {
  if (!language) return [];
  const over = language.packed === tokens ? `all ${whole(tokens)}` : `a sample of ${whole(language.packed)}`;
  const saved = language.real_bits > Math.log2(K) ? "; LZMA saved nothing, and adds a cost of its own" : "";
  const most = `of ${Math.log2(K).toFixed(2)}, log2 K, over ${over} tokens${saved}`;
  const real = { id: "real-bits", name: "Real bits", value: bits(language.real_bits), of: most };
  const beside = Object.entries(language.beside).map(([side, one]) => ({
    id: `equal-${side}`,
    name: SIDES[side],
    value: percent(one.share, 1),
    of: `of ${countOf(one.pairs, "token")}; ${one.trusted ? "" : "≥ "}${bits(one.bits)} bits where it is known`,
    help: "equal",
  }));
  return [real, ...beside];
}

/** Facts of all levels taken together, or []. Pure. */
export function jointFacts(joint) {
  if (!joint) return [];
  const why = joint.sampled ? "a sample over all media" : "counting stopped at its bound";
  const said = joint.complete ? "" : ` (${why})`;
  return [
    {
      id: "joint-distinct",
      name: "Distinct tuples",
      value: whole(joint.distinct),
      of: `of at most ${whole(joint.ceiling)} over ${whole(joint.tokens)} positions${said}`,
      help: "joint",
    },
    { id: "joint-perplexity", name: "Joint perplexity", value: number(joint.perplexity), of: `of at most ${whole(joint.ceiling)}`, help: "joint" },
    {
      id: "joint-entropy",
      name: "Joint entropy",
      value: bits(joint.entropy_bits),
      of: `of ${Math.log2(Math.max(joint.ceiling, 1)).toFixed(2)} bits a position`,
      help: "joint",
    },
  ];
}

const HEADER = [
  "level",
  "codes_K",
  "tokens_counted",
  "ceiling_min_K_N",
  "used",
  "usage_of_K",
  "usage_of_ceiling",
  "dead",
  "not_yet_seen",
  "perplexity",
  "entropy_bits",
  "gini",
  "kl_to_uniform_bits",
  "real_bits",
  "equal_to_the_one_before",
];
const WORDS = [
  "",
  "Codes K",
  "Tokens",
  "min(K, N)",
  "Used",
  "of K",
  "of ceiling",
  "Dead, at least",
  "Others without a token",
  "Perplexity",
  "Entropy, bits",
  "Gini",
  "KL to uniform, bits",
  "Real bits",
  "Equal to the one before",
];

const nameOf = (level, i, several) => level.name || (several ? `level ${i + 1}` : "codebook");

/** Rows of plain numbers, one a level and one for the tuples of all; null where a number has no meaning. Pure. */
export function factRows({ levels, joint }) {
  const rows = levels.map((level, i) => [
    nameOf(level, i, levels.length > 1),
    ...[level.codebook_size, level.tokens, level.ceiling, level.used, level.usage, level.usage_of_ceiling],
    ...[level.dead ?? null, level.unseen ?? null, level.perplexity, level.entropy_bits, level.gini, level.kl_to_uniform_bits],
    ...[level.language?.real_bits ?? null, level.language?.beside.left?.share ?? null],
  ]);
  if (joint) {
    const { tokens, ceiling, distinct, perplexity, entropy_bits: entropy } = joint;
    rows.push(["joint", null, tokens, ceiling, distinct, null, distinct / Math.max(ceiling, 1), null, null, perplexity, entropy, null, null, null, null]);
  }
  return rows;
}

export const factsCsv = (open) => csv(HEADER, factRows(open));

const CELLS = { 5: (v) => percent(v, 1), 6: (v) => percent(v, 1), 9: number, 10: bits, 11: (v) => v.toFixed(2), 12: bits, 13: bits, 14: (v) => percent(v, 1) };

/** The rows as they stand on screen. Pure. */
export function shownRows(open) {
  return factRows(open).map((row) => row.map((value, i) => (i === 0 ? value : value === null ? "–" : (CELLS[i] ?? whole)(value))));
}

export function mount(host, bus) {
  const strip = h("dl", { class: "cb-facts" });
  const jointly = h("dl", { class: "cb-facts cb-joint", "aria-label": "All levels or groups together" });
  const body = h("tbody", {});
  const table = h(
    "details",
    { class: "dte-lp-table" },
    h("summary", {}),
    h("div", { class: "dte-lp-scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...WORDS.map((word) => h("th", { scope: "col" }, word)))), body)),
  );
  const exports = [["CSV", "Usage of every level or group, CSV", () => saveCsv(bus, factsCsv(bus.open), "usage")]];
  const sentences = h("ul", {});
  const language = h("details", { class: "cb-language" }, h("summary", {}, "Tokens as a language"), sentences);
  const { caption, foot } = furnish(host, "facts", "Usage", { exports }, strip, jointly, language);
  host.classList.add("cb-usage");
  foot.replaceChild(table, caption);
  // Of several levels the table is wide, and open: it has the width of the page, below what stands beside the map.
  const levels = h("section", { class: "dte-lp cb-panel cb-usage cb-levels", "aria-label": "Usage of every level", hidden: true });
  host.after(levels);
  let opened = null;
  const draw = () => {
    const { open } = bus;
    const level = bus.level();
    const several = (open?.levels.length ?? 0) > 1;
    host.hidden = !level;
    levels.hidden = !level || !several;
    if (!level) return;
    say(table.firstElementChild, several ? "All levels as a table" : "As a table");
    if (foot.parentElement !== (several ? levels : host)) (several ? levels : host).append(foot);
    strip.replaceChildren(...levelFacts(level).map(tile));
    jointly.replaceChildren(...jointFacts(open.joint).map(tile));
    jointly.hidden = !open.joint;
    language.hidden = !level.language;
    sentences.replaceChildren(...(level.language?.lines ?? []).map((line) => h("li", {}, line)));
    const rows = shownRows(open);
    body.replaceChildren(
      ...rows.map((row, i) =>
        h(
          "tr",
          { class: i === bus.state.level && rows.length > 1 ? "dte-lp-lit" : null },
          ...row.map((text, column) => h(column === 0 ? "th" : "td", column === 0 ? { scope: "row" } : {}, text)),
        ),
      ),
    );
    if (opened !== open) table.open = several; // several levels are compared at a glance
    opened = open;
  };
  bus.on(["open", "level"], draw);
  draw();
}

function tile({ id, name, value, of, help = id }) {
  return h("div", { class: "cb-fact", "data-fact": id }, h("dt", {}, name, helpMark(help)), h("dd", {}, h("b", {}, value), h("span", {}, of)));
}
