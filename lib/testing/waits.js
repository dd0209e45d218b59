'use strict';

/** Waits: before the next attempt of a task, and for whatever has a limit of time. */

/** The longest time that a timer takes. */
const LONGEST = 2 ** 31 - 1;

/**
 * `min(maxDelay, delay * factor^(attempt - 1))`, of which the part `jitter` is random: as the scheduler in Rust has it.
 *
 * @param {{ delay: number, backoff: number, maxDelay: number, jitter: number }} policy
 * @param {number} attempt
 * @param {number} chance
 */
function waitAfter({ delay, backoff, maxDelay, jitter }, attempt, chance) {
  if (delay === 0) return 0;
  let growth = backoff ** (attempt - 1);
  // As `retryTerms` tells constant and linear growth.
  if (backoff === -1) growth = 1;
  if (backoff === -2) growth = attempt;
  return Math.min(maxDelay, delay * growth) * (1 - jitter * chance);
}

/**
 * The timers of a task. They are made by the global `setTimeout` of the moment, which a test may have replaced.
 */
class Timers {
  /** @type {Set<NodeJS.Timeout>} */
  #timers = new Set();

  /**
   * @param {number} wait
   * @param {() => void} action
   */
  after(wait, action) {
    if (wait > LONGEST) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, wait);
    this.#timers.add(timer);
  }

  clear() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

module.exports = { Timers, waitAfter };
