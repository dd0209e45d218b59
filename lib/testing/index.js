'use strict';

/**
 * `tasklets/testing`: tasks on the calling thread, in an order that can be repeated, with failures on request.
 *
 * Tests of code that uses `tasklets` are about that code: they should not wait for threads, and what fails once should
 * fail again. So the pools' engines are exchanged for ones that take every value and function through the same bytes,
 * and run the tasks here.
 */

const { configError } = require('../errors');
const { busyOnes, change, install, restoreAll } = require('./mode');
const { failing } = require('./failing');
const { randomFrom } = require('./random');

/** Taken before a test can replace it by one of a false clock. */
const { setImmediate } = globalThis;

/** Tasks run on the calling thread: a synchronous one has ended when `run` returns. */
function inline() {
  return install({ order: true });
}

/**
 * Tasks run on the calling thread, one at the end of each turn, in an order that `seed` decides.
 *
 * @param {number | string} [seed]
 */
function deterministic(seed = 1) {
  if (typeof seed !== 'string' && !Number.isFinite(seed))
    throw configError('seed', 'a finite number or a string', seed);
  return install({ order: true, random: randomFrom(seed) });
}

/**
 * Lets attempts of tasks fail.
 *
 * @param {unknown} [options]
 */
function injectFailure(options) {
  return install({ fail: failing(options) });
}

/** Begins all that waits, without waits between attempts; resolves when no task is pending any more. */
async function flush() {
  for (;;) {
    const isAgain = busyOnes()
      .map((scheduler) => scheduler.hurry())
      .includes(true);
    // Whoever awaits a task may submit another one by then.
    if (isAgain || busyOnes().length === 0) await turn();
    else await change();
    if (busyOnes().length === 0) {
      await turn();
      if (busyOnes().length === 0) return;
    }
  }
}

/** All that can go on at this moment has gone on. */
function turn() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

module.exports = { deterministic, flush, inline, injectFailure, restoreAll };
