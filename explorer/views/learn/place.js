// @ts-check
// Where things stand in the window, and by how much to scroll so that what a step speaks of is in sight.

const HEAD_PX = 56; // of the page, which stays on top
export const AIR_PX = 8; // below what stays on top, and above what the card covers
const STAYS = ".dte-lab .lab-transport"; // on top, whatever is scrolled to
const SEEN = 0.95; // of what fits into the window: so much of it is enough

/** How much of two stretches is common. Pure. */
export const overlap = ([a, b], [c, d]) => Math.max(0, Math.min(b, d) - Math.max(a, c));

/** By how much to scroll so that a stretch is in sight, no further than it must; of one that does not fit, its beginning,
 *  unless half of the window is full of it. Pure.
 *  @param {[number, number]} stretch  @param {[number, number]} free */
export function seekBy([top, bottom], [first, last]) {
  const [size, room] = [bottom - top, last - first];
  const seen = overlap([top, bottom], [first, last]);
  if (size > room) return seen >= room / 2 ? 0 : Math.round(top - first);
  if (seen >= SEEN * size) return 0;
  return Math.round(top < first ? top - first : bottom - last);
}

/** Below what stays on top of a page. */
export function headPx(root = document) {
  const staying = [...root.querySelectorAll(STAYS)].map((one) => one.getBoundingClientRect().height + AIR_PX);
  return Math.max(HEAD_PX, ...staying);
}
