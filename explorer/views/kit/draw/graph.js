// @ts-check
// A graph on its canvas: edges, nodes in the colours of their codes, anchors with a ring, and what is chosen.

import { label, labelBox } from "./colours.js";

const WITH_NAMES = 26; // anchors whose names are written where nothing is chosen
const MANY = 60; // anchors with thin rings
const FADED = 0.62;

/** The radius of a node where so many are drawn on W x H. */
export const radiusOf = (nodes, W, H) => Math.min(9, Math.max(2, 0.22 * Math.sqrt((W * H) / Math.max(1, nodes))));

/** Adds the outline of a node to the path: round of the first group, square of the second, a diamond of others. */
export function shapeOf(ctx, group, x, y, r) {
  if (group < 1) {
    ctx.moveTo(x + r, y);
    ctx.arc(x, y, r, 0, 2 * Math.PI);
  } else if (group === 1) ctx.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else {
    ctx.moveTo(x, y - 1.2 * r);
    for (const [dx, dy] of [
      [1.2, 0],
      [0, 1.2],
      [-1.2, 0],
      [0, -1.2],
    ])
      ctx.lineTo(x + dx * r, y + dy * r);
  }
}

const colourAt = (level, node) => {
  const code = level.indices[node];
  return `rgb(${level.palette.subarray(3 * code, 3 * code + 3).join(",")})`;
};

function drawPairs(ctx, scene, colour, width) {
  const { graph, at } = scene;
  ctx.beginPath();
  for (let i = 0; i < graph.pairs.length; i += 2) {
    ctx.moveTo(...at(graph.pairs[i]));
    ctx.lineTo(...at(graph.pairs[i + 1]));
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}

function drawNode(ctx, scene, node, grown = 1) {
  const { graph, level, at, radius, theme } = scene;
  const place = graph.placeOf.get(node);
  if (place === undefined) return;
  const [x, y] = at(place);
  const anchor = graph.anchorAt.has(node);
  const r = radius * grown * (anchor ? 1.25 : 1);
  if (anchor) {
    const [outer, inner] = graph.anchors.length > MANY ? [2, 1] : [3.5, 1.8];
    ctx.beginPath();
    shapeOf(ctx, graph.groupOf(node), x, y, r + outer);
    ctx.fillStyle = theme.ink;
    ctx.fill();
    ctx.beginPath();
    shapeOf(ctx, graph.groupOf(node), x, y, r + inner);
    ctx.fillStyle = theme.surface;
    ctx.fill();
  }
  ctx.beginPath();
  shapeOf(ctx, graph.groupOf(node), x, y, r);
  ctx.fillStyle = level ? colourAt(level, node) : theme.accent;
  ctx.fill();
  ctx.strokeStyle = theme.surface;
  ctx.lineWidth = 1;
  if (!anchor) ctx.stroke();
}

const WAYS = [
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
]; // of a name beside its node, the first that is free

const isOver = ([ax, ay, aw, ah], [bx, by, bw, bh]) => ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;

/** The name of a node, where it lies over none that is written; left out where there is no such place, but where it is sure. */
function write(ctx, scene, node, sure = false) {
  const { graph, theme, W, H, written } = scene;
  const place = graph.placeOf.get(node);
  if (place === undefined) return;
  const [x, y] = scene.at(place);
  const text = graph.nameOf(node).slice(0, 40);
  const boxOf = (way) => labelBox(ctx, theme, text, x, y, W, H, way);
  const free = WAYS.find((way) => !written.some((one) => isOver(one, boxOf(way))));
  if (!free && !sure) return;
  written.push(boxOf(free ?? WAYS[0]));
  label(ctx, theme, text, x, y, W, H, free ?? WAYS[0]);
}

/** What stays. scene: {graph, level, at(place) -> [x, y], radius, theme, W, H, written: []}. */
export function drawGraph(ctx, scene) {
  const { graph, theme } = scene;
  const crowded = graph.pairs.length > 4000;
  drawPairs(ctx, scene, `color-mix(in srgb, ${theme.muted} ${crowded ? 30 : 55}%, transparent)`, crowded ? 0.6 : 1);
  for (const node of graph.drawn) if (!graph.anchorAt.has(node)) drawNode(ctx, scene, node);
  for (const node of graph.anchors) drawNode(ctx, scene, node);
}

/** What lights up: the nodes of a code, or one node with its anchors, the ways to them, and who has its tuple. */
export function drawChosen(ctx, scene, { code, token, anchors, ways, sharers }) {
  const { graph, level } = scene;
  if (code === null) {
    if (graph.anchors.length <= WITH_NAMES && scene.W > 560) for (const node of graph.anchors) write(ctx, scene, node);
    return;
  }
  ctx.globalAlpha = FADED;
  ctx.fillStyle = scene.theme.surface;
  ctx.fillRect(0, 0, scene.W, scene.H);
  ctx.globalAlpha = 1;
  if (token === null) {
    for (const node of level.tokensOf(code)) drawNode(ctx, scene, node);
    return;
  }
  drawPairs(ctx, scene, `color-mix(in srgb, ${scene.theme.muted} 16%, transparent)`, 0.8);
  for (const way of ways) drawWay(ctx, scene, way);
  for (const way of ways) for (const node of way) drawNode(ctx, scene, node);
  for (const node of sharers) ringAround(ctx, scene, node, [3, 3]);
  for (const { node } of anchors) drawNode(ctx, scene, node, 1.2);
  drawNode(ctx, scene, token, 1.6);
  ringAround(ctx, scene, token, []);
  write(ctx, scene, token, true);
  for (const { node } of anchors) if (node !== token) write(ctx, scene, node);
}

function drawWay(ctx, scene, way) {
  ctx.beginPath();
  let pen = false;
  for (const node of way) {
    const place = scene.graph.placeOf.get(node);
    if (place === undefined)
      pen = false; // not drawn: the way has a gap
    else {
      const at = scene.at(place);
      if (pen) ctx.lineTo(...at);
      else ctx.moveTo(...at);
      pen = true;
    }
  }
  ctx.strokeStyle = scene.theme.accent;
  ctx.lineWidth = 3;
  ctx.lineJoin = "round";
  ctx.stroke();
}

function ringAround(ctx, scene, node, dash) {
  const place = scene.graph.placeOf.get(node);
  if (place === undefined) return;
  if (dash.length) drawNode(ctx, scene, node);
  const [x, y] = scene.at(place);
  ctx.save();
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.arc(x, y, scene.radius * 1.6 + 6, 0, 2 * Math.PI);
  ctx.strokeStyle = scene.theme.ink;
  ctx.lineWidth = 2;
  ctx.stroke();
  ctx.restore();
}
