// @ts-check
// How a finding of a diagnosis is introduced: by a word and a mark, never by a colour alone.

/** @type {Record<string, {rank: number, word: string, mark: string}>} */
export const LEVELS = {
  bad: { rank: 0, word: "Broken", mark: "×" },
  warning: { rank: 1, word: "Watch out", mark: "!" },
  note: { rank: 2, word: "Note", mark: "i" },
  good: { rank: 3, word: "No alarm", mark: "✓" },
};

/** @param {{level: string}} finding */
export const levelOf = (finding) => LEVELS[finding.level] ?? LEVELS.note;

const WELL = ["Healthy", "No alarm"]; // what is well says in its title which of the two it may be called

/** "Broken: ", unless the title begins with such a word itself. Pure. */
export function prefixOf({ level, title }) {
  const { word } = levelOf({ level });
  return (level === "good" ? WELL : [word]).some((one) => title.startsWith(one)) ? "" : `${word}: `;
}
