// What teaching cards report, for a test in Python. In: queries of links ("card=cells&k=3") as a JSON list on the standard
// input. Out: for each {facts, words, names}, names being those that the card reads from an address, as JSON.
import { readFileSync } from "node:fs";

import { CARDS, cardOf } from "../../../explorer/views/learn/cards/registry.js";
import { readState } from "../../../explorer/views/learn/cards/state.js";

const found = [];
for (const query of JSON.parse(readFileSync(0, "utf8"))) {
  const { SPEC } = await CARDS[cardOf(`?${query}`)].load();
  const { facts, words } = SPEC.find(SPEC.fit(readState(SPEC.first, `?${query}`)));
  found.push({ facts, words, names: Object.keys(SPEC.first) });
}
process.stdout.write(JSON.stringify(found));
