'use strict';

/** What a worker says of its heap, and how it gives memory back while it has nothing to do. */

const binding = require('../native');
const { lazy } = require('../lazy');
const { now } = require('./guard');

// It brings streams along, which a worker's first task need not wait for.
const { getHeapStatistics } = lazy(() => require('node:v8'), ['getHeapStatistics']);

/** Milliseconds between two words about the heap. */
const WEIGH_AFTER = 100;

class Heap {
  #isolate;
  #lastWeighed = -Infinity;
  #isFresh = true;
  /** Where idle workers are to give memory back. @type {InstanceType<typeof import('./cleaner').Cleaner> | undefined} */
  #cleaner = undefined;

  /** @param {number} isolate */
  constructor(isolate) {
    this.#isolate = isolate;
  }

  /** @param {{ cleanup: string }} memory what the config in force says of it */
  configure({ cleanup }) {
    this.#cleaner?.stop();
    this.#cleaner = undefined;
    if (cleanup !== 'aggressive') return;
    const { Cleaner } = require('./cleaner');
    this.#cleaner = new Cleaner(() => this.#weigh(now()));
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
    binding.weigh(this.#isolate, getHeapStatistics().used_heap_size);
  }

  /** There is nothing to do, for now. */
  rest() {
    this.#cleaner?.rest();
  }

  /** There are tasks again. */
  wake() {
    this.#cleaner?.stop();
  }
}

exports.Heap = Heap;
