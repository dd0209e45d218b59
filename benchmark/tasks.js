'use strict';

/**
 * The tasks of all cases: the same functions for every contestant. Each one stands on its own (parameters,
 * locals and globals), so that it also works where only the text of a function travels.
 */

/** @param {number} n */
function trivial(n) {
  return n + 1;
}

/** What `map` does by hand where a pool has no such verb: many items in one message. @param {number[]} items */
function trivialAll(items) {
  return items.map((n) => n + 1);
}

/** There and back. @template T @param {T} value */
function echo(value) {
  return value;
}

/** @param {number} n @returns {number} */
function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/**
 * Says which worker it ran on, after having kept it busy long enough for the others to get a turn.
 *
 * @param {number} ms
 * @returns {number}
 */
function identify(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
  const worker = /** @type {{ benchmarkWorker?: number }} */ (globalThis);
  worker.benchmarkWorker ??= Math.random();
  return worker.benchmarkWorker;
}

/** Counts itself in, then blocks its worker until the main thread lets go. @param {Int32Array} gate */
function hold(gate) {
  Atomics.add(gate, 1, 1);
  Atomics.wait(gate, 0, 0);
  return true;
}

module.exports = { trivial, trivialAll, echo, fib, identify, hold };
