'use strict';

/** `gracefulSignals`: SIGINT and SIGTERM shut the pool down first, and then do what they would have done. */

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM']);

class Signals {
  #shutdown;
  #listening = false;
  #ending = false;

  /** @param {() => Promise<unknown>} shutdown */
  constructor(shutdown) {
    this.#shutdown = shutdown;
  }

  /** @param {boolean} wanted */
  listen(wanted) {
    if (wanted === this.#listening || this.#ending) return;
    this.#listening = wanted;
    for (const signal of SIGNALS) {
      if (wanted) process.on(signal, this.#end);
      else process.removeListener(signal, this.#end);
    }
  }

  #end = async (/** @type {NodeJS.Signals} */ signal) => {
    // The second one finds no listener and ends the process at once.
    for (const each of SIGNALS) process.removeListener(each, this.#end);
    this.#listening = false;
    this.#ending = true;
    try {
      await this.#shutdown();
    } finally {
      this.#ending = false;
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    }
  };
}

exports.Signals = Signals;
