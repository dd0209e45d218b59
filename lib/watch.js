'use strict';

/**
 * Looking out for mail without sleeping.
 *
 * Waking a thread that sleeps takes longer than most tasks that come one after the other. So at the end of a turn that
 * has submitted a task while a worker was awake, the answer is *waited* for on the spot, for a few microseconds. Then the
 * event loop is kept turning for a moment (it serves everybody else as well meanwhile), and *watches* a word that it
 * shares with whoever has mail for it. Who has mail calls only those who do not look out.
 *
 * Both are done as long as that has been worth it lately. Where others need the cores, looking out is what keeps the
 * worker from answering in time.
 */

const binding = require('./native');
const { performance, setImmediate } = require('./clock');
const { ATTENTION } = require('./frames');
const { Trust } = require('./trust');

/** How long it waits, in milliseconds: a few round trips; and how often it looks between two looks at the clock. */
const WAIT = 0.02;
const LOOKS = 32;
/** How long it watches: some wake-ups' worth. */
const WATCH = 0.1;
/** The same where latency is to be low. Beside a longer task a wake-up does not count. */
const WATCH_CLOSELY = 1;
/** After so long without a turn the event loop has one, whoever waits: long beside what a turn takes. */
const TURN_AFTER = 0.25;

const { load, store } = Atomics;

class Watch {
  /** Looked for with the first task: most workers never submit any. @type {Int32Array | null | undefined} */
  #words = undefined;
  #isolate;
  #fetch;
  #pending;
  #waits = new Trust();
  #watches = new Trust();
  /** With more tasks under way than this, workers need all cores. */
  #most = 0;
  /** What is submitted in this turn finds workers awake. */
  #areAwake = false;
  /** When something was submitted last. */
  #since = 0;
  #isWatching = false;
  #closely = false;
  /** Since when the event loop is to have a turn, and whether it is. */
  #turnWanted = 0;
  #isTurning = false;

  /**
   * @param {number} isolate
   * @param {() => void} fetch
   * @param {() => number} pending how many tasks are under way
   */
  constructor(isolate, fetch, pending) {
    this.#isolate = isolate;
    this.#fetch = fetch;
    this.#pending = pending;
  }

  #prepare() {
    this.#most = require('./machine').cpuCount() - 1;
    return (this.#words = binding.attention(this.#isolate));
  }

  /**
   * Tasks are about to be handed over: whoever answers before the turn ends need not call.
   *
   * @param {boolean} closely latency is to be low
   */
  begin(closely) {
    const words = this.#words === undefined ? this.#prepare() : this.#words;
    if (words === null || this.#pending() > this.#most) return;
    this.#closely = closely;
    if (closely || this.#watches.isThere || this.#waits.isThere) store(words, ATTENTION.POLLING, 1);
  }

  /**
   * They have been handed over.
   *
   * @param {boolean} areAwake the workers that have been called for them were
   */
  submitted(areAwake) {
    this.#areAwake = areAwake;
    this.#since = performance.now();
  }

  /** The turn in which tasks were handed over has ended. */
  end() {
    const words = this.#words;
    if (!words || load(words, ATTENTION.POLLING) === 0) return;
    const few = this.#pending() <= this.#most;
    if (few && this.#areAwake && this.#waits.isThere && this.#mayWait() && this.#wait(words)) return;
    if (this.#isWatching) return;
    if (few && (this.#closely || this.#watches.isThere)) {
      this.#isWatching = true;
      setImmediate(this.#look);
    } else {
      this.#lookAway(words);
    }
  }

  /**
   * Whoever submits one task after the other, and waits for each, must not keep the event loop from turning.
   *
   * @returns {boolean}
   */
  #mayWait() {
    if (this.#isTurning) return this.#since - this.#turnWanted < TURN_AFTER;
    this.#isTurning = true;
    this.#turnWanted = this.#since;
    setImmediate(this.#turn);
    return true;
  }

  #turn = () => {
    this.#isTurning = false;
  };

  /**
   * @param {Int32Array} words
   * @returns {boolean} whether mail has come
   */
  #wait(words) {
    const until = performance.now() + WAIT;
    do {
      for (let i = 0; i < LOOKS; i++) {
        if (load(words, ATTENTION.MAIL) === 0) continue;
        this.#waits.earn();
        store(words, ATTENTION.POLLING, 0);
        this.#fetch();
        return true;
      }
    } while (performance.now() < until);
    this.#waits.lose();
    return false;
  }

  #look = () => {
    const words = /** @type {Int32Array} */ (this.#words);
    if (load(words, ATTENTION.MAIL) === 1) {
      this.#watches.earn();
      if (performance.now() - this.#since < WAIT) this.#waits.couldHave();
    } else if (this.#pending() > 0) {
      if (performance.now() - this.#since < (this.#closely ? WATCH_CLOSELY : WATCH)) {
        setImmediate(this.#look);
        return;
      }
      this.#watches.lose();
    }
    this.#isWatching = false;
    this.#lookAway(words);
  };

  /**
   * Whoever has mail is to call. Who had some just before saw us look out, and did not.
   *
   * @param {Int32Array} words
   */
  #lookAway(words) {
    store(words, ATTENTION.POLLING, 0);
    if (load(words, ATTENTION.MAIL) === 1) this.#fetch();
  }

  /** Mail has come by a call. */
  called() {
    const time = performance.now() - this.#since;
    if (time < WATCH) this.#watches.couldHave();
    if (time < WAIT) this.#waits.couldHave();
  }
}

module.exports = { Watch };
