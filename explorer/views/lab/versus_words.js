// @ts-check
// Two runs of the lab in words: which settings differ, and what came of it. Pure.

import { identical, measuredWords } from "../kit/player/versus_words.js";
import { countOf, whole } from "../kit/wire/format.js";
import { valueWords } from "./controls/values.js";

/** Settings in which two runs differ: [{label, a, b}] in words. */
export function settingsApart(controls, a, b) {
  const apart = controls.filter(({ name }) => a[name] !== b[name]);
  return apart.map((control) => ({
    label: control.label === control.group ? control.label : `${control.label} (${control.group})`,
    a: valueWords(control, a[control.name]),
    b: valueWords(control, b[control.name]),
  }));
}

/** The sentences above the numbers. settings: of settingsApart. */
export function verdict(settings, a, b) {
  if (settings.length === 0) return "A and B have the same settings and the same seed: they are one run, seen twice. Change a setting of one of them.";
  const what = settings.length === 1 ? `${settings[0].label}: ${settings[0].a} against ${settings[0].b}` : countOf(settings.length, "setting");
  if (!a || !b) return `A and B differ in ${what}. Nothing is measured yet.`;
  if (identical(a, b)) return `A and B differ in ${what}. At step ${whole(a.step)} every number measured of them is still the same.`;
  return `A and B differ in ${what}. ${measuredWords(a, b)}`;
}
