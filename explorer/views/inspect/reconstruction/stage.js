// @ts-check
// The picture itself: two stacked canvases for before and after, an overlay for outlines, and the divider.
// The swipe moves a clip path, so dragging redraws nothing; hovering redraws only the overlay.

import { Stage } from "../../kit/stage/stage.js";
import { h } from "../../kit/widgets/dom.js";
import { outline, regionOf } from "./maps.js";

const DRAG_STARTS_PX = 4; // a pointer that moved less was a click
const SHADE = "rgb(0 0 0 / 70%)";

const label = (className, text) => h("span", { class: `dte-rec-label ${className}` }, text);

/** layers: what draws {base: the original or a map, after: the reconstruction, marks: outlines}. onPoint(x, y) in pixels of
 *  the picture while hovering, onPoint(null) when the pointer left; onClick(x, y). */
export function createStage({ layers, onPoint, onClick }) {
  const divider = h("div", {
    ...{ class: "dte-rec-divider", tabindex: 0, role: "slider", "aria-valuemin": "0", "aria-valuemax": "100" },
    "aria-label": "Divider between original, left, and reconstruction, right",
  });
  const labels = [label("is-before", "original"), label("is-after", "reconstruction")];
  const element = h("div", { class: "dte-rec-stage" });
  const named = (name, more = {}) => ({ draw: layers[name], attributes: { class: `dte-rec-${name}`, ...more } });
  const parts = { base: named("base"), after: named("after"), marks: named("marks", { tabindex: 0, role: "img" }) };
  const stage = new Stage(element, parts, { finest: 3 });
  const { after, marks } = stage.canvases;
  element.append(...labels, divider);

  let size = { width: 1, height: 1 }; // of the picture, in its pixels
  let at = 50; // percent of the width that shows the original

  const swipeTo = (percent) => {
    at = Math.min(100, Math.max(0, percent));
    after.style.clipPath = `inset(0 0 0 ${at}%)`;
    divider.style.left = `${at}%`;
    divider.setAttribute("aria-valuenow", String(Math.round(at)));
    divider.setAttribute("aria-valuetext", `${Math.round(at)} % original, ${Math.round(100 - at)} % reconstruction`);
    labels[0].classList.toggle("is-hidden", at < 25);
    labels[1].classList.toggle("is-hidden", at > 65);
  };
  swipeTo(at);
  listen(stage, divider, { swipeTo, position: () => at, size: () => size, onPoint, onClick });

  return Object.assign(stage, {
    /** The picture's own pixels, and its proportion on the screen. */
    setSize(width, height, ratio = width / height) {
      size = { width, height };
      element.style.aspectRatio = String(ratio);
      element.style.setProperty("--ratio", String(ratio));
    },
    /** What the picture shows, for those who do not see it. */
    describe(text) {
      marks.setAttribute("aria-label", `${text}. Arrow keys move from token to token, Enter chooses.`);
    },
    setSwipe(on) {
      element.classList.toggle("is-swipe", on);
      divider.tabIndex = on ? 0 : -1;
    },
  });
}

/** Drag anywhere or use the arrow keys on the divider; a press that does not move is a click. */
function listen(stage, divider, { swipeTo, position, size, onPoint, onClick }) {
  const { element } = stage;
  let pressed = null;
  const point = (event) => {
    const box = element.getBoundingClientRect();
    const part = (offset, extent) => (extent > 0 ? offset / extent : 0);
    return {
      share: part(event.clientX - box.left, box.width),
      x: part(event.clientX - box.left, box.width) * size().width,
      y: part(event.clientY - box.top, box.height) * size().height,
    };
  };
  stage.listen(element, "pointerdown", (event) => {
    if (event.button !== 0) return;
    pressed = { x: event.clientX, dragging: event.target === divider };
    element.setPointerCapture(event.pointerId);
  });
  stage.listen(element, "pointermove", (event) => {
    const { share, x, y } = point(event);
    if (!pressed) return onPoint(x, y);
    if (!element.classList.contains("is-swipe")) return undefined;
    if (Math.abs(event.clientX - pressed.x) > DRAG_STARTS_PX) pressed.dragging = true;
    if (pressed.dragging) swipeTo(100 * share);
    return undefined;
  });
  stage.listen(element, "pointerup", (event) => {
    const { x, y } = point(event);
    if (pressed && !pressed.dragging) onClick(x, y);
    pressed = null;
  });
  stage.listen(element, "pointercancel", () => (pressed = null));
  stage.listen(element, "pointerleave", () => pressed || onPoint(null));
  stage.listen(divider, "keydown", (event) => {
    const step = event.shiftKey ? 10 : 2;
    const to = {
      ArrowLeft: position() - step,
      ArrowDown: position() - step,
      ArrowRight: position() + step,
      ArrowUp: position() + step,
      Home: 0,
      End: 100,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    swipeTo(to);
  });
}

/** Draw an image or canvas over the whole stage; nothing where there is none. */
export function drawWhole(ctx, { W, H }, source, smooth) {
  if (!source) return;
  ctx.imageSmoothingEnabled = smooth;
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(source, 0, 0, W, H);
}

/**
 * Outlines of the selected code, its token, and what is hovered.
 * grid: {array, shape} of the level's indices; size: the picture's {width, height} in pixels.
 */
export function drawMarks(context, { W, H, theme }, grid, size, state) {
  if (!grid) return;
  const [scaleX, scaleY] = [W / size.width, H / size.height];
  const stroke = (path, ...lines) => {
    for (const [colour, width] of lines) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(path);
    }
  };
  const around = (code) => {
    const path = new Path2D();
    for (const [x0, y0, x1, y1] of outline(grid.array, grid.shape, code, size.width, size.height)) {
      path.moveTo(x0 * scaleX, y0 * scaleY);
      path.lineTo(x1 * scaleX, y1 * scaleY);
    }
    return path;
  };
  const box = (token) => {
    const region = regionOf(token, grid.shape, size.width, size.height);
    const path = new Path2D();
    path.rect(region.x * scaleX, region.y * scaleY, region.width * scaleX, region.height * scaleY);
    return path;
  };
  context.lineCap = "square";
  const known = (token) => token !== null && token >= 0 && token < grid.array.length;
  // Dark under light, so that a line is seen on any picture.
  if (state.hoverCode !== null && state.hoverCode !== state.code) stroke(around(state.hoverCode), [SHADE, 3], ["rgb(255 255 255 / 65%)", 1]);
  if (state.code !== null) stroke(around(state.code), [SHADE, 3.5], ["#fff", 1.5]);
  if (state.code !== null && known(state.token)) stroke(box(state.token), [SHADE, 7], ["#fff", 5], [theme.accent, 2.5]);
  const pinned = state.code !== null && state.token === state.hoverToken;
  if (known(state.hoverToken) && !pinned) stroke(box(state.hoverToken), [SHADE, 4], ["#fff", 2]);
}
