// @ts-check
// Marks of one rate beside each other instead of on each other; explorer/compare/dodge.py does the same in the report.

const STEP_PX = 2;

/** Where across each mark stands: at its place, or the nearest step beside it (right before left) at which no mark before
 *  it is nearer than `apart` and nothing fixed is nearer than `fixedApart`. places, fixed: [[across, down]] in pixels;
 *  ends: [least, most] across. A mark for which there is no room stays. Pure. */
export function dodged(places, apart, ends, fixed = [], fixedApart = 0) {
  const standing = [];
  const steps = Math.ceil((ends[1] - ends[0]) / STEP_PX);
  for (const [x, y] of places) {
    const free = (at) =>
      (at === x || (at >= ends[0] && at <= ends[1])) &&
      standing.every(([a, b]) => Math.hypot(at - a, y - b) >= apart) &&
      fixed.every(([a, b]) => Math.hypot(at - a, y - b) >= fixedApart);
    let found = x;
    for (let step = 0; step <= steps; step++) {
      const side = [x + step * STEP_PX, x - step * STEP_PX].find(free);
      if (side === undefined) continue;
      found = side;
      break;
    }
    standing.push([found, y]);
  }
  return standing.map(([at]) => at);
}
