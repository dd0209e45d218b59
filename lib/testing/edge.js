'use strict';

/** What engines, handles and pools ask of the scheduler in Rust, asked of an inline scheduler. */

const { WORKER } = require('./letters');

/** @typedef {import('./scheduler').InlineScheduler} InlineScheduler */

class InlineEdge {
  #engine;
  #scheduler;

  /**
   * @param {import('./engine').InlineEngine} engine
   * @param {InlineScheduler} scheduler
   */
  constructor(engine, scheduler) {
    this.#engine = engine;
    this.#scheduler = scheduler;
  }

  /**
   * @param {number} _pool
   * @param {number} id
   */
  state(_pool, id) {
    const state = this.#scheduler.entries.get(id)?.state;
    if (state === undefined) return 0;
    if (state === 'waiting') return 1;
    return state === 'queued' ? 2 : 3 + WORKER;
  }

  /**
   * @param {number} _pool
   * @param {number} id
   */
  attempts(_pool, id) {
    return this.#scheduler.entries.get(id)?.attempt ?? 0;
  }

  /**
   * @param {number} _isolate
   * @param {number} _pool
   * @param {number} id
   */
  cancel(_isolate, _pool, id) {
    return this.#scheduler.drop(id, 'cancelled');
  }

  /**
   * @param {number} _isolate
   * @param {number} _pool
   * @param {number} id
   */
  forsake(_isolate, _pool, id) {
    const entry = this.#scheduler.entries.get(id);
    return entry !== undefined && entry.missing > 0 && this.#scheduler.drop(id, 'failed') !== null;
  }

  /**
   * @param {number} _isolate
   * @param {number} _pool
   * @param {number} id
   * @param {number} wait
   */
  decide(_isolate, _pool, id, wait) {
    if (wait < 0) this.#scheduler.drop(id, 'failed');
    else this.#scheduler.repeat(id, wait);
  }

  /**
   * @param {number} _isolate
   * @param {number} _pool
   * @param {number} id
   * @param {number} index
   * @param {number} _form
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  supply(_isolate, _pool, id, index, _form, bytes, length) {
    return this.#scheduler.supply(id, index, bytes, length);
  }

  /**
   * @param {number} _pool
   * @param {number} id
   * @param {number} taken
   */
  grant(_pool, id, taken) {
    const speaker = this.#scheduler.entries.get(id)?.run?.speaker;
    speaker?.answer(taken);
    return speaker !== undefined;
  }

  /**
   * @param {number} _pool
   * @param {number} id
   */
  hangUp(_pool, id) {
    const speaker = this.#scheduler.entries.get(id)?.run?.speaker;
    speaker?.stop();
    return speaker !== undefined;
  }

  /** The process waits for what its tasks wait for, and for nothing else. */
  idles() {}

  /**
   * @param {number} _pool
   * @param {boolean} cancelWaiting
   */
  drainPool(_pool, cancelWaiting) {
    return this.#scheduler.drain(cancelWaiting);
  }

  abandon() {
    return this.#scheduler.abandon();
  }

  /** There are no threads that could rest. */
  restPool() {}

  reopen() {
    this.#scheduler.reopen();
  }

  poolStats() {
    this.#engine.flush(true);
    return JSON.stringify(this.#scheduler.stats());
  }

  /**
   * @param {number} _pool
   * @param {number} used
   * @param {number} available
   */
  poolHealth(_pool, used, available) {
    return JSON.stringify(this.#scheduler.health(used, available));
  }

  activeTasks() {
    return this.#scheduler.entries.size;
  }
}

/** What a pool without workers has in the place of its staff. */
class NoStaff {
  /** Called when the last task of a pool that shuts down is settled. */
  onDrained = () => {};
  /** As if there were one: none is to be started. */
  size = 1;

  async dismiss() {}
  obey() {}
  portOf() {}
}

module.exports = { InlineEdge, NoStaff };
