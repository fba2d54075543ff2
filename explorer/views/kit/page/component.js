// @ts-check
// Loads a view: its style sheets into <head> (once), its module, then mount() on the `.dte-root` element. What mount()
// returns is ended when that element leaves the page, since Gradio tells nobody when it removes a component.

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

/** @type {Map<Element, () => void>} */
const present = new Map();
let observer = null;

/** gone() once, when `root`, which is on the page, has left it. One observer looks for all. */
export function whenGone(root, gone, doc = document) {
  const look = () => {
    for (const [one, end] of [...present]) {
      if (one.isConnected) continue;
      present.delete(one);
      end();
    }
    if (present.size > 0) return;
    observer?.disconnect();
    observer = null;
  };
  present.set(root, gone);
  if (!observer) {
    observer = new MutationObserver(look);
    observer.observe(doc.body, { childList: true, subtree: true });
  }
  look(); // it may have gone while its module came
}

export async function load({ base, name, events, element, trigger, props, watch, server }) {
  const root = element.querySelector(".dte-root");
  let gone = false;
  const [module] = await Promise.all([
    import(new URL(`${name}.js`, base).href),
    addStyleSheet(new URL("kit/page/theme.css", base).href),
    addStyleSheet(new URL(`${name}.css`, base).href),
  ]);
  const watchHere = (prop, callback) => watch(prop, (...values) => gone || callback(...values));
  const view = await module.mount({ element: root, trigger: guardedTrigger(trigger, events), props, watch: watchHere, server });
  whenGone(root, () => {
    gone = true;
    view?.destroy?.();
  });
}
