// @ts-check
// Exact Voronoi cells inside a box, by cutting the box with the half-planes of neighbouring codes. Neighbours come
// from a grid, ring by ring outwards, until none can reach the cell any more: farther than twice its radius.

const MAX_CORNERS = 512;

/** Cells of `codes` (2K, x y x y ...) inside box = [x0, y0, x1, y1]. -> {start: Uint32Array(K + 1), xy: Float64Array}:
 *  corners of cell k are start[k]..start[k + 1]. Of codes at one place the first gets the cell, like an argmin. */
export function voronoiCells(codes, box) {
  const K = codes.length / 2;
  const out = { start: new Uint32Array(K + 1), xy: new Float64Array(16 * K + 64), used: 0 };
  const grid = gridOf(codes, K);
  const cutter = new Cutter();
  for (let k = 0; k < K; k++) {
    cutter.begin(codes[2 * k], codes[2 * k + 1], box);
    if (Number.isFinite(codes[2 * k] + codes[2 * k + 1])) cutRings(cutter, codes, k, grid);
    else cutter.count = 0;
    append(out, cutter);
    out.start[k + 1] = out.used;
  }
  return out;
}

/** Cells of the directions of `codes`: a latent belongs to the code at the smallest angle. Wedges from the origin. */
export function wedgeCells(codes, box) {
  const K = codes.length / 2;
  const out = { start: new Uint32Array(K + 1), xy: new Float64Array(16 * K + 64), used: 0 };
  const angle = Float64Array.from({ length: K }, (_, k) => Math.atan2(codes[2 * k + 1], codes[2 * k]));
  const order = Array.from(angle.keys()).sort((a, b) => angle[a] - angle[b] || a - b);
  const distinct = order.filter((k, i) => i === 0 || angle[k] !== angle[order[i - 1]]);
  const place = new Map(distinct.map((k, i) => [k, i]));
  const cutter = new Cutter();
  for (let k = 0; k < K; k++) {
    const i = place.get(k);
    cutter.begin(0, 0, box);
    if (i === undefined) cutter.count = 0;
    else if (distinct.length > 1) {
      for (const side of [1, distinct.length - 1]) {
        const other = angle[distinct[(i + side) % distinct.length]];
        cutter.cut(Math.cos(other) - Math.cos(angle[k]), Math.sin(other) - Math.sin(angle[k]), 0);
      }
    }
    append(out, cutter);
    out.start[k + 1] = out.used;
  }
  return out;
}

function cutRings(cutter, codes, k, grid) {
  const [x, y] = [codes[2 * k], codes[2 * k + 1]];
  const { cols, rows, side } = grid;
  const [column, row] = [grid.column(x), grid.row(y)];
  const last = Math.max(column, cols - 1 - column, row, rows - 1 - row);
  for (let ring = 0; ring <= last; ring++) {
    const near = (ring - 1) * side; // nothing in this ring is nearer than that
    if (cutter.count === 0 || (near > 0 && near * near > 4 * cutter.reach)) return;
    for (let r = Math.max(row - ring, 0); r <= Math.min(row + ring, rows - 1); r++) {
      const whole = Math.abs(r - row) === ring;
      const stride = whole ? 1 : Math.max(1, 2 * ring);
      for (let c = column - ring; c <= column + ring; c += stride) {
        if (c >= 0 && c < cols) cutBlock(cutter, codes, k, grid, r * cols + c);
      }
    }
  }
}

function cutBlock(cutter, codes, k, grid, block) {
  const [x, y] = [codes[2 * k], codes[2 * k + 1]];
  for (let j = grid.start[block]; j < grid.start[block + 1]; j++) {
    const other = grid.items[j];
    if (other === k) continue;
    const dx = codes[2 * other] - x;
    const dy = codes[2 * other + 1] - y;
    const squared = dx * dx + dy * dy;
    if (squared === 0) {
      if (other < k) cutter.count = 0;
    } else if (squared < 4 * cutter.reach) cutter.cut(dx, dy, squared / 2);
    if (cutter.count === 0) return;
  }
}

/** A convex polygon around a centre, in coordinates from that centre, which half-planes make smaller. */
class Cutter {
  constructor() {
    this.points = new Float64Array(2 * MAX_CORNERS);
    this.spare = new Float64Array(2 * MAX_CORNERS);
  }

  begin(x, y, [x0, y0, x1, y1]) {
    this.x = x;
    this.y = y;
    this.count = 4;
    this.points.set([x0 - x, y0 - y, x1 - x, y0 - y, x1 - x, y1 - y, x0 - x, y1 - y]);
    this.measure();
  }

  /** Keep the points p with p . (a, b) <= limit. */
  cut(a, b, limit) {
    const { points: from, spare: to, count } = this;
    let kept = 0;
    let cutAny = false;
    let [px, py] = [from[2 * count - 2], from[2 * count - 1]];
    let before = a * px + b * py - limit;
    for (let i = 0; i < count; i++) {
      const [qx, qy] = [from[2 * i], from[2 * i + 1]];
      const now = a * qx + b * qy - limit;
      if (before <= 0 !== now <= 0) {
        const t = before / (before - now);
        to[2 * kept] = px + t * (qx - px);
        to[2 * kept + 1] = py + t * (qy - py);
        kept += 1;
        cutAny = true;
      }
      if (now <= 0) {
        to[2 * kept] = qx;
        to[2 * kept + 1] = qy;
        kept += 1;
      } else cutAny = true;
      [px, py, before] = [qx, qy, now];
    }
    if (!cutAny || kept >= MAX_CORNERS - 1) return;
    this.points = to;
    this.spare = from;
    this.count = kept < 3 ? 0 : kept;
    this.measure();
  }

  /** reach: the square of the distance to the farthest corner. */
  measure() {
    this.reach = 0;
    for (let i = 0; i < this.count; i++) {
      const [x, y] = [this.points[2 * i], this.points[2 * i + 1]];
      this.reach = Math.max(this.reach, x * x + y * y);
    }
  }
}

function append(out, { points, count, x, y }) {
  if (2 * (out.used + count) > out.xy.length) {
    const larger = new Float64Array(2 * out.xy.length + 2 * count);
    larger.set(out.xy);
    out.xy = larger;
  }
  for (let i = 0; i < count; i++) {
    out.xy[2 * (out.used + i)] = points[2 * i] + x;
    out.xy[2 * (out.used + i) + 1] = points[2 * i + 1] + y;
  }
  out.used += count;
}

/** Codes sorted into square blocks, about two in each. Those that are not finite are left out. */
function gridOf(codes, K) {
  const finite = [];
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let k = 0; k < K; k++) {
    const [x, y] = [codes[2 * k], codes[2 * k + 1]];
    if (!Number.isFinite(x + y)) continue;
    finite.push(k);
    [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)];
  }
  if (!finite.length) [x0, x1, y0, y1] = [0, 0, 0, 0];
  const side = (Math.max(x1 - x0, y1 - y0) || 1) / Math.max(1, Math.ceil(Math.sqrt(finite.length / 2)));
  const cols = Math.floor((x1 - x0) / side) + 1;
  const rows = Math.floor((y1 - y0) / side) + 1;
  const column = (x) => Math.min(Math.max(Math.floor((x - x0) / side), 0), cols - 1);
  const row = (y) => Math.min(Math.max(Math.floor((y - y0) / side), 0), rows - 1);
  const start = new Uint32Array(cols * rows + 1);
  const block = (k) => row(codes[2 * k + 1]) * cols + column(codes[2 * k]);
  for (const k of finite) start[block(k) + 1] += 1;
  for (let i = 0; i < cols * rows; i++) start[i + 1] += start[i];
  const items = new Uint32Array(finite.length);
  const fill = start.slice();
  for (const k of finite) items[fill[block(k)]++] = k;
  return { cols, rows, side, start, items, column, row };
}
