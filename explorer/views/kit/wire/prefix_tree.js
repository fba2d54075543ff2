// @ts-check
// Semantic ids as a tree of prefixes: which items follow each other, and which runs of them share their first codes. Pure.

/**
 * levels: indices of each level, one an item. -> {order: items so that every prefix is a run, place: where each item is in
 * it, nodes: by level {code, first, end}}; siblings by falling number of items, then by code.
 */
export function prefixTree(levels) {
  const count = levels[0]?.length ?? 0;
  let order = Uint32Array.from({ length: count }, (_, item) => item);
  let runs = [{ first: 0, end: count }];
  const nodes = [];
  for (const indices of levels) {
    const next = [];
    const found = new Uint32Array(count);
    for (const { first, end } of runs) {
      const groups = new Map();
      for (let at = first; at < end; at++) {
        const code = indices[order[at]];
        if (!groups.has(code)) groups.set(code, []);
        groups.get(code).push(order[at]);
      }
      let at = first;
      for (const [code, items] of [...groups].sort((a, b) => b[1].length - a[1].length || a[0] - b[0])) {
        next.push({ code, first: at, end: at + items.length });
        found.set(items, at);
        at += items.length;
      }
    }
    order = found;
    runs = next;
    nodes.push(next);
  }
  const place = new Uint32Array(count);
  order.forEach((item, at) => (place[item] = at));
  return { order, place, nodes };
}

/** The node of a level that holds place `at`, or null. */
export function nodeAt(nodes, at) {
  let [low, high] = [0, nodes.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (at < nodes[middle].first) high = middle - 1;
    else if (at >= nodes[middle].end) low = middle + 1;
    else return nodes[middle];
  }
  return null;
}

/** "12 · 200 · 7": the id of an item. */
export const idOf = (levels, item) => Array.from(levels, (indices) => indices[item]).join(" · ");

/** Rows of a table of all items: name, category if there is one, and a column of codes for each level. */
export function idRows(levels, names, categories) {
  return Array.from({ length: levels[0].length }, (_, item) => [
    names[item] ?? `item ${item + 1}`,
    ...(categories ? [categories[item]] : []),
    ...levels.map((indices) => indices[item]),
  ]);
}

/** [[item, length of the shared prefix], ...] of those that share the longest one with `item`, itself left out. levels:
 *  indices of each level. Pure. */
export function byPrefix(levels, item, most) {
  const found = [];
  const count = levels[0]?.length ?? 0;
  for (let other = 0; other < count; other++) {
    if (other === item) continue;
    let shared = 0;
    while (shared < levels.length && levels[shared][other] === levels[shared][item]) shared += 1;
    if (shared > 0) found.push([other, shared]);
  }
  return found.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most);
}

/** Rows of a table of all boxes of a tree: prefix, its length, its items, their share of all. levels: indices of each. Pure. */
export function boxRows({ nodes, order }, levels) {
  const count = order.length;
  return nodes.flatMap((boxes, q) => boxes.map(({ first, end }) => [idOf(levels.slice(0, q + 1), order[first]), q + 1, end - first, (end - first) / count]));
}
