// @ts-check
// What the pointer does on a field that shows a window of something long: it points and chooses, drags and wheels the
// window on, and shows all of it again. Of sounds, series and prefix trees alike.

import { panWindow, toTime, zoomWindow } from "../../kit/draw/time.js";

const DRAG_PX = 4; // a press that moves farther is a drag, and chooses nothing
const LINE_PX = 16; // of wheels that count lines
const [PAN_PX, ZOOM] = [800, 0.0022]; // pixels of the wheel for a whole window; e-folds of zoom a pixel

/** view: a Component with `field`, `stage`, `value`, `window` (null: all of it), `view` (the window in sight), `frame()`
 *  (its width in pixels, null while there is nothing to show), `under(event)`, `point(under)`, `choose(under)` and
 *  `setWindow(window)`; with `span(from, to, done)` what is dragged over is told where there is no window, or with Shift. whole(): how long all of it is. gutter(): pixels of the field left of the window. */
export function listenForWindow(view, whole, gutter = () => 0) {
  const { field } = view;
  let pressed = null;
  view.listen(field, "pointerdown", (event) => {
    if (event.button !== 0) return;
    const spans = Boolean(view.span) && (event.shiftKey || !view.window);
    pressed = { x: event.clientX, window: view.view, dragged: false, from: spans ? timeAt(view, gutter, event) : null };
  });
  view.listen(field, "pointermove", (event) => {
    if (!pressed) return view.point(view.under(event));
    if (Math.abs(event.clientX - pressed.x) > DRAG_PX && !pressed.dragged) {
      pressed.dragged = true;
      field.setPointerCapture(event.pointerId);
    }
    const frame = view.frame();
    if (!pressed.dragged || !frame) return undefined;
    if (pressed.from !== null) return spanTo(view, gutter, event, pressed.from, false);
    if (!view.window) return undefined;
    const by = ((pressed.x - event.clientX) / frame.width) * (pressed.window.to - pressed.window.from);
    return view.setWindow(panWindow(pressed.window, by, whole()));
  });
  view.listen(field, "pointerup", (event) => {
    if (pressed && !pressed.dragged) view.choose(view.under(event));
    else if (pressed && pressed.from !== null) spanTo(view, gutter, event, pressed.from, true);
    pressed = null;
  });
  view.listen(field, "pointercancel", () => (pressed = null));
  view.listen(field, "pointerleave", () => pressed || view.point(null));
  view.listen(field, "dblclick", () => view.value && view.setWindow(null));
  view.listen(field, "wheel", (event) => wheel(view, whole, gutter, event), { passive: false });
}

/** Where an event is along the window; null while nothing is shown. */
function timeAt(view, gutter, event) {
  const frame = view.frame();
  return frame ? toTime(view.view, view.stage.at(event)[0] - gutter(), frame.width) : null;
}

function spanTo(view, gutter, event, from, done) {
  const to = timeAt(view, gutter, event);
  if (to !== null) view.span(Math.min(from, to), Math.max(from, to), done);
}

function wheel(view, whole, gutter, event) {
  const frame = view.frame();
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (!frame || ((event.deltaY > 0 || sideways) && !view.window)) return; // the page scrolls on
  event.preventDefault();
  const { from, to } = view.view;
  if (sideways) return void view.setWindow(panWindow(view.view, ((to - from) * event.deltaX) / PAN_PX, whole()));
  const lines = event.deltaMode === 1 ? LINE_PX : 1;
  const at = toTime(view.view, view.stage.at(event)[0] - gutter(), frame.width);
  view.setWindow(zoomWindow(view.view, at, Math.exp(-event.deltaY * lines * ZOOM), whole()));
}
