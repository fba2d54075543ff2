// @ts-check
// The lab's address: a link to this page that opens it as it is: settings and seed, the preset and whether it is mended, what run
// B changes, the speed, and whether it stands still. pages/lab/link.py reads it back.

import { addressWriter } from "../kit/wire/bus.js";

const LONGEST = 6000; // characters of settings; browsers and servers refuse much longer addresses

/** What differs from the defaults. Hand-drawn points that are too many for an address are left out, with their data set. */
export function differing(settings, defaults) {
  const changed = Object.fromEntries(Object.entries(settings).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name])));
  if (changed.dataset !== "drawn") delete changed.points;
  if (JSON.stringify(changed).length > LONGEST) {
    delete changed.points;
    if (changed.dataset === "drawn") delete changed.dataset;
  }
  return changed;
}

/** How many hand-drawn points of these settings a link leaves out, since they are too many for an address. */
export function pointsLeftOut(settings, defaults) {
  return settings.dataset === "drawn" && !differing(settings, defaults).points ? (settings.points?.length ?? 0) : 0;
}

export const KEYS = ["settings", "preset", "mended", "b", "speed", "paused"];

/** The query of a link; keys that are not the lab's are kept. run: {all: settings of A and perhaps B, preset, mended, limit
 *  (steps a second, null: full), playing}. Without a preset the settings are always named: the bare address opens the first run. */
export function queryOf(before, { all, preset = null, mended = false, limit, playing = true }, defaults) {
  const query = new URLSearchParams(before);
  for (const key of KEYS) query.delete(key);
  const [a, b] = all;
  const changed = differing(a, defaults);
  if (preset) query.set("preset", preset);
  if (!preset || Object.keys(changed).length) query.set("settings", JSON.stringify(changed));
  if (preset && mended) query.set("mended", "1");
  if (b) query.set("b", JSON.stringify(differing(b, a)));
  if (limit !== undefined) query.set("speed", limit === null ? "full" : String(limit));
  if (!playing) query.set("paused", "1");
  return query.toString();
}

/** write(run) soon, at most once in a while; run: of queryOf. write.now(search): the query of a link to the run as it is.
 *  write.hold(): another link was taken, whose address stays as it is until its run is written. */
export function createAddress(defaults, win = window) {
  let newest = null;
  let held = false;
  const soon = addressWriter((search) => (newest ? queryOf(search, newest, defaults) : search.slice(1)), win);
  const write = (run) => {
    newest = run;
    soon();
  };
  const now = (search) => (newest ? queryOf(search, newest, defaults) : held ? "" : search);
  const hold = () => {
    newest = null;
    held = true;
  };
  return Object.assign(write, { now, hold, destroy: soon.cancel });
}
