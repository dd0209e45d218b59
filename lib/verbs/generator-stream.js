'use strict';

/**
 * What one task yields, in the isolate that has submitted it. The task begins with the first `next()`.
 *
 * Whoever leaves early *hangs up*: the generator is ended in the worker, its `finally` blocks run, and the
 * iterator waits for that. A generator that has not ended within its grace is cancelled like any task.
 */

const { clearTimeout, setTimeout } = require('../clock');
const { FORM } = require('../frames');
const { extrasOf, isSettled } = require('../handle');
const { Listener } = require('../yields');

/**
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../options').RunOptions} RunOptions
 * @typedef {import('../capture').Prepared} Prepared
 * @typedef {{ resolve: (step: IteratorResult<any>) => void, reject: (error: unknown) => void }} Consumer
 */

class GeneratorStream {
  #engine;
  #task;
  #options;
  #prepared;
  /** @type {import('../handle').TaskHandle<any> | undefined} */
  #handle = undefined;
  /** @type {Listener | undefined} */
  #listener = undefined;
  /** Those who wait for a value. @type {Consumer[]} */
  #waiting = [];
  /** How the task has ended: what comes after its values. @type {{ value?: unknown, error?: unknown, failed: boolean } | undefined} */
  #end = undefined;
  #left = false;
  /** Whether the process does not wait for the task, because the task waits for us. */
  #isIdle = false;

  /**
   * @param {Engine} engine
   * @param {any} task
   * @param {RunOptions} options
   * @param {Prepared} prepared
   */
  constructor(engine, task, options, prepared) {
    this.#engine = engine;
    this.#task = task;
    this.#options = options;
    this.#prepared = prepared;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<any>>} */
  next() {
    if (this.#left) return Promise.resolve(done(undefined));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#handle === undefined) this.#begin();
      this.#serve();
    });
  }

  /**
   * @param {unknown} [value]
   * @returns {Promise<IteratorResult<any>>}
   */
  async return(value) {
    await this.#leave();
    return done(await value);
  }

  /**
   * @param {unknown} error
   * @returns {Promise<IteratorResult<any>>}
   */
  async throw(error) {
    await this.#leave();
    throw error;
  }

  async [Symbol.asyncDispose]() {
    await this.#leave();
  }

  #begin() {
    const handle = this.#engine.submit(this.#task, this.#options, this.#prepared, FORM.STREAM);
    this.#handle = handle;
    this.#listener = new Listener(handle, () => this.#serve());
    extrasOf(handle).listener = this.#listener;
    handle.then(
      (/** @type {unknown} */ value) => this.#finish({ value, failed: false }),
      (/** @type {unknown} */ error) => this.#finish({ error, failed: true }),
    );
  }

  /** @param {{ value?: unknown, error?: unknown, failed: boolean }} end */
  #finish(end) {
    this.#end = end;
    this.#setIdle(false);
    this.#serve();
  }

  /** Gives those who wait what there is. */
  #serve() {
    const listener = /** @type {Listener} */ (this.#listener);
    while (this.#waiting.length > 0) {
      const slot = listener.take();
      if (slot !== undefined) {
        const { resolve, reject } = /** @type {Consumer} */ (this.#waiting.shift());
        if (slot.failed) this.#fail(reject, slot.error);
        else resolve({ done: false, value: slot.value });
      } else if (listener.size > 0 || this.#end === undefined) {
        break;
      } else {
        this.#tellEnd(this.#end);
      }
    }
    this.#setIdle(this.#end === undefined && this.#waiting.length === 0 && listener.isStalled);
  }

  /**
   * A value has come that cannot be read: the iteration is over.
   *
   * @param {(error: unknown) => void} reject
   * @param {unknown} error
   */
  #fail(reject, error) {
    reject(error);
    // What else goes wrong while it ends is told by nobody: the first error counts.
    this.#leave().catch(() => {});
  }

  /**
   * The first one hears how it has ended; for those after it there is nothing any more.
   *
   * @param {{ value?: unknown, error?: unknown, failed: boolean }} end
   */
  #tellEnd({ value, error, failed }) {
    this.#left = true;
    const [first, ...others] = this.#waiting.splice(0);
    if (failed) first.reject(error);
    else first.resolve(done(value));
    for (const { resolve } of others) resolve(done(undefined));
  }

  /** Nobody wants more: ends the generator, and waits until it has ended. */
  async #leave() {
    if (this.#left) return;
    this.#left = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(done(undefined));
    const handle = this.#handle;
    if (handle === undefined || isSettled(handle)) return;
    this.#setIdle(false);
    await this.#hangUp(handle);
  }

  /** @param {import('../handle').TaskHandle<any>} handle */
  async #hangUp(handle) {
    const engine = this.#engine;
    const hangUp = () => engine.edge.hangUp(engine.pool, handle.id);
    engine.flush(true);
    // It may not have begun, and refuse to be cancelled: then it is told with its first value.
    extrasOf(handle).listener = /** @type {any} */ ({ hear: hangUp });
    let isCancelled = !hangUp() && handle.cancel('its values are not wanted any more');
    const ended = handle.then(undefined, (/** @type {unknown} */ error) => {
      if (!isCancelled) throw error;
    });
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      timer = setTimeout(() => {
        isCancelled = handle.cancel('its values are not wanted any more') || isCancelled;
        resolve();
      }, this.#options.grace);
    });
    try {
      await Promise.race([ended, late]);
    } finally {
      clearTimeout(timer);
      // Whoever has left does not wait for one that goes on all the same.
      ended.catch(() => {});
    }
  }

  /** @param {boolean} isIdle */
  #setIdle(isIdle) {
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    this.#engine.edge.idles(this.#engine.isolate.id, isIdle);
  }
}

/**
 * @param {unknown} value
 * @returns {IteratorReturnResult<any>}
 */
function done(value) {
  return { done: true, value };
}

module.exports = { GeneratorStream };
