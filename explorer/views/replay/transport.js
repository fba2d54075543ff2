// @ts-check
// The bar on top: go through the kept moments, follow what still trains, and what can be taken away.

import { Component } from "../kit/component.js";
import { h, say } from "../kit/widgets/dom.js";
import { saveFile } from "../kit/wire/files.js";
import { countOf } from "../kit/wire/format.js";
import { copyLink, createExports, savePlanes } from "../kit/player/exports.js";
import { createTimeline } from "../kit/player/charts/timeline.js";
import { runWords } from "./words.js";

/** env: as of the lab's panels, with opened(): the runs that are open. */
export function createTransport(root, env) {
  const { act, bus } = env;
  const life = new Component();
  const message = h("p", { class: "lab-error", role: "alert" });
  const timeline = life.part(createTimeline(bus));
  const button = (text, title, onclick) => h("button", { type: "button", class: "dte-button lab-button", title, onclick }, text);
  const earlier = button("‹", "The kept moment before (comma)", () => timeline.go(-1));
  const later = button("›", "The kept moment after (full stop)", () => timeline.go(1));
  const badge = h("span", { class: "replay-badge", hidden: true }, "live");
  const status = h("p", { class: "lab-status", role: "status" });
  const run = async (action, args) => {
    const answer = await act(action, args);
    say(message, answer.ok ? "" : (answer.error?.message ?? "That did not work."));
    return answer;
  };
  const file =
    (kind, side = 0) =>
    async (note) => {
      note("Being made…");
      const answer = await run("export", { kind, side, level: bus.state.level });
      note("");
      if (answer.file) saveFile(answer.file);
      return Boolean(answer.ok);
    };
  const link = async (note) => {
    env.writeAddress();
    return copyLink(note, "Copied. It opens these runs at this moment, while the server that has them runs.", "The address bar holds the link.");
  };
  const exports = createExports(life, [
    { text: "Curves, .csv", title: "One row a record: losses and measures of run A", make: file("csv") },
    { text: "Lives of the codes, .csv", title: "When each code of run A died, and what revived it", make: file("lives") },
    { text: "Plane, .png", title: "The latent plane as it is now", make: () => savePlanes(env) },
    { text: "Link", title: "A link that opens these runs at this moment", make: link },
  ]);
  root.classList.add("lab-transport");
  root.setAttribute("aria-label", "Transport");
  root.append(
    h("div", { class: "lab-bar" }, h("span", { class: "lab-group", role: "group", "aria-label": "Single moments" }, earlier, later), badge, status, exports),
    timeline.element,
    message,
  );
  life.listen(document, "keydown", (event) => {
    const by = { ",": -1, ".": 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=range]), select, textarea, [role=dialog]")) return;
    timeline.go(by);
  });
  return Object.assign(life, {
    play: timeline.replay,
    stop: timeline.stop,
    draw(view) {
      const open = env.opened();
      root.hidden = open.length === 0;
      badge.hidden = !open.some((one) => one.live);
      say(status, open.map(runWords).join("  ·  B: "));
      earlier.disabled = later.disabled = (view.status?.kept?.all ?? 0) < 2;
      timeline.draw(view);
      status.title = open.length > 1 ? `${countOf(open.length, "run")}, at the same steps` : "";
    },
  });
}
