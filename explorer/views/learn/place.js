// @ts-check
// Where things stand in the window, and by how much to scroll so that what a step speaks of is in sight.

const HEAD_PX = 56; // of the page, which stays on top
export const AIR_PX = 8; // below what stays on top, and above what the card covers
const STAYS = ".dte-lab .lab-transport"; // on top, whatever is scrolled to
const FIRST = 3; // times as dear as the other parts that are framed
const FULL = 0.8; // of the window, with what does not fit into it: so much of it is enough
const SEEN = 0.95; // of what fits into the window: so much of it is enough

/** How much of two stretches is common. Pure. */
export const overlap = ([a, b], [c, d]) => Math.max(0, Math.min(b, d) - Math.max(a, c));

/** How much a card would cover of parts: of each the share of what is in sight, squared, since a part that is covered for the
 *  most is lost and one that misses an edge is not; of the first, which a step is about, more. Pure.
 *  @param {any[]} boxes  @param {any} card  @param {any} win */
export function coverOf(boxes, card, win) {
  const shares = boxes.map((one) => {
    const common = (across, down) => overlap(across, [one.left, one.right]) * overlap(down, [one.top, one.bottom]);
    const seen = common([0, win.innerWidth], [0, win.innerHeight]);
    return seen > 0 ? common([card.left, card.right], [card.top, card.bottom]) / seen : 0;
  });
  return shares.reduce((sum, share, i) => sum + (i === 0 ? FIRST : 1) * share ** 2, 0);
}

/** By how much to scroll so that a stretch is in sight, no further than it must; of one that does not fit, its beginning
 *  (its head has the choices that a step speaks of), unless most of the window is full of it. Pure.
 *  @param {[number, number]} stretch  @param {[number, number]} free */
export function seekBy([top, bottom], [first, last]) {
  const [size, room] = [bottom - top, last - first];
  const seen = overlap([top, bottom], [first, last]);
  const begun = top >= first || first - top > room; // or so far up that the visitor is reading further down
  if (size > room) return begun && seen >= FULL * room ? 0 : Math.round(top - first);
  if (seen >= SEEN * size) return 0;
  return Math.round(top < first ? top - first : bottom - last);
}

/** Below what stays on top of a page. */
export function headPx(root = document, styleOf = (one) => getComputedStyle(one)) {
  const staying = [...root.querySelectorAll(STAYS)]
    .filter((one) => styleOf(one).position === "sticky")
    .map((one) => one.getBoundingClientRect().height + AIR_PX);
  return Math.max(HEAD_PX, ...staying);
}
