// @ts-check
// Where the tour is, in the address, and the way back: what each page showed before the tour took it over.

const OWN = "dte-learn-own:"; // and the page: the address that the visitor had there

/** {chapter, number, step} that an address names, or null. Pure. */
export function placeOf(search, chapters) {
  const [id, at] = (new URLSearchParams(search).get("learn") ?? "").split(".");
  const chapter = chapters.find((one) => one.id === id);
  const number = Number(at ?? 0);
  const step = chapter?.steps[number];
  return step ? { chapter, number, step } : null;
}

/** The query of a step. A step whose page stays is entered by the last one before it that has a state. Pure. */
export function queryOf(chapter, number) {
  const from = chapter.steps.slice(0, number + 1).findLast((one) => one.query !== null) ?? chapter.steps[number];
  const query = new URLSearchParams(from.query ?? "");
  query.set("learn", `${chapter.id}.${number}`);
  return query.toString();
}

/** The address of a step, below `root` (the address of the first page, with a slash at its end). Pure. */
export const addressOf = (root, chapter, number) => `${root}${chapter.steps[number].page}?${queryOf(chapter, number)}`;

/** What a number means in a chapter: {chapter, number, step}, in the chapter before it or after it where it is beyond its ends;
 *  null where there is none. Pure. @param {any} chapter with `before` and `next`, of which the states are enough */
export function placeAt(chapter, number) {
  const { steps, before, next } = chapter;
  if (steps[number]) return { chapter, number, step: steps[number] };
  const [there, at] = number < 0 ? [before, (before?.steps.length ?? 0) - 1] : [next, 0];
  return there ? { chapter: there, number: at, step: there.steps[at] } : null;
}

/** Whether going from one step to the next leaves the page as it is. Pure. */
export const staysOnPage = (from, to) => to.query === null && from.page === to.page;

/** The address of the first page, whatever page this is: "/vq/lab" of page "lab" is below "/vq/". Pure. */
export function rootOf(pathname, page) {
  const bare = pathname.replace(/\/+$/, "");
  return page && bare.endsWith(`/${page}`) ? bare.slice(0, -page.length) : `${bare}/`;
}

/** Keep the address of a page that the tour does not lead. */
export function keepOwn(page, href, storage = window.sessionStorage) {
  try {
    storage.setItem(OWN + page, href);
  } catch {
    // then the way back leads to the chapters
  }
}

/** Where the visitor was on that page before, or null. */
export const ownOf = (page, storage = window.sessionStorage) => storage.getItem(OWN + page);

/** A link to this page with another query. A query alone would be taken from the base of the document, the first page.
 *  @param {string} query */
export const hereWith = (query, win = window) => `${win.location.pathname}${query ? `?${query}` : ""}`;
