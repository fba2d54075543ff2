// @ts-check
// The charts on the page of a code: where its tokens lie, and how its level came into use while it was trained.

import { levelChart } from "../charts.js";
import { historyCsv, historyWords, placesCsv, placesRows, placesTitle } from "./model.js";

/** Where the tokens of the shown code lie. -> {show(answer, modality) -> element, null where no places were kept} */
export function createPlaces(bus) {
  let shown = null;
  const own = levelChart(bus, "positions", placesTitle(null), {
    options: () => ({ code: shown.code }),
    csv: () => placesCsv(shown),
    table: {
      head: ["Row", "Column", "Its tokens", "All tokens"],
      rows: (most) => placesRows(shown).slice(0, most),
      total: () => shown.positions.length,
    },
    chart: { label: "Where the code occurs.", className: "cc-places" },
  });
  return {
    show(answer, modality) {
      if (!answer.positions) return null;
      shown = answer;
      own.name(placesTitle(modality));
      own.chart.describe(`${placesTitle(modality)} code ${answer.code} occurs.`);
      own.chart.element.classList.toggle("is-line", answer.positions.shape?.[0] === 1);
      own.say(answer.positions_expected);
      own.refresh();
      return own.element;
    },
  };
}

/** How many codes of the level were in use while it was trained. -> {show(answer) -> element, null where nothing was kept} */
export function createHistory(bus) {
  let [history, of] = [null, null];
  const own = levelChart(bus, "history", "Usage while it was trained", {
    name: "usage_in_training",
    csv: () => historyCsv(history),
    chart: { label: "Codes of this level in use at each step of training.", className: "cc-history" },
  });
  return {
    show(answer) {
      if (!answer.level_history) return null;
      history = answer.level_history;
      own.say(historyWords(history));
      const now = [bus.open, answer.level];
      if (of === null || now.some((one, i) => one !== of[i])) own.refresh(); // the same for all codes of a level
      of = now;
      return own.element;
    },
  };
}
