// @ts-check
// The presets: runs that break on purpose, what to watch, why it happens, and one button that mends.

import { addStyleSheet } from "../../kit/page/component.js";
import { focusedIn, h, say } from "../../kit/widgets/dom.js";
import { whole } from "../../kit/wire/format.js";
import { NO_ANSWER } from "./controls.js";
import { memory } from "../../kit/stage/pace.js";

/** What a card says and offers: "idle" (not chosen), "broken" (mend it) or "mended" (break it again). */
export function cardState(preset, status) {
  if (!status || status.preset !== preset.id) return "idle";
  return status.mended ? "mended" : "broken";
}

/** Which preset runs: while a run is on its way, and of one that ended, what was shown before stays in sight. */
export function shownStatus(status, before) {
  if (!status || status.ended) return before;
  return { preset: status.preset ?? null, mended: status.mended ?? false };
}

const since = (at) => (at ? ` at step ${whole(at)}` : " from its start");

/** A run is called mended when its measure says so, and not because the button was pressed. The step is named, so that it
 * holds, too, while an earlier moment is looked back at. at: the step of the mend, 0 for a run that began so. */
export const markWords = (state, acting, at) => (state !== "mended" ? "chosen" : acting ? `mend begun${since(at)}` : `mended${since(at)}`);

export const mendedWords = (preset, acting = false) => `${acting ? "Being mended" : "Mended"}: ${preset.mend.says}`;

/** thread: {href, text, rest} of a source that is one on the web, or null. */
function sourceElement({ source, thread = null }) {
  const link = thread && h("a", { href: thread.href, target: "_blank", rel: "noopener noreferrer" }, thread.text);
  return h("p", { class: "dte-lf-source" }, "Source: ", ...(thread ? [link, thread.rest] : [source]));
}

/** The one that runs comes first, so that its button is in sight; the others stay in their order. */
export const runningFirst = (items) => [...items.filter((item) => item.state !== "idle"), ...items.filter((item) => item.state === "idle")];

export function createPresets(root, env) {
  addStyleSheet(new URL("../../kit/widgets/forms.css", import.meta.url).href);
  const list = { act: env.act, busy: false, cards: [], status: { preset: env.payload.preset ?? null, mended: false } };
  list.cards = env.payload.presets.map((preset) => card(list, preset));
  root.classList.add("dte-lf");
  root.dataset.panel = "presets";
  root.setAttribute("aria-label", "Break it, mend it");
  root.replaceChildren(
    h("div", { class: "dte-lf-head" }, h("h3", {}, "Break it, mend it")),
    h(
      "p",
      { class: "dte-lf-note" },
      "Each of these runs fails for a reason that people have met. Choose one: it runs slowly and pauses itself where the fault is plain. Then mend it.",
    ),
    (list.element = h("ul", { class: "dte-lf-cards" }, ...list.cards.map((item) => item.element))),
  );
  refresh(list);
  const same = memory();
  return {
    draw(view) {
      const { preset, mended } = shownStatus(view.status, list.status);
      const acting = view.moment?.state === "mending";
      const at = view.status?.mended_at ?? 0;
      if (list.busy || same(preset, mended, acting, at)) return; // what comes while a click is answered is shown after it
      list.status = { preset, mended };
      Object.assign(list, { acting, at });
      refresh(list);
    },
  };
}

function card(list, preset) {
  const item = { preset, open: false };
  const id = `lab-preset-${preset.id}`;
  item.title = h(
    "button",
    { type: "button", class: "dte-lf-card-title", "aria-controls": id, "aria-expanded": "false", onclick: () => choose(list, item) },
    h("span", {}, preset.title),
    (item.mark = h("span", { class: "dte-lf-mark", hidden: true })),
  );
  item.button = h("button", { type: "button", class: "dte-lf-primary", "data-mend": preset.id, onclick: () => mend(list, item) }, "Mend it");
  item.again = h("button", { type: "button", class: "dte-lf-second", "data-break": preset.id, onclick: () => start(list, item) }, "Break it again");
  item.says = h("p", { class: "dte-lf-says", role: "status" });
  item.error = h("p", { class: "dte-lf-error", role: "alert", hidden: true });
  item.body = h(
    "div",
    { class: "dte-lf-card-body", id, hidden: true },
    h("dl", {}, ...paragraph("Watch", preset.watch)),
    h("div", { class: "dte-lf-mend" }, item.button, item.again, item.says),
    h("dl", {}, ...paragraph("Why", preset.why)),
    sourceElement(preset),
  );
  item.element = h("li", { class: "dte-lf-card", "data-preset": preset.id }, item.title, item.body, item.error);
  return item;
}

const paragraph = (term, text) => [h("dt", {}, term), h("dd", {}, text)];

/** The title of the chosen card folds and unfolds it; any other title starts its run. */
function choose(list, item) {
  if (cardState(item.preset, list.status) === "idle") return start(list, item);
  item.open = !item.open;
  showCard(item, list);
}

async function start(list, item) {
  if (!(await request(list, item, "preset", { id: item.preset.id }))) return;
  list.status = { preset: item.preset.id, mended: false };
  const hadFocus = document.activeElement === item.again;
  refresh(list);
  if (hadFocus) item.button.focus();
}

async function mend(list, item) {
  if (!(await request(list, item, "mend", { preset: item.preset.id }))) return;
  list.status = { preset: item.preset.id, mended: true };
  const hadFocus = document.activeElement === item.button || document.activeElement === document.body;
  refresh(list);
  if (hadFocus) item.again.focus();
}

/** One request at a time, but for the one that mends, which waits for a run that opens; true if it was done. */
async function request(list, item, action, args) {
  if (list.busy && action !== "mend") return false;
  list.busy = true;
  let answer;
  try {
    answer = await list.act(action, args);
  } catch {
    answer = { ok: false };
  }
  list.busy = false;
  item.error.hidden = answer.ok;
  say(item.error, answer.ok ? "" : (answer.error?.message ?? NO_ANSWER));
  return answer.ok && !answer.dropped;
}

/** Show which preset runs; its card opens, the others close. */
function refresh(list) {
  for (const item of list.cards) {
    const state = cardState(item.preset, list.status);
    if (state === "idle") item.open = false;
    else if (item.state === "idle" || item.state === undefined) item.open = true;
    item.state = state;
    showCard(item, list);
  }
  arrange(list.element, runningFirst(list.cards));
}

/** Put the cards in this order; what has the focus keeps it. */
function arrange(element, items) {
  const focused = focusedIn(element);
  items.forEach((item, i) => element.children[i] !== item.element && element.insertBefore(item.element, element.children[i]));
  if (focused !== document.activeElement) focused?.focus({ preventScroll: true });
}

function showCard(item, list) {
  const { preset, state } = item;
  item.element.dataset.state = state;
  item.title.setAttribute("aria-expanded", String(item.open));
  item.title.setAttribute("aria-current", String(state !== "idle"));
  item.body.hidden = !item.open;
  item.mark.hidden = state === "idle";
  say(item.mark, markWords(state, list.acting, list.at));
  item.button.hidden = state !== "broken";
  item.again.hidden = state !== "mended";
  say(item.button, `Mend it: ${preset.mend.label}`);
  say(item.says, state === "mended" ? mendedWords(preset, list.acting) : preset.mend.says);
}
