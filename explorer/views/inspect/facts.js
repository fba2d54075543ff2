// @ts-check
// The facts of the chosen tokenizer. Text only; the mark beside each label opens what it means.

import { helpMark } from "../kit/page/help.js";

export function mount({ element, props, watch }) {
  const doc = element.ownerDocument;
  const summary = doc.createElement("p");
  const warnings = doc.createElement("ul");
  const list = doc.createElement("dl");
  warnings.className = "tf-warnings";
  element.append(summary, warnings, list);

  const show = () => {
    const { summary: words, warnings: wrong = [], facts } = props.value ? JSON.parse(props.value) : { summary: "", facts: [] };
    summary.textContent = words;
    warnings.hidden = wrong.length === 0;
    warnings.replaceChildren(
      ...wrong.map((text) => {
        const item = doc.createElement("li");
        item.textContent = text;
        return item;
      }),
    );
    list.replaceChildren(
      ...facts.map(({ label, value, meaning }) => {
        const pair = doc.createElement("div");
        const term = doc.createElement("dt");
        const description = doc.createElement("dd");
        term.append(label, helpMark({ term: label, words: meaning }));
        description.textContent = value;
        pair.append(term, description);
        if (value.length > 24) pair.className = "wide";
        return pair;
      }),
    );
  };
  watch("value", show);
  show();
}
