'use strict';

/** What a worker says of its heap, and how it gives memory back while it has nothing to do. */

const { setTimeout } = require('node:timers');
const binding = require('../native');
const { now } = require('./guard');

// The figure of `node:v8`, which brings streams along.
const { memoryUsage } = process;

/** Milliseconds between two words about the heap. */
const WEIGH_AFTER = 100;

/**
 * Milliseconds without a task after which garbage is collected, twice as many at most. V8 does that when more memory is asked for, so what
 * there is stays for as long as a worker idles.
 */
const PAUSE = 25;

class Heap {
  #isolate;
  #lastWeighed = -Infinity;
  #isFresh = true;
  /** Each time that there have been tasks, not only for what the start has left: a third of what a worker takes. */
  #cleansAgain = false;
  /** There is something to collect. */
  #isLittered = true;
  #isResting = false;
  /** There have been tasks since the timer was set. */
  #hasWorked = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer = undefined;

  /** @param {number} isolate */
  constructor(isolate) {
    this.#isolate = isolate;
  }

  /** @param {{ cleanup: string }} memory what the config in force says of it */
  configure({ cleanup }) {
    this.#cleansAgain = cleanup === 'aggressive';
  }

  /**
   * Says how much of it is in use, now and then: whoever wants to know need not ask.
   *
   * @param {number} time it is now
   */
  look(time) {
    // Before the first task there is nothing to say.
    if (this.#isFresh) this.#isFresh = false;
    else if (time - this.#lastWeighed > WEIGH_AFTER) this.#weigh(time);
  }

  /** @param {number} time */
  #weigh(time) {
    this.#lastWeighed = time;
    binding.weigh(this.#isolate, memoryUsage().heapUsed);
  }

  /** There is nothing to do, for now. */
  rest() {
    this.#isResting = true;
    if (this.#isLittered && this.#timer === undefined) this.#wait();
  }

  /** There are tasks again. The timer stays: tasks may come and go a hundred thousand times a second. */
  wake() {
    this.#isResting = false;
    this.#hasWorked = true;
    if (this.#cleansAgain) this.#isLittered = true;
  }

  #wait() {
    this.#hasWorked = false;
    this.#timer = setTimeout(() => this.#rested(), PAUSE);
    this.#timer.unref();
  }

  #rested() {
    this.#timer = undefined;
    if (!this.#isResting) return;
    if (this.#hasWorked) return this.#wait();
    this.#isLittered = false;
    binding.collectGarbage();
    this.#weigh(now());
  }
}

exports.Heap = Heap;
