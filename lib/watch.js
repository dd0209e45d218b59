'use strict';

/**
 * Watching for mail without sleeping.
 *
 * Waking a thread that sleeps takes longer than most tasks that come one after the other. So for a
 * moment after a task has been submitted the event loop is kept turning (it serves everybody else as
 * well meanwhile), and looks at a word that it shares with whoever has mail for it. It does so as long as
 * that has been worth it lately: after a few disappointments it sleeps at once, until mail has come so soon
 * that watching would have caught it. Where others need the cores, watching is what keeps the worker from
 * answering in time; so after each failure in a row twice as many such answers are waited for.
 */

const binding = require('./native');
const { ATTENTION } = require('./frames');

/** How long it watches, in milliseconds: some wake-ups' worth. */
const WATCH = 0.1;
const MOST_DISAPPOINTMENTS = 3;
/** The most answers that are waited for asleep before it is tried again: some 50 ms of them. */
const MOST_ASLEEP = 4096;

const { load, store } = Atomics;

class Watch {
  /** Looked for with the first task: most workers never submit any. @type {Int32Array | null | undefined} */
  #words = undefined;
  #isolate;
  #fetch;
  #watching = false;
  #since = 0;
  #disappointments = 0;
  /** So many quick answers are to come by a call before it watches again, and how many that will be next time. */
  #asleep = 0;
  #nextAsleep = 1;
  /** With more tasks under way than this, workers need all cores. */
  #most = 0;

  /**
   * @param {number} isolate
   * @param {() => void} fetch
   */
  constructor(isolate, fetch) {
    this.#isolate = isolate;
    this.#fetch = fetch;
  }

  #prepare() {
    this.#most = require('./machine').cpuCount() - 1;
    return (this.#words = binding.attention(this.#isolate));
  }

  /**
   * Tasks have been submitted: so many are under way.
   *
   * @param {number} tasks
   */
  begin(tasks) {
    const words = this.#words === undefined ? this.#prepare() : this.#words;
    if (words === null || tasks > this.#most) return;
    this.#since = performance.now();
    if (this.#watching || this.#asleep > 0) return;
    this.#watching = true;
    store(words, ATTENTION.POLLING, 1);
    setImmediate(this.#look);
  }

  /** Mail has come by a call. */
  called() {
    if (this.#asleep > 0 && performance.now() - this.#since < WATCH) this.#asleep--;
  }

  #look = () => {
    const words = /** @type {Int32Array} */ (this.#words);
    if (load(words, ATTENTION.MAIL) === 1) {
      this.#disappointments = 0;
      this.#nextAsleep = 1;
      this.#stop(words);
      this.#fetch();
    } else if (performance.now() - this.#since < WATCH) {
      setImmediate(this.#look);
    } else {
      this.#disappoint();
      this.#stop(words);
      // Whoever had mail in this very moment saw us watching, and did not call.
      if (load(words, ATTENTION.MAIL) === 1) this.#fetch();
    }
  };

  #disappoint() {
    if (++this.#disappointments < MOST_DISAPPOINTMENTS) return;
    this.#disappointments = 0;
    this.#asleep = this.#nextAsleep;
    this.#nextAsleep = Math.min(MOST_ASLEEP, 2 * this.#nextAsleep);
  }

  /** @param {Int32Array} words */
  #stop(words) {
    this.#watching = false;
    store(words, ATTENTION.POLLING, 0);
  }
}

module.exports = { Watch };
