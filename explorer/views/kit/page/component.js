// @ts-check
// Loads a view: its style sheets into <head> (once), its module, then mount() on the `.dte-root` element.

/** Add a style sheet to the head unless it is there; resolves when it applies (or fails, so that nothing waits forever). */
export function addStyleSheet(href, doc = document) {
  const known = [...doc.querySelectorAll("link[rel=stylesheet]")].some((/** @type {any} */ link) => link.href === href);
  if (known) return Promise.resolve();
  return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
    const link = doc.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = link.onerror = () => resolve();
    doc.head.appendChild(link);
  });
}

/** A trigger that refuses names Python does not listen for, since Gradio would drop them silently. */
export function guardedTrigger(trigger, events) {
  return (name, payload) => {
    if (!events.includes(name)) throw new Error(`event "${name}" is none of ${events.join(", ")}`);
    trigger(name, payload);
  };
}

export async function load({ base, name, events, element, trigger, props, watch, server }) {
  const root = element.querySelector(".dte-root");
  const [module] = await Promise.all([
    import(new URL(`${name}.js`, base).href),
    addStyleSheet(new URL("kit/page/theme.css", base).href),
    addStyleSheet(new URL(`${name}.css`, base).href),
  ]);
  module.mount({ element: root, trigger: guardedTrigger(trigger, events), props, watch, server });
}
