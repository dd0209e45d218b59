'use strict';

/** Random numbers that are the same ones for the same seed. */

/**
 * @param {number | string} seed
 * @returns {() => number} from 0 up to 1, like `Math.random`
 */
function randomFrom(seed) {
  let state = hash(String(seed));
  // A Weyl sequence, whose steps are mixed: each seed has a period of 2^32.
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

/** @param {number} word */
function mix(word) {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/**
 * FNV-1a, so that seeds may be texts, and neighbours among numbers have nothing in common.
 *
 * @param {string} text
 */
function hash(text) {
  let word = 0x811c9dc5;
  for (const unit of Buffer.from(text)) word = Math.imul(word ^ unit, 0x01000193);
  return mix(word >>> 0);
}

module.exports = { randomFrom };
