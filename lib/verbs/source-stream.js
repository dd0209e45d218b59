'use strict';

/**
 * One task over a source, the results one by one. The source is read as results are taken, so it may be
 * endless: from the first `next()` on so many items are read ahead.
 *
 * An error ends the iteration. In order it takes its place among the results: those before it come first.
 * Otherwise it comes behind what has finished. What runs for later items is cancelled, the source is closed.
 */

const { CancelledError } = require('../errors');

/**
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../options').RunOptions} RunOptions
 * @typedef {import('../capture').Prepared} Prepared
 * @typedef {{ resolve: (step: IteratorResult<any>) => void, reject: (error: unknown) => void }} Consumer
 *
 * @typedef {object} Given
 * @property {Engine} engine
 * @property {any} task
 * @property {RunOptions} run
 * @property {Prepared} prepared
 * @property {any} source
 * @property {boolean} isOrdered
 * @property {number} most items that have been read and not been taken as results
 */

/** An item on its way: what becomes of it. */
class Place {
  /** @type {import('../handle').TaskHandle<any> | undefined} */
  handle = undefined;
  isHere = false;
  failed = false;
  /** @type {unknown} */
  value = undefined;
}

class SourceStream {
  #given;
  /** @type {Iterator<any> | AsyncIterator<any> | undefined} */
  #iterator = undefined;
  /** Whether its end, an error, or our leave has ended the reading of the source. */
  #isRead = false;
  /** An item of the source is being waited for. */
  #isReading = false;
  #index = 0;
  /** What will be given, in this order: in order of the source, or of the results that are here. @type {Place[]} */
  #line = [];
  /** @type {Set<Place>} */
  #running = new Set();
  /** Items that have been read and not been taken. */
  #open = 0;
  /** @type {Consumer[]} */
  #waiting = [];
  #left = false;

  /** @param {Given} given */
  constructor(given) {
    this.#given = given;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<any>>} */
  next() {
    if (this.#left) return Promise.resolve(done(undefined));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#iterator === undefined && !this.#isRead) this.#begin();
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
    const { source, run } = this.#given;
    run.signal?.addEventListener('abort', this.#abort);
    if (run.signal?.aborted) {
      this.#abort();
      return;
    }
    try {
      this.#iterator = (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source);
    } catch (error) {
      this.#sourceFailed(error);
    }
  }

  /** Where tasks are running, they are what is cancelled. */
  #abort = () => {
    if (this.#running.size > 0 || this.#left) return;
    const { reason } = /** @type {AbortSignal} */ (this.#given.run.signal);
    this.#fail(new Place(), new CancelledError('The stream was cancelled', { cause: reason }));
  };

  /** Gives those who wait what there is, and reads as much as has been taken. */
  #serve() {
    while (this.#waiting.length > 0) {
      const place = this.#line[0];
      if (place === undefined && this.#isRead && !this.#isReading && this.#running.size === 0) {
        this.#end();
        return;
      }
      if (place === undefined || !place.isHere) break;
      this.#line.shift();
      this.#open--;
      const { resolve, reject } = /** @type {Consumer} */ (this.#waiting.shift());
      if (place.failed) {
        reject(place.value);
        this.#end();
        return;
      }
      resolve({ done: false, value: place.value });
    }
    this.#read();
  }

  /** There is nothing any more. */
  #end() {
    this.#left = true;
    this.#given.run.signal?.removeEventListener('abort', this.#abort);
    for (const { resolve } of this.#waiting.splice(0)) resolve(done(undefined));
  }

  #read() {
    while (!this.#isRead && !this.#isReading && this.#open < this.#given.most) {
      let step;
      try {
        step = /** @type {any} */ (this.#iterator).next();
      } catch (error) {
        this.#sourceFailed(error);
        return;
      }
      if (isThenable(step)) this.#readLater(step);
      else if (!step.done && isThenable(step.value)) this.#readLater(inside(step.value));
      else this.#accept(step);
    }
  }

  /** @param {PromiseLike<IteratorResult<any>>} promise */
  #readLater(promise) {
    this.#isReading = true;
    Promise.resolve(promise).then(
      (step) => {
        this.#isReading = false;
        if (this.#left) return;
        // An error has ended the reading meanwhile: nobody waits for this item.
        if (!this.#isRead) this.#accept(step);
        this.#serve();
      },
      (error) => {
        this.#isReading = false;
        if (this.#left) return;
        if (!this.#isRead) this.#sourceFailed(error);
        this.#serve();
      },
    );
  }

  /** @param {IteratorResult<any>} step */
  #accept(step) {
    if (step.done) {
      this.#isRead = true;
      // Those who wait may be waiting for just that.
      if (this.#waiting.length > 0 && this.#line.length === 0 && this.#running.size === 0) this.#end();
      return;
    }
    const { engine, isOrdered, prepared, run, task } = this.#given;
    const place = new Place();
    this.#open++;
    place.handle = engine.submit(task, run, prepared, 0, [step.value, this.#index++]);
    this.#running.add(place);
    if (isOrdered) this.#line.push(place);
    place.handle.then(
      (/** @type {unknown} */ value) => this.#arrive(place, value),
      (/** @type {unknown} */ error) => {
        // Those that we have cancelled are not in the line any more.
        if (this.#running.delete(place)) this.#fail(place, error);
      },
    );
  }

  /**
   * @param {Place} place
   * @param {unknown} value
   */
  #arrive(place, value) {
    if (!this.#running.delete(place)) return;
    place.value = value;
    place.isHere = true;
    if (!this.#given.isOrdered) this.#line.push(place);
    this.#serve();
  }

  /** @param {unknown} error */
  #sourceFailed(error) {
    // It has failed: there is nothing to be closed.
    this.#isRead = true;
    this.#fail(new Place(), error);
  }

  /**
   * The iteration ends with this error.
   *
   * @param {Place} place one of the line, or a new one behind it
   * @param {unknown} error
   */
  #fail(place, error) {
    this.#close().catch(() => {
      // The first error is the one that counts, as in a loop.
    });
    place.isHere = true;
    place.failed = true;
    place.value = error;
    const at = this.#line.indexOf(place);
    // What comes before it in order is still to come; what comes behind is wanted no more.
    const behind = at === -1 ? [] : this.#line.splice(at + 1);
    if (at === -1) this.#line.push(place);
    this.#cancel(this.#given.isOrdered ? behind : [...this.#running], error);
    this.#serve();
  }

  /**
   * @param {Iterable<Place>} places
   * @param {unknown} reason
   */
  #cancel(places, reason) {
    for (const place of places) {
      if (this.#running.delete(place)) place.handle?.cancel(reason);
    }
  }

  /** Ends the reading of the source. */
  async #close() {
    if (this.#isRead) return;
    this.#isRead = true;
    const closing = this.#iterator?.return?.();
    // One that is waiting for something itself closes when that has come.
    if (!this.#isReading) await closing;
    else if (isThenable(closing)) Promise.resolve(closing).catch(() => {});
  }

  /** Nobody wants more. */
  async #leave() {
    if (this.#left) return;
    this.#end();
    this.#line = [];
    this.#cancel([...this.#running], 'its result is not wanted any more');
    await this.#close();
  }
}

/** @param {any} value */
function isThenable(value) {
  return value !== null && typeof value === 'object' && typeof value.then === 'function';
}

/**
 * What a loop over a synchronous source of promises would get.
 *
 * @param {PromiseLike<any>} promise
 */
async function inside(promise) {
  return { done: false, value: await promise };
}

/**
 * @param {unknown} value
 * @returns {IteratorReturnResult<any>}
 */
function done(value) {
  return { done: true, value };
}

module.exports = { SourceStream };
