// @ts-check
// Pure geometry of the inspect view: viewports, token grids, nearest points, rank axes. Units: CSS pixels on screen,
// "content" units inside a panel (pixels of the picture, or the map's own plane).

/** Pixels per content unit at which w x h content fits a W x H stage with `pad` pixels of air. */
export function fitScale(w, h, W, H, pad = 0) {
  const scale = Math.min((W - 2 * pad) / w, (H - 2 * pad) / h);
  return scale > 0 && Number.isFinite(scale) ? scale : 0;
}

/** The view that shows everything: zoom 1, centred. */
export const wholeView = (w, h) => ({ zoom: 1, cx: w / 2, cy: h / 2 });

/** Keep the content on the stage: centred where it fits, else no empty border inside the stage. */
export function clampView(view, w, h, W, H, scale, maxZoom = 40) {
  const zoom = Math.min(Math.max(view.zoom, 1), maxZoom);
  const axis = (centre, extent, stage) => {
    const half = stage / (2 * scale * zoom);
    return 2 * half >= extent ? extent / 2 : Math.min(Math.max(centre, half), extent - half);
  };
  return { zoom, cx: axis(view.cx, w, W), cy: axis(view.cy, h, H) };
}

export function toScreen(view, scale, W, H, x, y) {
  const s = scale * view.zoom;
  return [W / 2 + (x - view.cx) * s, H / 2 + (y - view.cy) * s];
}

export function toContent(view, scale, W, H, px, py) {
  const s = scale * view.zoom;
  return [view.cx + (px - W / 2) / s, view.cy + (py - H / 2) / s];
}

/** Zoom by `factor` so that the content under (px, py) stays under it. */
export function zoomAt(view, scale, W, H, px, py, factor, maxZoom = 40) {
  const [x, y] = toContent(view, scale, W, H, px, py);
  const zoom = Math.min(Math.max(view.zoom * factor, 1), maxZoom);
  const s = scale * zoom;
  return { zoom, cx: x - (px - W / 2) / s, cy: y - (py - H / 2) / s };
}

/** Borders of n tokens over `extent` pixels, shared out by rounding as TokenLayout.region does: n + 1 numbers. */
export function edges(n, extent) {
  return Array.from({ length: n + 1 }, (_, i) => Math.floor((i * extent) / n));
}

/** Which interval of sorted `borders` holds x: 0..n-1, or -1 outside. */
export function interval(borders, x) {
  if (!(x >= borders[0]) || x >= borders[borders.length - 1]) return -1;
  let low = 0;
  let high = borders.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (borders[middle] <= x) low = middle;
    else high = middle;
  }
  return low;
}

/** Token (row-major) after an arrow key, Home or End; stays inside; null key or unknown: null. */
export function moveToken(token, key, rows, cols) {
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (!steps[key] && key !== "Home" && key !== "End") return null;
  if (token === null) return key === "End" ? rows * cols - 1 : 0;
  const row = Math.floor(token / cols);
  const col = token % cols;
  if (key === "Home") return row * cols;
  if (key === "End") return row * cols + cols - 1;
  const [down, right] = steps[key];
  return Math.min(Math.max(row + down, 0), rows - 1) * cols + Math.min(Math.max(col + right, 0), cols - 1);
}

/** Scale map positions to content units: longer side 1, y upwards becomes downwards. -> {xy, w, h, from}. */
export function normalise(xy) {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < xy.length; i += 2) {
    x0 = Math.min(x0, xy[i]);
    x1 = Math.max(x1, xy[i]);
    y0 = Math.min(y0, xy[i + 1]);
    y1 = Math.max(y1, xy[i + 1]);
  }
  if (!(x1 >= x0)) [x0, x1, y0, y1] = [0, 1, 0, 1];
  const unit = Math.max(x1 - x0, y1 - y0) || 1;
  const w = Math.max((x1 - x0) / unit, 0.02); // a map on a line still needs a thickness to stand in
  const h = Math.max((y1 - y0) / unit, 0.02);
  const from = (x, y) => [(x - (x0 + x1) / 2) / unit + w / 2, ((y0 + y1) / 2 - y) / unit + h / 2];
  const out = new Float32Array(xy.length);
  for (let i = 0; i < xy.length; i += 2) out.set(from(xy[i], xy[i + 1]), i);
  return { xy: out, w, h, from };
}

/** Points sorted into square cells, for finding the nearest quickly. xy: (2n) in content units. */
export function spatialHash(xy) {
  const n = xy.length / 2;
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    x0 = Math.min(x0, xy[2 * i]);
    x1 = Math.max(x1, xy[2 * i]);
    y0 = Math.min(y0, xy[2 * i + 1]);
    y1 = Math.max(y1, xy[2 * i + 1]);
  }
  const extent = Math.max(x1 - x0, y1 - y0);
  const side = (extent > 0 ? extent : 1) / Math.max(1, Math.ceil(Math.sqrt(n / 2)));
  const cols = Math.max(1, Math.ceil((x1 - x0) / side + 1e-6)) || 1;
  const rows = Math.max(1, Math.ceil((y1 - y0) / side + 1e-6)) || 1;
  const cell = (x, y) => {
    const column = Math.min(Math.max(Math.floor((x - x0) / side), 0), cols - 1);
    return Math.min(Math.max(Math.floor((y - y0) / side), 0), rows - 1) * cols + column;
  };
  const start = new Uint32Array(cols * rows + 1);
  for (let i = 0; i < n; i++) start[cell(xy[2 * i], xy[2 * i + 1]) + 1] += 1;
  for (let c = 0; c < cols * rows; c++) start[c + 1] += start[c];
  const items = new Uint32Array(n);
  const fill = start.slice();
  for (let i = 0; i < n; i++) items[fill[cell(xy[2 * i], xy[2 * i + 1])]++] = i;
  return { xy, n, x0, y0, side, cols, rows, start, items };
}

/** Index of the point nearest to (x, y) within `reach`, or -1. Rings of cells outwards until none can be nearer. */
export function nearestPoint(hash, x, y, reach = Infinity) {
  const { n, x0, y0, side, cols, rows } = hash;
  if (n === 0) return -1;
  const best = { index: -1, distance: reach };
  const column = Math.floor((x - x0) / side);
  const row = Math.floor((y - y0) / side);
  const first = Math.max(0, -column, column - cols + 1, -row, row - rows + 1); // from outside: the first ring on the grid
  const last = Math.max(Math.abs(column), Math.abs(row), Math.abs(cols - column), Math.abs(rows - row));
  for (let ring = first; ring <= last && (ring - 1) * side <= best.distance; ring++) {
    for (let r = Math.max(row - ring, 0); r <= Math.min(row + ring, rows - 1); r++) {
      if (Math.abs(r - row) === ring) {
        for (let c = Math.max(column - ring, 0); c <= Math.min(column + ring, cols - 1); c++) searchCell(hash, r, c, x, y, best);
      } else {
        searchCell(hash, r, column - ring, x, y, best);
        searchCell(hash, r, column + ring, x, y, best);
      }
    }
  }
  return best.index;
}

function searchCell({ xy, cols, start, items }, row, column, x, y, best) {
  if (column < 0 || column >= cols) return;
  for (let j = start[row * cols + column]; j < start[row * cols + column + 1]; j++) {
    const i = items[j];
    const distance = Math.hypot(xy[2 * i] - x, xy[2 * i + 1] - y);
    if (distance > best.distance || (distance === best.distance && best.index >= 0)) continue; // of equals the first
    best.index = i;
    best.distance = distance;
  }
}

/** The code of the raster's cell at content position (x, y), or -1 outside. Row 0 is the top. */
export function rasterCode(raster, x, y) {
  const column = Math.floor(((x - raster.left) / (raster.right - raster.left)) * raster.cols);
  const row = Math.floor(((y - raster.top) / (raster.bottom - raster.top)) * raster.rows);
  if (column < 0 || row < 0 || column >= raster.cols || row >= raster.rows) return -1;
  return raster.codes[row * raster.cols + column];
}
