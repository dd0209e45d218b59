'use strict';

/**
 * The work of the heavy route, some 7 ms of it: the same function for all, on whatever thread.
 *
 * @param {number} n
 * @returns {number}
 */
function fibonacci(n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

const N = 30;
const ANSWER = 832_040;

module.exports = { ANSWER, N, fibonacci };
