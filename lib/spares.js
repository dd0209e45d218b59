'use strict';

/**
 * Threads that have started and loaded everything, and wait for a seat: where a worker is needed at once,
 * because one had to be ended, its successor is there after a millisecond instead of some 35.
 *
 * They are no workers: no pool knows of them, they count neither as such nor in what `max` allows, and they use
 * nothing but memory. They are started once a worker has joined, when the processors are free of that.
 */

const { startThread } = require('./thread');

/** @typedef {import('./thread').Thread} Thread */
/** @typedef {{ thread: Thread, heap: number | undefined, ended: (code: number) => void }} Spare */

class Spares {
  #addon;
  /** @type {Spare[]} */
  #waiting = [];

  /** @param {string | undefined} addon the file of the addon */
  constructor(addon) {
    this.#addon = addon;
  }

  /**
   * A thread whose heap has this limit, if there is one.
   *
   * @param {number | undefined} heap in MiB
   * @returns {Thread | undefined}
   */
  take(heap) {
    const spare = this.#waiting.find((each) => each.heap === heap);
    if (spare === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(spare), 1);
    spare.thread.worker.off('exit', spare.ended);
    return spare.thread;
  }

  /**
   * Starts as many as are missing.
   *
   * @param {number} count
   * @param {number | undefined} heap
   */
  fill(count, heap) {
    while (this.#waiting.length < count) {
      let thread;
      try {
        thread = startThread(heap);
      } catch {
        // Nothing is lost: a worker that is needed is started without it, and says why where that fails, too.
        return;
      }
      const spare = { thread, heap, ended: () => this.#forget(spare) };
      thread.worker.once('exit', spare.ended);
      thread.worker.unref();
      thread.port.unref();
      thread.port.postMessage({ prepare: { addon: this.#addon } });
      this.#waiting.push(spare);
    }
  }

  /**
   * Ends those that are too many, or whose heap is not to have that limit any more.
   *
   * @param {number} count
   * @param {number | undefined} heap
   */
  trim(count, heap) {
    const kept = this.#waiting.filter((spare) => spare.heap === heap).slice(0, count);
    const others = this.#waiting.filter((spare) => !kept.includes(spare));
    this.#waiting = kept;
    for (const { thread } of others) thread.worker.terminate();
  }

  /** Ends all; the promises are fulfilled when their threads are gone. */
  end() {
    const all = this.#waiting;
    this.#waiting = [];
    return all.map(({ thread }) => thread.worker.terminate());
  }

  /** @param {Spare} spare one that has ended by itself */
  #forget(spare) {
    this.#waiting = this.#waiting.filter((each) => each !== spare);
    spare.thread.port.close();
  }
}

module.exports = { Spares };
