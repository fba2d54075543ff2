// @ts-check
// Chance that a seed brings back: the same numbers in every browser. Pure, but for the generator's own count.

/** A generator of numbers in [0, 1), by mulberry32. @param {number} seed @returns {() => number} */
export function uniformFrom(seed) {
  let state = Math.trunc(seed) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TINY = 2 ** -33; // so that no logarithm is asked of 0

/** One number of the standard normal distribution (Box and Muller). @param {() => number} uniform */
export const normal = (uniform) => Math.sqrt(-2 * Math.log(uniform() + TINY)) * Math.cos(2 * Math.PI * uniform());

/** One number of the Gumbel(0, 1) distribution. @param {() => number} uniform */
export const gumbel = (uniform) => -Math.log(-Math.log(uniform() * (1 - 2 * TINY) + TINY));
