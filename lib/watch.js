'use strict';

/**
 * Watching for mail without sleeping.
 *
 * Waking a thread that sleeps takes longer than most tasks that come one after the other. So for a
 * moment after a task has been submitted the event loop is kept turning (it serves everybody else as
 * well meanwhile), and looks at a word that it shares with whoever has mail for it. It does so as long as
 * that has been worth it lately: after a few disappointments it sleeps at once, until mail comes so soon
 * that watching would have caught it.
 */

const binding = require('./native');
const { ATTENTION } = require('./frames');
const machine = require('./machine');

/** How long it watches, in milliseconds: some wake-ups' worth. */
const WATCH = 0.1;
const MOST_DISAPPOINTMENTS = 3;

const { load, store } = Atomics;

class Watch {
  #words;
  #fetch;
  #watching = false;
  #since = 0;
  #disappointments = 0;
  /** With more tasks under way than this, workers need all cores. */
  #most = machine.cpuCount() - 1;

  /**
   * @param {number} isolate
   * @param {() => void} fetch
   */
  constructor(isolate, fetch) {
    this.#words = binding.attention(isolate);
    this.#fetch = fetch;
  }

  /**
   * Tasks have been submitted: so many are under way.
   *
   * @param {number} tasks
   */
  begin(tasks) {
    if (this.#words === null || tasks > this.#most) return;
    this.#since = performance.now();
    if (this.#watching || this.#disappointments >= MOST_DISAPPOINTMENTS) return;
    this.#watching = true;
    store(this.#words, ATTENTION.POLLING, 1);
    setImmediate(this.#look);
  }

  /** Mail has come by a call. */
  called() {
    if (performance.now() - this.#since < WATCH) this.#disappointments = 0;
  }

  #look = () => {
    const words = /** @type {Int32Array} */ (this.#words);
    if (load(words, ATTENTION.MAIL) === 1) {
      this.#disappointments = 0;
      this.#stop(words);
      this.#fetch();
    } else if (performance.now() - this.#since < WATCH) {
      setImmediate(this.#look);
    } else {
      this.#disappointments++;
      this.#stop(words);
      // Whoever had mail in this very moment saw us watching, and did not call.
      if (load(words, ATTENTION.MAIL) === 1) this.#fetch();
    }
  };

  /** @param {Int32Array} words */
  #stop(words) {
    this.#watching = false;
    store(words, ATTENTION.POLLING, 0);
  }
}

module.exports = { Watch };
