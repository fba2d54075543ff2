// @ts-check
// Colours and fonts for canvases, read from the CSS variables; they follow the `dark` class while the app runs.

const NAMES = ["accent", "ink", "muted", "surface", "raised", "line", "bar"];

/**
 * @typedef {{accent: string, ink: string, muted: string, surface: string, raised: string, line: string, bar: string, font: string}} Theme
 * @param {Element} element
 * @returns {Theme}
 */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const theme = /** @type {any} */ (Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--dte-${name}`).trim()])));
  theme.font = style.getPropertyValue("--dte-font").trim() || "sans-serif";
  return theme;
}

/** callback() whenever dark and light change places; Gradio sets the class on <body>. */
export function onThemeChange(callback) {
  const observer = new MutationObserver(() => callback());
  for (const target of [document.documentElement, document.body]) {
    observer.observe(target, { attributes: true, attributeFilter: ["class"] });
  }
  return () => observer.disconnect();
}

const STROKES = [
  { colour: "rgba(8,10,14,0.9)", extra: 2.5 },
  { colour: "#ffffff", extra: 0 },
];

/** Two strokes, dark under light: seen on any picture and without colour vision. `path(ctx)` adds to the path. */
export function outline(ctx, path, width = 2) {
  ctx.lineJoin = "round";
  for (const { colour, extra } of STROKES) {
    ctx.beginPath();
    path(ctx);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width + extra;
    ctx.stroke();
  }
}

/** Where a label stands beside a place, within W x H: to its right or left (across 1, -1) and above or below it (down -1, 1).
 *  @param {number[]} [way]  @returns {[number, number, number, number]} its left, top, width and height, px */
export function labelBox(ctx, theme, text, x, y, W, H, way = [1, -1]) {
  const [across, down] = way;
  ctx.font = `600 12px ${theme.font}`;
  const w = ctx.measureText(text).width + 16;
  const h = 24;
  const isRight = across > 0 && x + 12 + w <= W;
  const left = Math.min(Math.max(isRight ? x + 12 : x - 12 - w, 4), Math.max(4, W - w - 4));
  const top = Math.min(Math.max(down < 0 ? y - h - 8 : y + 8, 4), H - h - 4);
  return [left, top, w, h];
}

/** A small label near (x, y), kept inside W x H; see labelBox. @param {number[]} [way] */
export function label(ctx, theme, text, x, y, W, H, way = [1, -1]) {
  const [left, top, w, h] = labelBox(ctx, theme, text, x, y, W, H, way);
  ctx.beginPath();
  ctx.roundRect(left, top, w, h, 6);
  ctx.fillStyle = theme.ink;
  ctx.fill();
  ctx.fillStyle = theme.surface;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.fillText(text, left + 8, top + h / 2 + 0.5);
}

/** Black or white, whichever reads better on [r, g, b] (0..255). */
export function inkOn(r, g, b) {
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "rgba(0,0,0,0.82)" : "rgba(255,255,255,0.94)";
}
