// @ts-check
// Drawing data by hand: the plane becomes a sheet of paper, and each stroke leaves points scattered around it.

import { h } from "../../widgets/dom.js";
import { countOf, whole } from "../../wire/format.js";
import { drawPaper, placing } from "./draw.js";

const MOST_POINTS = 2000;
const REACH = 3; // the paper is from -3 to 3, a little more than the ready-made data
const SPREAD_PX = 7;
const A_MOVE = 4; // points each time the pointer moves

/** Points around (x, y), normally scattered, two decimals; never beyond `room`. */
export function scatter(x, y, spread, room, random = Math.random) {
  return Array.from({ length: Math.max(0, Math.min(A_MOVE, room)) }, () => {
    const distance = spread * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    const near = (v) => Math.round(100 * Math.min(Math.max(v, -REACH), REACH)) / 100;
    return [near(x + distance * Math.cos(angle)), near(y + distance * Math.sin(angle))];
  });
}

/** What is asked for when the pointer is lifted. The first stroke takes the model away: behind one the plane shows latents,
 *  and what was drawn comes back bent. Who then chooses a model keeps it. */
export function drawnChanges(points, settings) {
  return { dataset: "drawn", points, ...(settings?.dataset === "drawn" ? {} : { model: "none" }) };
}

/** What is said while somebody draws. */
export function drawingWords(settings) {
  const kept = settings?.dataset === "drawn" && settings.model !== "none";
  const what = kept
    ? "You draw inputs; the model makes latents of them, so the plane shows them bent. Choose no model to see them as they are."
    : "You draw the latents themselves: no model stands between your points and the codes.";
  return `${what} The run starts anew each time the pointer is lifted.`;
}

/** The sheet of one plane. `redraw()` asks the plane to draw; `act` sends the points when the pointer is lifted; `runs()` is
 *  how many runs there are. */
export function createPaper({ act, bus, redraw, runs = () => 1 }) {
  let points = [];
  let current = null; // settings
  let down = false;
  let touched = false; // points of the settings are taken over until the visitor draws
  const count = h("span", {});
  const message = h("span", { class: "lab-error", role: "alert" });
  const button = (text, onclick) => h("button", { type: "button", class: "dte-button lab-button", onclick }, text);
  const bar = h(
    "div",
    { class: "lab-paper-bar", hidden: true },
    count,
    button("Clear", () => {
      points = [];
      touched = true;
      say();
    }),
    button("Watch the run", () => bus.set({ drawing: false })),
    message,
  );

  function say(words = "") {
    count.textContent = `${whole(points.length)} of ${countOf(MOST_POINTS, "point")}, from -${REACH} to ${REACH} on both axes`;
    message.textContent = words;
    redraw();
  }

  const view = (W, H) => placing({ x: 0, y: 0, half: REACH }, W, H);

  function paint(px, py, W, H) {
    const { world, scale } = view(W, H);
    points = [...points, ...scatter(...world(px, py), SPREAD_PX / scale, MOST_POINTS - points.length)];
    touched = true;
    say(points.length >= MOST_POINTS ? "That is the most. Clear to begin again." : "");
  }

  return {
    bar,
    get points() {
      return points;
    },
    show(drawing, settings) {
      current = settings;
      bar.hidden = !drawing;
      if (!touched && settings?.points?.length && settings.points.length !== points.length) {
        points = settings.points.map(([x, y]) => [x, y]);
        say();
      } else if (drawing && !count.textContent) say();
    },
    press(px, py, W, H) {
      down = true;
      paint(px, py, W, H);
    },
    move(px, py, W, H) {
      if (down) paint(px, py, W, H);
    },
    async lift() {
      if (!down) return;
      down = false;
      if (!points.length) return;
      const sides = Array.from({ length: runs() }, (_, i) => i);
      const changes = drawnChanges(points, current);
      const answer = await act("set", { changes, sides });
      if (!answer || answer.ok) return;
      const why = answer.error?.message ?? "The points were not taken.";
      const again = changes.model && (await act("set", { changes: { dataset: "drawn", points }, sides }));
      say(again?.ok ? `The model stays, and bends what you draw. Without one: ${why}` : why);
    },
    draw(ctx, W, H, theme) {
      drawPaper(ctx, { points, view: view(W, H), theme, reach: REACH, W, H });
    },
  };
}
