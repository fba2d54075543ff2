// @ts-check
// How what is written plainly, such as "z_e - e_j", is shown: indices below the line, and lines that break where they may.

import { h } from "../kit/widgets/dom.js";

const BELOW = /_(\{[^}]+\}|[A-Za-z]+|\d+)/; // "z_e", "s_{i-1}"

/** What is written, and by turns what of it is an index, to be set below the line. Pure. @param {string} written */
export const splitIndices = (written) => written.split(BELOW).map((part, i) => (i % 2 ? part.replace(/^\{|\}$/g, "") : part));

const SIGNS = /([-|\u2016/])(?=\S)/g; // after which a browser may begin a new line, and nobody who writes by hand does
const JOINER = "\u2060"; // of no width: no line breaks there
const NEXT = /\s{3,}/; // between two equations of a step

/** What is written, in lines of one equation each, that break at spaces alone. Pure. @param {string} written */
export const splitLines = (written) => written.replace(SIGNS, `$1${JOINER}`).split(NEXT);

/** An equation, or a part of one, as it is shown. @param {string} written */
export const typeset = (written) => splitLines(written).flatMap((line, n) => [...(n > 0 ? [h("br")] : []), ...setIndices(splitIndices(line))]);

const setIndices = (parts) => parts.map((part, i) => (i % 2 ? h("sub", {}, part) : part));

const SYMBOL = /(?<![\w.])([a-zA-Z])_([a-z])(?!\w)/; // "z_e", and no name of a file or of a setting

/** A sentence, and by turns a letter and its index within it: ["the vector ", "z", "e", " of"]. Pure. @param {string} text */
export const splitSymbols = (text) => text.split(SYMBOL);

/** A sentence, with the indices of its symbols below the line, as in equations. @param {string} text */
export const sentence = (text) => splitSymbols(text).map((part, i) => (i % 3 === 2 ? h("sub", {}, part) : part));
