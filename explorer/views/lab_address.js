// The lab's address: a link to this page that opens it with the same settings and seed.

const LONGEST = 6000; // characters of settings; browsers and servers refuse much longer addresses
const PAUSE_MS = 400; // browsers refuse hundreds of changes in a few seconds

/** What differs from the defaults. Hand-drawn points that are too many for an address are left out, with their data set. */
export function differing(settings, defaults) {
  const changed = Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name])),
  );
  if (changed.dataset !== "drawn") delete changed.points;
  if (JSON.stringify(changed).length > LONGEST) {
    delete changed.points;
    if (changed.dataset === "drawn") delete changed.dataset;
  }
  return changed;
}

/** The query of a link; keys that are not the lab's are kept. */
export function queryOf(before, settings, defaults, preset) {
  const query = new URLSearchParams(before);
  const changed = differing(settings, defaults);
  query.delete("settings");
  query.delete("preset");
  if (preset) query.set("preset", preset);
  if (Object.keys(changed).length) query.set("settings", JSON.stringify(changed));
  return query.toString();
}

/** write(settings, preset) soon, at most once in a while. */
export function createAddress(defaults, win = window) {
  let pending = null;
  let newest = null;
  const write = () => {
    pending = null;
    const { pathname, search, hash } = win.location;
    const query = queryOf(search, ...newest);
    const address = pathname + (query ? "?" + query : "") + hash;
    if (address !== pathname + search + hash) win.history.replaceState(win.history.state, "", address);
  };
  return (settings, preset) => {
    newest = [settings, defaults, preset];
    pending ??= setTimeout(write, PAUSE_MS);
  };
}
