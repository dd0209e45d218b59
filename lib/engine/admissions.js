'use strict';

/**
 * What was taken before its pool was shut down, and hands its tasks over one after the other: a `map`, a `batch`. It is
 * one submission of the user's, so it may finish while the pool ends, as tasks that wait in the queue may.
 */

class Admissions {
  #open = 0;
  /** @type {(() => void)[]} */
  #waiting = [];
  /** Nothing is taken any more, of nobody. */
  areOver = false;

  get areNone() {
    return this.#open === 0;
  }

  /**
   * Something is under way until what is given back is called.
   *
   * @returns {() => void}
   */
  enter() {
    this.#open++;
    return () => {
      if (--this.#open > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }

  /** Resolves when nothing is under way. */
  async left() {
    if (this.#open === 0) return;
    await new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

exports.Admissions = Admissions;
