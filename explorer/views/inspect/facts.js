// @ts-check
// The facts of the chosen tokenizer. Text only; the mark beside each label opens what it means.

import { helpMark } from "../kit/page/help.js";
import { h } from "../kit/widgets/dom.js";
import { typeset } from "../kit/wire/format.js";

const WIDE = 24; // letters of a value that takes the whole row

export function mount({ element, props, watch }) {
  const summary = h("p", {});
  const warnings = h("ul", { class: "tf-warnings" });
  const list = h("dl", {});
  element.append(summary, warnings, list);

  const fact = ({ label, value, meaning }) => {
    const term = h("dt", {}, label, helpMark({ term: label, words: meaning }));
    return h("div", { class: value.length > WIDE ? "wide" : null }, term, h("dd", {}, typeset(value)));
  };
  const show = () => {
    const { summary: words, warnings: wrong = [], facts } = props.value ? JSON.parse(props.value) : { summary: "", facts: [] };
    summary.textContent = typeset(words);
    warnings.hidden = wrong.length === 0;
    warnings.replaceChildren(...wrong.map((text) => h("li", {}, text)));
    list.replaceChildren(...facts.map(fact));
  };
  watch("value", show);
  show();
}
