// @ts-check
// A contact sheet of patches, as the card of a code offers it.

/** Columns, rows and size of a contact sheet of `count` tiles: {columns, rows, width, height, place(i) -> [x, y]}. */
export function sheetGeometry(count, tile, gap) {
  const columns = Math.max(1, Math.ceil(Math.sqrt(count)));
  const rows = Math.max(1, Math.ceil(count / columns));
  const pitch = tile + gap;
  return {
    columns,
    rows,
    width: columns * pitch - gap,
    height: rows * pitch - gap,
    place: (index) => [(index % columns) * pitch, Math.floor(index / columns) * pitch],
  };
}

/** Images drawn side by side, each enlarged without smoothing to tile x tile pixels. */
export function contactSheet(images, tile = 64, gap = 4) {
  const sheet = sheetGeometry(images.length, tile, gap);
  const canvas = document.createElement("canvas");
  canvas.width = sheet.width;
  canvas.height = sheet.height;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  images.forEach((image, index) => {
    const [x, y] = sheet.place(index);
    context.drawImage(image, x, y, tile, tile);
  });
  return canvas;
}
