// @ts-check
// What a control of the lab may hold: which are shown, how a slider's place becomes a value, values as text. Pure.

export const PLACES = 1000; // of a slider
const REACH = 0.3; // share of the way at which a default near one end lies
const SNAP = 4; // places within which a whole number on a log scale becomes a power of two
const BOX_ONLY = 1e6; // more steps than this and no hand can place a slider

/** Whether a control has any effect: every condition holds. */
export function isShown(control, settings) {
  return Object.entries(control.when ?? {}).every(([name, values]) => values.includes(settings[name]));
}

/** Why a control that is shown can change nothing in a run with these settings; "" if it can. inert: [{names, when, reason}]. */
export function inertReason(inert, name, settings) {
  return (inert ?? []).find((one) => one.names.includes(name) && isShown(one, settings))?.reason ?? "";
}

export const differs = (control, settings, defaults) => settings[control.name] !== defaults[control.name];

/**
 * How a slider moves: {kind, lowest, highest, step, power}. "log" moves in ratios. "low" and "high" are finer near
 * that end, so that the default has room on both sides; they serve weights (0 to 100, default 0.25) and decays.
 */
export function scaleOf(control, fallback) {
  const { lowest, highest, step, log } = control;
  const range = highest - lowest;
  const scale = { lowest, highest, step, kind: "linear", power: 1 };
  if (log) return { ...scale, kind: "log" };
  if (step > 0 && range / step > BOX_ONLY) return { ...scale, kind: "box" };
  if (step > 0 || lowest < 0 || !(range > 0)) return scale;
  const share = (fallback - lowest) / range;
  const power = (part) => (part > 0 ? Math.min(6, Math.log(part) / Math.log(REACH)) : 3);
  if (share < 0.1) return { ...scale, kind: "low", power: power(share) };
  if (share > 0.9) return { ...scale, kind: "high", power: power(1 - share) };
  return scale;
}

/** value -> place on the slider, 0 to PLACES. */
export function placeOf(scale, value) {
  const { lowest, highest, kind, power } = scale;
  const inside = Math.min(highest, Math.max(lowest, value));
  const share = (inside - lowest) / (highest - lowest);
  if (kind === "log") return Math.round((PLACES * Math.log(inside / lowest)) / Math.log(highest / lowest));
  if (kind === "low") return Math.round(PLACES * share ** (1 / power));
  if (kind === "high") return Math.round(PLACES * (1 - (1 - share) ** (1 / power)));
  return Math.round(PLACES * share);
}

/** place on the slider -> value, rounded to what a person would have typed; the ends are exact. */
export function valueAt(scale, place) {
  const { lowest, highest, step, kind } = scale;
  if (place <= 0) return lowest;
  if (place >= PLACES) return highest;
  const value = step > 0 ? whole(scale, place) : rough(scale, place);
  return kind === "box" ? lowest : Math.min(highest, Math.max(lowest, value));
}

function whole(scale, place) {
  const { lowest, highest, step, kind } = scale;
  if (kind !== "log") return lowest + step * Math.round(((highest - lowest) * place) / PLACES / step);
  const raw = lowest * (highest / lowest) ** (place / PLACES);
  const power = 2 ** Math.round(Math.log2(raw));
  const near = power >= lowest && power <= highest && Math.abs(placeOf(scale, power) - place) <= SNAP;
  return near ? power : step * Math.round(significant(raw) / step);
}

function rough(scale, place) {
  const { lowest, highest, kind, power } = scale;
  const range = highest - lowest;
  const share = place / PLACES;
  if (kind === "log") return significant(lowest * (highest / lowest) ** share);
  if (kind === "low") {
    const value = lowest + range * share ** power;
    return value - lowest < 1e-5 * range ? lowest : significant(value); // less than that is nothing
  }
  if (kind === "high") {
    const end = Number(highest.toPrecision(1)); // 0.988 and not 0.9879: the distance from 1 is what counts
    return tidy(end - significant(end - (highest - range * (1 - share) ** power)));
  }
  const grain = 10 ** Math.floor(Math.log10(range / 200));
  return tidy(grain * Math.round((lowest + range * share) / grain));
}

const significant = (x) => Number(x.toPrecision(2));
const tidy = (x) => Number(x.toPrecision(6));

/** The next value in a direction (1 or -1): one arrow key. */
export function nextValue(scale, value, direction) {
  const { lowest, highest, step } = scale;
  if (step > 0) return Math.min(highest, Math.max(lowest, value + direction * step));
  for (let place = placeOf(scale, value) + direction; place >= 0 && place <= PLACES; place += direction) {
    const next = valueAt(scale, place);
    if ((next - value) * direction > 0) return next;
  }
  return direction > 0 ? highest : lowest;
}

/** A number as a person would type it. */
export const numberText = (value) => String(Number(Number(value).toPrecision(10)));

/** What was typed as a number, or null. Separators of thousands are fine. */
export function parseValue(text) {
  const plain = text.trim().replace(/(\d)[, _](?=\d{3}(\D|$))/g, "$1");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : null;
}

/** A value in words: the label of a choice, on or off, a number with its unit. */
export function valueWords(control, value) {
  if (control.kind === "toggle") return value ? "on" : "off";
  if (control.kind === "choice") return control.options.find(([option]) => option === value)?.[1] ?? String(value);
  return control.unit ? `${numberText(value)} ${control.unit}` : numberText(value);
}

/** Another value worth comparing with: the next choice, the other state, the default, or a fair step away. */
export function otherValue(control, value, fallback) {
  if (control.kind === "toggle") return !value;
  if (control.kind === "choice") {
    const at = control.options.findIndex(([option]) => option === value);
    return control.options[(at + 1) % control.options.length][0];
  }
  const scale = scaleOf(control, fallback);
  if (scale.kind === "box") return value < control.highest ? value + 1 : value - 1;
  if (value !== fallback) return fallback;
  const place = placeOf(scale, value);
  return valueAt(scale, place > PLACES / 2 ? place - 250 : place + 250);
}

/** The settings of the one or two runs that a view is about. */
export function settingsOfSides(view) {
  const all = view.bothSettings;
  return all?.length ? all : view.settings ? [view.settings] : [];
}

/** Controls by group, in the order in which groups first appear. */
export function groupFields(controls) {
  const groups = new Map();
  for (const control of controls) groups.set(control.group, [...(groups.get(control.group) ?? []), control]);
  return [...groups].map(([name, members]) => ({ name, members }));
}

/**
 * At most one request in flight; of the values that arrive meanwhile for a name, the last wins.
 * send(name, value) -> Promise; put(name, value); has(name) is true from put until its newest value was answered.
 */
export function createQueue(send) {
  const waiting = new Map();
  let current = null;
  const run = async () => {
    while (waiting.size > 0) {
      const [name, value] = waiting.entries().next().value;
      waiting.delete(name);
      current = name;
      await send(name, value);
    }
    current = null;
  };
  return {
    put(name, value) {
      waiting.set(name, value);
      if (current === null) run();
    },
    has: (name) => current === name || waiting.has(name),
    waits: (name) => waiting.has(name),
  };
}
