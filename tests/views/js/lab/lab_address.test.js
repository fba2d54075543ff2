import assert from "node:assert/strict";
import test from "node:test";

import { createAddress } from "../../../../explorer/views/lab/address.js";

test("a link that was taken keeps its address until its own run is written", () => {
  const timers = [];
  const written = [];
  const win = { location: { pathname: "/lab", search: "?learn=a.0", hash: "" }, setTimeout: (work) => timers.push(work), clearTimeout() {} };
  win.history = { state: null, replaceState: (_state, _title, address) => written.push(address) };
  const address = createAddress({ k: 64 }, win);
  assert.equal(address.now("?learn=a.0"), "?learn=a.0"); // nothing is known of the run yet
  address({ all: [{ k: 8 }], limit: 30 });
  assert.equal(address.now("?learn=a.0"), "learn=a.0&settings=%7B%22k%22%3A8%7D&speed=30");
  address.hold();
  win.location.search = "?preset=x&learn=a.1";
  timers[0](); // what was to be written of the run before
  assert.deepEqual([written, address.now("?preset=x")], [[], ""]);
  address({ all: [{ k: 64 }], preset: "x", limit: null });
  timers[1]();
  assert.deepEqual(written, ["/lab?learn=a.1&preset=x&speed=full"]);
});
