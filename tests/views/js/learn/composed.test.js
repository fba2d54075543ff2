import assert from "node:assert/strict";
import test from "node:test";

import { blobs, fitCodes, fitResidualCodes, fitValues, seededNormal, turnPoint } from "../../../../explorer/views/learn/arithmetic/clouds.js";
import { boundAxis, indexOf, radixOf, sizeOf, unboundAxis } from "../../../../explorer/views/learn/arithmetic/lattice.js";
import { angleOf, decodeProduct, encodeProduct, rotationBy } from "../../../../explorer/views/learn/arithmetic/product.js";
import { encodeGreedily, errorOf, searchBeams } from "../../../../explorer/views/learn/arithmetic/residual.js";
import { encodeSphere, placeSeenAt, projectToSphere, seenFrom, worstError } from "../../../../explorer/views/learn/arithmetic/sphere.js";
import { meanDistance, times } from "../../../../explorer/views/learn/arithmetic/vectors.js";
import { bestAngle, CLOUDS, fitted, SPEC as PRODUCT, turnOnce } from "../../../../explorer/views/learn/cards/product.js";
import { lensPlace, lensPlane, shorten } from "../../../../explorer/views/learn/cards/shapes.js";

const near = (a, b, by = 1e-9) => assert.ok(Math.abs(a - b) <= by, `${a} is not ${b}`);
const nearAll = (a, b, by) => a.forEach((value, i) => near(value, b[i], by));

function points(count, dim, seed) {
  const normal = seededNormal(seed);
  return Array.from({ length: count }, () => Array.from({ length: dim }, () => normal()));
}

test("a beam is often better than greedy search and never worse", () => {
  const tables = [0, 1, 2].map((level) => points(6, 2, level + 1).map((code) => code.map((x) => x * 0.75 ** level)));
  const gains = points(300, 2, 9).map((z) => errorOf(z, encodeGreedily(z, tables).indices, tables) - errorOf(z, searchBeams(z, tables, 6), tables));
  assert.ok(gains.every((gain) => gain >= 0));
  assert.ok(gains.filter((gain) => gain > 1e-3).length > 30);
});

test("numbers of a seed are normal, and the same each time", () => {
  const drawn = points(4000, 1, 5).flat();
  assert.deepEqual(drawn.slice(0, 3), points(3, 1, 5).flat());
  const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
  const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length;
  near(mean, 0, 0.06);
  near(variance, 1, 0.08);
});

test("codes that are fitted leave less over with each one and each level", () => {
  const cloud = blobs(points(5, 2, 3), 200, 0.3, 4);
  const error = (codes) =>
    meanDistance(
      cloud,
      cloud.map((z) => codes[encodeGreedily(z, [codes]).indices[0]]),
    );
  const errors = [1, 2, 4, 8].map((size) => error(fitCodes(cloud, size)));
  for (let i = 1; i < errors.length; i++) assert.ok(errors[i] < errors[i - 1]);
  const tables = fitResidualCodes(cloud, 4, 3);
  const left = [1, 2, 3].map((levels) => cloud.reduce((sum, z) => sum + errorOf(z, encodeGreedily(z, tables.slice(0, levels)).indices, tables), 0));
  assert.ok(left[2] < left[1] && left[1] < left[0]);
  assert.deepEqual(
    fitValues([5, 1, 1.2, 4.8, 1.1, 5.2], 2).map((value) => Number(value.toFixed(9))),
    [1.1, 5],
  );
});

test("a rotation and its angle are each other's way back, and z R sees the turned cloud straight", () => {
  near(angleOf(rotationBy(0.7)), 0.7);
  nearAll(times(turnPoint([1, 0], 0.7), rotationBy(0.7)), [1, 0]);
});

test("what bounds an axis can be undone", () => {
  for (const count of [2, 3, 4, 8]) for (const z of [-2.5, -0.3, 0, 1.7]) near(unboundAxis(boundAxis(z, count), count), z);
});

test("indices of all digits are 0 to K - 1, each once, whichever axis counts fastest", () => {
  const levels = [3, 4, 2];
  for (const firstSlowest of [false, true]) {
    const found = [];
    for (let a = 0; a < 3; a++) for (let b = 0; b < 4; b++) for (let c = 0; c < 2; c++) found.push(indexOf([a, b, c], radixOf(levels, firstSlowest)));
    assert.deepEqual(
      found.sort((a, b) => a - b),
      Array.from({ length: sizeOf(levels) }, (_, i) => i),
    );
  }
});

test("no place of the sphere is farther from its corner than an axis is", () => {
  for (const bits of [2, 3, 10]) {
    const axis = Array.from({ length: bits }, (_, i) => (i === 0 ? 1 : 0));
    near(encodeSphere(axis).error, worstError(bits), 1e-12);
    for (const z of points(300, bits, 17)) assert.ok(encodeSphere(z).error <= worstError(bits) + 1e-12);
  }
});

test("what is seen of the sphere keeps its lengths, and its near side is found again", () => {
  let found = 0;
  for (const place of points(60, 3, 18).map(projectToSphere)) {
    const { x, y, depth } = seenFrom(place, 0.5, 0.3);
    near(x * x + y * y + depth * depth, 1);
    if (depth <= 0) continue;
    nearAll(placeSeenAt(x, y, 0.5, 0.3), place);
    found += 1;
  }
  assert.ok(found > 15 && found < 45);
  near(Math.hypot(...placeSeenAt(3, 4, 0.5, 0.3)), 1);
});

test("a lens stands in the corner that is farthest, and shows its middle larger", () => {
  const place = lensPlace([90, 10], 100, 100);
  assert.ok(place.x < 50 && place.y > 50);
  const plane = { scale: 10, at: (x, y) => [x, y], world: (x, y) => [x, y], box: [0, 0, 1, 1] };
  const lens = lensPlane(plane, [2, 3], place, 6);
  assert.deepEqual(lens.at(2, 3), [place.x, place.y]);
  assert.equal(lens.at(2.5, 3)[0] - place.x, 30);
  nearAll(lens.world(...lens.at(1.2, 3.4)), [1.2, 3.4]);
  assert.deepEqual(shorten([0, 0], [10, 0], 4), [6, 0]);
  assert.deepEqual(shorten([0, 0], [0, 0], 4), [0, 0]);
});

test("the error of the card of products is that of what its tokens decode to", () => {
  for (const [cloud, first, second, angle] of [
    ["grid", 4, 4, 0],
    ["grid", 3, 5, 20],
    ["long", 8, 2, -33],
  ]) {
    const { rotation, tables, error } = fitted(cloud, first, second, angle);
    const decoded = CLOUDS[cloud].map((z) => decodeProduct(encodeProduct(z, tables, rotation), tables, rotation));
    near(error, meanDistance(CLOUDS[cloud], decoded));
  }
});

test("turns of OPQ go downhill from where the grid stands: from 0 degrees they stop at -3, from 10 they arrive", () => {
  const settle = (angle) => {
    const state = { ...PRODUCT.first, angle };
    for (let next = turnOnce(state); next !== null; next = turnOnce(state)) state.angle = next;
    return Math.round(state.angle);
  };
  assert.deepEqual([settle(0), settle(10)], [-3, 27]);
  assert.equal(bestAngle(PRODUCT.first), 27);
});
