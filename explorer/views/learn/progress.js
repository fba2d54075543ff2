// @ts-check
// What a visitor of the tour did and answered, kept in this browser alone, and as a file where they ask for it.

import { csv } from "../kit/wire/format.js";

const KEY = "dte-learn";

/** @typedef {{done: string[], answers: {step: string, question: string, answer: string, right: boolean, at: string}[]}} Progress */

/** What is kept; nothing where the browser keeps nothing, or something else. @returns {Progress} */
export function readProgress(storage = window.localStorage) {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? "{}");
    const list = (some) => (Array.isArray(some) ? some : []);
    return { done: list(found.done).filter((one) => typeof one === "string"), answers: list(found.answers).filter((one) => typeof one?.step === "string") };
  } catch {
    return { done: [], answers: [] };
  }
}

function keep(progress, storage) {
  try {
    storage.setItem(KEY, JSON.stringify(progress));
  } catch {
    // a browser that keeps nothing forgets the tour, and nothing else
  }
}

/** A step was seen to its end. */
export function markDone(step, storage = window.localStorage) {
  const progress = readProgress(storage);
  if (progress.done.includes(step)) return;
  keep({ ...progress, done: [...progress.done, step] }, storage);
}

/** The first answer to a question counts, since it is the one before the explanation. */
export function keepAnswer(step, { text, answers, right }, chosen, storage = window.localStorage, now = new Date()) {
  const progress = readProgress(storage);
  if (progress.answers.some((one) => one.step === step)) return;
  const answer = { step, question: text, answer: answers[chosen], right: chosen === right, at: now.toISOString() };
  keep({ ...progress, answers: [...progress.answers, answer] }, storage);
}

export const forget = (storage = window.localStorage) => storage.removeItem(KEY);

/** Steps of a chapter that are done, of all that it has. Pure. */
export function stepsDone(chapter, progress) {
  const names = chapter.steps.map((_, number) => stepName(chapter.id, number));
  return { done: names.filter((name) => progress.done.includes(name)).length, of: names.length };
}

/** "cells.2": the third step of a chapter. Pure. */
export const stepName = (chapter, number) => `${chapter}.${number}`;

/** Answers as a file. Pure. */
export function answersCsv({ answers }) {
  return csv(
    ["step", "question", "answer", "right", "at"],
    answers.map((one) => [one.step, one.question, one.answer, one.right ? 1 : 0, one.at]),
  );
}
