// @ts-check
// What a preset shows at the moment on screen, in a sentence beside the plane, with the button that mends it.

import { addStyleSheet } from "../kit/page/component.js";
import { h, say } from "../kit/widgets/dom.js";
import { whole } from "../kit/wire/format.js";
import { memory, throttle } from "../kit/stage/pace.js";
import { shownStatus } from "./controls/presets.js";

const READABLE_MS = 500; // numbers that change faster cannot be read

/** Why the run stands still, or where the words belong: "Step 300, paused here to look". Pure. */
export function momentTitle(moment, { status, past }) {
  const step = `Step ${whole(moment.step)}`;
  if (past) return `${step}, looking back`;
  const itself = !status?.playing && status?.pauses_at === moment.step;
  return itself ? `${step}: the run has paused itself here` : step;
}

/** What the panel says and offers: {title, text, mend, go}, or null where no preset runs. Pure. */
export function momentOf(view, presets) {
  const { preset: id, mended } = shownStatus(view.status, { preset: null, mended: false });
  const preset = presets.find((one) => one.id === id);
  if (!preset || view.side !== 0) return null;
  if (view.status.by_hand) {
    return { title: preset.title, text: "A setting was changed by hand, so what the card says may no longer hold.", mend: null, go: false };
  }
  const mend = mended ? null : `Mend it: ${preset.mend.label}`;
  const stands = !view.status.playing && !view.past;
  if (!view.moment) return { title: preset.title, text: preset.watch, mend, go: stands };
  return { title: `${preset.title}. ${momentTitle(view.moment, view)}`, text: view.moment.text, state: view.moment.state, mend, go: stands };
}

export function createMoment(root, env) {
  addStyleSheet(new URL("../kit/widgets/forms.css", import.meta.url).href);
  const presets = env.payload.presets;
  const error = h("p", { class: "dte-lf-error", role: "alert", hidden: true });
  const title = h("h4", {});
  const text = h("p", { class: "dte-lf-says", role: "status" });
  const ask = async (action, args = {}) => {
    const answer = await env.act(action, args);
    error.hidden = answer.ok;
    say(error, answer.ok ? "" : (answer.error?.message ?? "That did not work."));
  };
  const mend = h("button", { type: "button", class: "dte-lf-primary", "data-mend-here": "", onclick: () => ask("mend", { preset: running }) });
  const go = h("button", { type: "button", class: "dte-lf-second", onclick: () => ask("play") }, "Watch on");
  root.classList.add("dte-lf", "dte-lf-moment");
  root.dataset.panel = "moment";
  root.setAttribute("aria-label", "What to look at now");
  root.hidden = true;
  root.replaceChildren(title, text, h("div", { class: "dte-lf-mend" }, mend, go), error);
  let shown = null;
  let running = null; // the preset whose button this is
  const put = () => {
    root.hidden = !shown;
    if (!shown) return;
    root.dataset.state = shown.state ?? "";
    say(title, shown.title);
    say(text, shown.text);
    mend.hidden = !shown.mend;
    say(mend, shown.mend ?? "");
    go.hidden = !shown.go;
  };
  const write = throttle(put, READABLE_MS);
  const same = memory();
  return {
    draw(view) {
      const next = momentOf(view, presets);
      running = view.status?.preset ?? running;
      if (same(JSON.stringify(next))) return;
      shown = next;
      if (view.status?.playing) return write.request();
      write.cancel();
      put(); // at once: what stands still is read
    },
    destroy: write.destroy,
  };
}
