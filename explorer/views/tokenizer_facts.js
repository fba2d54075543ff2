// The facts of the chosen tokenizer. Text only; the mark beside each label opens what it means.

import { helpMark } from "./help.js";

export function mount({ element, props, watch }) {
  const doc = element.ownerDocument;
  const summary = doc.createElement("p");
  const list = doc.createElement("dl");
  element.append(summary, list);

  const show = () => {
    const { summary: words, facts } = props.value ? JSON.parse(props.value) : { summary: "", facts: [] };
    summary.textContent = words;
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
