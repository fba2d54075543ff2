// @ts-check
// What the visitor must know: no place is free, the server is silent, the run ended or stopped itself; and what to do.

import { h } from "../kit/widgets/dom.js";
import { whole } from "../kit/wire/format.js";

const RELOAD = { text: "Reload the page", action: "reload" }; // the address holds the settings

/** What to say, the most pressing first: {kind, text, button: {text, action}}, or null. Pure. */
export function messageOf({ status, token, first, problem, waiting = false }) {
  if (waiting) return null;
  if (!token) return { kind: "wait", text: first || "All places are taken.", button: RELOAD };
  if (problem) return { kind: "problem", text: problem, button: null };
  if (status?.ended) return { kind: "wait", text: status.ended, button: { text: "Start again", action: "resume" } };
  if (status?.stopped) {
    const { step, term, words } = status.stopped;
    const text = words || `The run stopped at step ${whole(step)}: ${term} is no longer a number.`;
    return { kind: "problem", text, button: { text: "Show the last good frame", action: null } };
  }
  return first ? { kind: "wait", text: first, button: null } : null;
}

/** query(): of a link to the run that was seen last; a run that is started again is that one. */
export function createMessages({ act, bus, query }) {
  const text = h("span", {});
  const button = h("button", { type: "button", class: "dte-button lab-button" });
  const element = h("div", { class: "lab-message", role: "alert", hidden: true }, text, button);
  let current = null;
  let [status, settings] = [null, {}];
  let kept = false; // a refusal stays until the state changes
  button.addEventListener("click", async () => {
    const { action } = current.button;
    if (action === null) return bus.set({ scrub: status.kept?.last ?? 0 });
    if (action === "reload") return window.location.reload();
    button.disabled = true;
    const answer = await act(action, { settings, query: query() });
    button.disabled = false;
    if (answer.ok) return;
    text.textContent = answer.error?.message ?? "That did not work.";
    button.textContent = RELOAD.text;
    current = { ...current, button: RELOAD };
    kept = true;
  });
  return {
    element,
    draw(view, link) {
      [status, settings] = [view.status, view.settings];
      const next = messageOf({ status, token: link.token, first: link.message, problem: link.problem, waiting: Boolean(link.waiting) });
      if (kept && next?.button?.action === "resume") return;
      kept = false;
      element.hidden = !next;
      if (next && JSON.stringify(next) !== JSON.stringify(current)) {
        text.textContent = next.text;
        element.dataset.kind = next.kind;
        button.hidden = !next.button;
        button.textContent = next.button?.text ?? "";
      }
      current = next;
    },
  };
}
