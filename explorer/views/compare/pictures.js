// @ts-check
// The pictures of one medium, decoded once: the original, the reconstructions, and their error maps when they are asked for.

import { errorPixels } from "./model.js";

async function canvasOf(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return blank(image.naturalWidth, image.naturalHeight, (ctx) => ctx.drawImage(image, 0, 0));
}

function blank(width, height, draw) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  draw(canvas.getContext("2d", { willReadFrequently: false }));
  return canvas;
}

const pixelsOf = (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);

/** The answer of `pictures` -> {width, height, ids, get(id, kind)}; id "" is the original, kind "picture", "signed" or
 *  "absolute". All are canvases of the picture's own size. */
export async function decodePicture(pictures) {
  const { width, height, scale } = pictures;
  const ids = pictures.panes.map((pane) => pane.tokenizer);
  const canvases = await Promise.all([pictures.original, ...pictures.panes.map((pane) => pane.image)].map(canvasOf));
  const plain = new Map(["", ...ids].map((id, i) => [id, canvases[i]]));
  const maps = new Map();
  let original = null;
  const errors = (id, kind) => {
    original ??= pixelsOf(plain.get("")).data;
    const out = errorPixels(original, pixelsOf(plain.get(id)).data, kind, scale);
    return blank(width, height, (ctx) => ctx.putImageData(new ImageData(out, width, height), 0, 0));
  };
  return {
    ...{ width, height, ids },
    get(id, kind) {
      if (id === "" || kind === "picture") return plain.get(id) ?? null;
      const key = `${kind} ${id}`;
      if (plain.has(id) && !maps.has(key)) maps.set(key, errors(id, kind));
      return maps.get(key) ?? null;
    },
  };
}
