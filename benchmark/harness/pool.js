'use strict';

/** Long enough for the other workers to be given something in the meantime. */
const BUSY_FOR_MS = 5;
const MOST_ROUNDS = 200;

/**
 * Waits until as many different workers as wanted have answered: pools start them lazily or one by one.
 *
 * @param {import('../contestants/index.js').Opened} pool
 * @param {number} workers
 */
async function allUp(pool, workers) {
  const seen = new Set();
  for (let round = 0; seen.size < workers; round++) {
    if (round === MOST_ROUNDS) throw new Error(`Expected ${workers} workers to take part, saw ${seen.size}`);
    const answers = Array.from({ length: workers }, () => pool.call('identify', BUSY_FOR_MS));
    for (const id of await Promise.all(answers)) seen.add(id);
  }
}

module.exports = { allUp };
