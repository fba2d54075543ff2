// @ts-check
// Gradio's list of choices and the Tab key. The open list scrolls, so browsers give it a stop of its own; it closes when
// its field loses the focus, and takes the focus with it: the next stop was nowhere.

/** From now on the Tab key goes past open lists, to what follows their field. -> what ends that. */
export function passLists(doc = document) {
  const pass = (event) => {
    if (event.key !== "Tab") return;
    for (const list of doc.querySelectorAll('ul[role="listbox"]')) for (const part of [list, list.parentElement]) part?.setAttribute("tabindex", "-1");
  };
  doc.addEventListener("keydown", pass, true);
  return () => doc.removeEventListener("keydown", pass, true);
}
