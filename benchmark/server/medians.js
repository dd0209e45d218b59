'use strict';

/** Several rounds as one: the median of each figure by itself. */

/** @typedef {import('./table.js').Result} Result */

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The same shape as each of those given, with medians for numbers.
 *
 * @param {any[]} alike
 * @returns {any}
 */
function medianOf(alike) {
  const [first] = alike;
  if (typeof first === 'number') return median(alike);
  if (typeof first !== 'object' || first === null) return first;
  return Object.fromEntries(Object.keys(first).map((key) => [key, medianOf(alike.map((each) => each[key]))]));
}

/**
 * @param {Result[][]} rounds
 * @returns {Result[]}
 */
function medians(rounds) {
  return rounds[0].map((_, index) => medianOf(rounds.map((round) => round[index])));
}

module.exports = { medians };
