// @ts-check
// Tokens as pixels.

/** Codes in reading order, `cols` a row, one pixel each in the colour that the palette (3 bytes a code) gives it: enlarged
 *  without smoothing, any number of tokens is one drawImage. */
export function paintTokens({ indices, palette }, cols, rows = 1) {
  const canvas = new OffscreenCanvas(cols, rows);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(cols, rows);
  indices.forEach((code, token) => {
    image.data.set(palette.subarray(3 * code, 3 * code + 3), 4 * token);
    image.data[4 * token + 3] = 255;
  });
  ctx.putImageData(image, 0, 0);
  return canvas;
}
