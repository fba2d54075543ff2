// @ts-check
// Two runs in words and numbers: what is measured of both at one step, and how far they are apart.
// Pure.

import { significant } from "../wire/words.js";
import { countOf, percent, whole } from "../wire/format.js";
import { nearestRow, rowsOf } from "./charts/curves_model.js";

const ALIKE = 0.01; // of the larger: less is no difference that a person would act upon

/** What is known of a run at the kept step nearest to `step` (null: the newest): {step, row, names, K, ceiling, reseeds}. */
export function momentOf(view, step = null) {
  const rows = rowsOf(view.curves);
  if (!rows.length || !view.frame) return null;
  const row = rows[step === null ? rows.length - 1 : nearestRow(rows, step)];
  const { codebook_size: K, ceiling, level } = view.frame;
  const { names } = view.curves;
  const counted = numberOf({ names, row }, "reseeds");
  const reseeds = Number.isFinite(counted) ? counted : reseedsAt(view.events, row[0], step !== null);
  return { step: row[0], row, names, K, ceiling, level, reseeds };
}

/** Reseeds up to a step, of a run whose rows do not count them; null where the log no longer reaches back that far. */
function reseedsAt(events, step, past) {
  if (!events) return 0;
  if (!past) return events.total;
  const later = events.rows.filter((row) => row[1] > step).length;
  return later < events.rows.length || events.rows.length === events.total ? events.total - later : null;
}

const numberOf = ({ names, row }, name) => {
  const column = names.indexOf(name);
  return column < 0 ? NaN : row[column + 1];
};

const text = (value, _measures) => (Number.isFinite(value) ? significant(value) : "–");

const ROWS = [
  {
    label: "Dead codes",
    read: (m) => Math.round(numberOf(m, `dead_${m.level}`) * m.K),
    of: ({ K }) => K,
    words: (value, { K }) => `${whole(value)} of ${whole(K)} (${percent(value, K)})`,
  },
  { label: "Quantization error", unit: "mean squared distance of a latent to its code", read: (m) => numberOf(m, "quantization_error"), lower: true },
  { label: "Missed by the output", unit: "squared error as a share of the inputs' variance", read: (m) => numberOf(m, "missed"), lower: true },
  {
    label: "Perplexity",
    unit: "codes, over one batch",
    read: (m) => numberOf(m, `perplexity_${m.level}`),
    of: ({ ceiling }) => ceiling,
    words: (value, { ceiling }) => `${text(value)} of at most ${whole(ceiling)}`,
  },
  { label: "Reseeds so far", read: (m) => m.reseeds ?? NaN, words: (value) => (Number.isFinite(value) ? whole(value) : "not kept") },
];

/** The measures of both runs: [{label, unit, a, b, apart}], `apart` in words; those that neither run has are left out. */
export function measuresOf(a, b) {
  return ROWS.map((one) => ({ one, x: one.read(a), y: one.read(b) }))
    .filter(({ one, x, y }) => one.label.startsWith("Reseeds") || Number.isFinite(x) || Number.isFinite(y))
    .map(({ one, x, y }) => {
      const words = one.words ?? text;
      return { label: one.label, unit: one.unit ?? "", a: words(x, a), b: words(y, b), apart: apartOf(x, y, one.of?.(a), one.of?.(b)) };
    });
}

/** Of unlike denominators the shares are held against each other: 57 of 64 is no 4.8 times 12 of 16. */
function apartOf(x, y, ofA = 1, ofB = 1) {
  const said = apartWords(x / ofA, y / ofB);
  return ofA === ofB || !/\d|same/.test(said) ? said : `${said}, as a share`;
}

/** "the same", "within 1%", "B is 3.1 times A", "only A". */
export function apartWords(x, y) {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return "not known";
  if (x === y) return "the same";
  const [low, high] = x < y ? [x, y] : [y, x];
  const [small, large] = x < y ? ["A", "B"] : ["B", "A"];
  if (low <= 0) return `only ${large}`;
  if (high - low < ALIKE * high) return "within 1%";
  return high < 1.095 * low ? `${large} is ${percent(high - low, low)} above ${small}` : `${large} is ${significant(high / low, 2)} times ${small}`;
}

/** Whether every number measured of the two is the same. */
export const identical = (a, b) => a.row.length === b.row.length && a.row.every((value, i) => Object.is(value, b.row[i])) && a.reseeds === b.reseeds;

/** What two runs are at their moments, in a sentence. */
export function measuredWords(a, b) {
  if (!a || !b) return "Nothing is measured yet.";
  const when = a.step === b.step ? `At step ${whole(a.step)}` : `At step ${whole(a.step)} of A and step ${whole(b.step)} of B`;
  return `${when} ${deadSentence(a, b)}, and ${errorSentence(a, b)}.`;
}

function deadSentence(a, b) {
  const [x, y] = [ROWS[0].read(a), ROWS[0].read(b)];
  const first = `${whole(x)} of ${countOf(a.K, "code")} dead`;
  return x === y && a.K === b.K ? `both have ${first}` : `A has ${first} and B ${whole(y)} of ${whole(b.K)}`;
}

function errorSentence(a, b) {
  const [x, y] = [ROWS[1].read(a), ROWS[1].read(b)];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return "the quantization error of one of them is not known";
  if (x === y) return "their quantization errors are the same";
  const [less, more, low, high] = x < y ? ["A", "B", x, y] : ["B", "A", y, x];
  if (high - low < ALIKE * high) return "their quantization errors are within 1% of each other";
  return `the quantization error of ${less} is smaller: ${significant(low)} against ${significant(high)} of ${more}`;
}
