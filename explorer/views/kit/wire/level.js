// @ts-check
// The level of a link. `level_no` counts from 1, as every page does; `level` of older links counts from 0 and is still read.
// Two names, since a number alone would not say from where it counts. pages/shared/session.py reads both, too.

export const LEVEL_NAMES = ["level_no", "level"];

const number = (text) => (/^\d{1,9}$/.test(text ?? "") ? Number(text) : null);

/** The level of a query, from 0. @param {URLSearchParams} query */
export const levelIn = (query) => {
  const named = number(query.get("level_no"));
  return named ? named - 1 : (number(query.get("level")) ?? 0);
};

/** Put a level, from 0, into a query; the first one is the default and is not written. @param {URLSearchParams} query  @param {number | null} level */
export function putLevel(query, level) {
  for (const name of LEVEL_NAMES) query.delete(name);
  if (level) query.set("level_no", String(level + 1));
}
