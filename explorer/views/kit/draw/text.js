// @ts-check
// Text on canvases, and the mark of a moment.

/** Text of an axis: small and quiet. */
export function smallText(ctx, theme, text, x, y, align = "left", colour = theme.muted) {
  ctx.font = `11px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/** The first of these texts that has room, from the longest to the shortest; none where even that has not. */
export function textFor(ctx, theme, texts, width) {
  ctx.font = `600 11px ${theme.font}`; // the wider of the two that are drawn here
  return texts.find((text) => ctx.measureText(text).width <= width) ?? "";
}

/** Text on a halo of the surface's colour, so that lines behind it do not strike it through. */
export function haloText(ctx, theme, text, x, y, align, colour) {
  ctx.font = `600 11px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = theme.surface;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/** The mark of the scrubbed moment: a line of the accent colour with a grip on top. */
export function drawScrub(ctx, theme, x, top, bottom) {
  ctx.strokeStyle = ctx.fillStyle = theme.accent;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x - 5, top - 6);
  ctx.lineTo(x + 5, top - 6);
  ctx.lineTo(x, top + 2);
  ctx.fill();
}
