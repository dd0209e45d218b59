'use strict';

/**
 * Whether something is worth trying, by how often it was lately: after a few failures it is left alone until so many
 * occasions have passed on which it would have been worth it, twice as many after each time in a row.
 */

const MOST_FAILURES = 3;
/** The most occasions that are let pass: some 50 ms of round trips. */
const MOST_LEFT = 4096;

class Trust {
  #failures = 0;
  /** So many occasions are to pass before it is tried again, and how many that will be next time. */
  #left = 0;
  #next = 1;

  get isThere() {
    return this.#left === 0;
  }

  /** It was worth it. */
  earn() {
    this.#failures = 0;
    this.#next = 1;
  }

  /** It was not. */
  lose() {
    if (++this.#failures < MOST_FAILURES) return;
    this.#failures = 0;
    this.#left = this.#next;
    this.#next = Math.min(MOST_LEFT, 2 * this.#next);
  }

  /** It was not tried, and would have been worth it. */
  couldHave() {
    if (this.#left > 0) this.#left--;
  }
}

exports.Trust = Trust;
