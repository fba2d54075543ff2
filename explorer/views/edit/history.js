// @ts-check
// Edits as words of text, as analysis/edit/link.py reads them, and the history of them. All pure.

const START = Object.freeze({ done: Object.freeze([]), undone: Object.freeze([]) });

/** A history: steps done, and those undone, the latest last. A step is one word or several with "~" between. */
export const emptyHistory = () => START;

const made = (done, undone) => Object.freeze({ done: Object.freeze(done), undone: Object.freeze(undone) });

/** One step more; what was undone cannot be redone any more. A step of no words changes nothing. */
export const did = (history, step) => (step ? made([...history.done, step], []) : history);

export function undone(history) {
  if (history.done.length === 0) return history;
  return made(history.done.slice(0, -1), [...history.undone, history.done.at(-1)]);
}

export function redone(history) {
  if (history.undone.length === 0) return history;
  return made([...history.done, history.undone.at(-1)], history.undone.slice(0, -1));
}

/** All undone at once; redo brings the steps back one by one. */
export function clear(history) {
  return history.done.length === 0 ? history : made([], [...history.undone, ...[...history.done].reverse()]);
}

/** All steps as one text, with one more that is being drawn. */
export const textOf = (history, drawn = "") => [...history.done, drawn].filter(Boolean).join("~");

/** The history of a link's text: each word a step. */
export const historyOf = (text) => made(text ? text.split("~") : [], []);

/** Positions, in rising order and each once, as runs: [3, 4, 5, 9] -> "3-5_9". */
export function runsOf(positions) {
  const runs = [];
  for (const position of [...new Set(positions)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && position === last[1] + 1) last[1] = position;
    else runs.push([position, position]);
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join("_") || "-";
}

const boxOf = (box) => box.join("-"); // [top, left, height, width]

export const WORDS = {
  paint: (level, code, positions) => `p.${level}.${code}.${runsOf(positions)}`,
  fill: (level, code, box) => `f.${level}.${code}.${boxOf(box)}`,
  copy: (origin, positions) => `c.${origin}.${runsOf(positions)}`,
  replace: (level, before, after) => `r.${level}.${before}.${after}`,
  swap: (first, second) => `s.${first}.${second}`,
  shuffle: (box, seed) => `h.${boxOf(box)}.${seed}`,
  zero: (box) => `z.${boxOf(box)}`,
  average: (box) => `a.${boxOf(box)}`,
  drop: (levels, box) => `d.${runsOf(levels)}.${boxOf(box)}`,
  transplant: (source, box, row, column) => `t.${source}.${boxOf(box)}.${row}.${column}`,
};
