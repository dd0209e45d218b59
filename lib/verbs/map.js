'use strict';

/**
 * `map(task, iterable, options)`: one task over many inputs, in chunks, the results in order.
 *
 * With `chunkSize: 'auto'` a chunk grows until it lasts about a millisecond: long beside what handing
 * it over costs, short beside what anybody waits for, and small enough that all workers have some.
 *
 * @typedef {import('../engine').Engine} Engine
 */

const { SerializationError, configError, describe } = require('../errors');
const { FORM } = require('../frames');
const { refuseAborted } = require('../failure');
const { call } = require('../handle');
const { mapOptions } = require('../options');
const { defaultsOf, unwrap } = require('./wrapped');

/** How long a chunk should last, in milliseconds. */
const CHUNK_TIME = 1;
/** No chunk grows by more than this factor at once, since the next items may be dearer. */
const GROWTH = 4;
const MAX_CHUNK = 8192;
/** Chunks under way per worker: one that runs, and one that is there when it has ended. */
const AHEAD = 2;

/**
 * @param {Engine} engine
 * @param {any} given the task
 * @param {any} iterable
 * @param {unknown} options
 */
async function map(engine, given, iterable, options) {
  const leave = engine.admit();
  try {
    return await mapAll(engine, given, iterable, mapOptions(options, defaultsOf(given)));
  } finally {
    leave();
  }
}

/**
 * @param {Engine} engine
 * @param {any} given
 * @param {any} iterable
 * @param {ReturnType<typeof mapOptions>} options
 */
async function mapAll(engine, given, iterable, { chunkSize, concurrency, run: options }) {
  const run = forChunks(options);
  const { task, prepared: known } = unwrap(given, run);
  const source = iteratorOf(iterable);
  const total = Array.isArray(iterable) ? iterable.length : Infinity;
  const prepared = known ?? engine.prepare(task, run);
  const workers = engine.config.workers.max;
  const most = concurrency === undefined || concurrency === Infinity ? workers * AHEAD : concurrency;
  /** @type {unknown[]} */
  const results = [];
  /** @type {Set<any>} */
  const running = new Set();
  let size = chunkSize === 'auto' ? 1 : chunkSize;
  let index = 0;
  let done = false;

  await new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => {
    const stop = (/** @type {unknown} */ error) => {
      if (!done) close(source);
      done = true;
      for (const handle of running) {
        handle.catch(() => {});
        handle.cancel(error);
      }
      reject(error);
    };
    const more = () => {
      try {
        // eslint-disable-next-line no-unmodified-loop-condition -- `next` sets it where the source is at its end
        while (!done && running.size < most) next();
      } catch (error) {
        // What fails in the source has closed it.
        done = true;
        stop(error);
        return;
      }
      if (done && running.size === 0) resolve();
    };
    const next = () => {
      const share = chunkSize === 'auto' ? Math.max(1, Math.ceil((total - index) / most)) : Infinity;
      const args = /** @type {unknown[]} */ ([index]);
      const wanted = Math.min(size, share) + 1;
      while (args.length < wanted) {
        const step = take(source);
        if (step.done) {
          done = true;
          break;
        }
        args.push(step.value);
      }
      if (args.length === 1) return;
      begin(args);
    };
    const begin = (/** @type {unknown[]} */ args) => {
      const first = index;
      const count = args.length - 1;
      index += count;
      const handle = engine.submitMore(task, run, prepared, FORM.CHUNK, args);
      running.add(handle);
      handle.then(
        (/** @type {unknown[]} */ values) => {
          running.delete(handle);
          for (let i = 0; i < count; i++) results[first + i] = values[i];
          if (chunkSize === 'auto') size = grown(size, count, handle.usage?.runTime ?? 0);
          more();
        },
        (/** @type {unknown} */ error) => stop(ofItems(error, first)),
      );
    };
    more();
  });
  if (index === 0) refuseAborted(run.signal, 'map');
  return results;
}

/**
 * Whoever gives `map` a callback knows of items, not of chunks.
 *
 * @param {import('../options').RunOptions} options
 */
function forChunks(options) {
  const { onComplete } = options;
  if (onComplete === undefined) return options;
  return {
    ...options,
    onComplete: (/** @type {unknown[]} */ values) => {
      for (const value of values) call({ context: undefined }, onComplete, [value]);
    },
  };
}

/**
 * Whoever gave an item that cannot travel, or made such a result, knows its place among all of them, not in its chunk.
 *
 * @param {any} error
 * @param {number} first the place of the chunk's first item
 */
function ofItems(error, first) {
  if (!(error instanceof SerializationError)) return error;
  const { message, path, stack, stackTrace } = /** @type {any} */ (error);
  const [start, list, index] = /^(args|result)\[(\d+)\]/.exec(path) ?? [];
  if (start === undefined) return error;
  // Arguments begin with the place of the first item.
  const place =
    list === 'args' ? `iterable[${first + Number(index) - 1}]` : `result[${first + Number(index)}]`;
  const put = (/** @type {unknown} */ text) =>
    String(text).replace(path, () => place + path.slice(start.length));
  const text = { path: put(path), message: put(message), stack: put(stack) };
  return Object.assign(error, text, { stackTrace: put(stackTrace) });
}

/**
 * The next step of an iterator.
 *
 * @param {Iterator<unknown>} source
 */
function take(source) {
  const step = source.next();
  if (step === null || typeof step !== 'object') {
    throw new TypeError(`Expected the iterator's \`next()\` to give an object, got ${describe(step)}`);
  }
  return step;
}

/**
 * Lets go of an iterator because something else has failed, which matters more than what goes wrong here.
 *
 * @param {Iterator<unknown>} source
 */
function close(source) {
  try {
    source.return?.();
  } catch {
    // As `for of` does when its body has thrown.
  }
}

/**
 * The size of the next chunk, by how long one of `count` items has taken.
 *
 * @param {number} size
 * @param {number} count
 * @param {number} time
 */
function grown(size, count, time) {
  const ideal = time > 0 ? (count * CHUNK_TIME) / time : Infinity;
  return Math.max(1, Math.min(Math.floor(ideal), size * GROWTH, MAX_CHUNK));
}

/**
 * @param {any} iterable
 * @returns {Iterator<unknown>}
 */
function iteratorOf(iterable) {
  if (iterable === null || iterable === undefined || typeof iterable[Symbol.iterator] !== 'function') {
    const way =
      typeof iterable?.[Symbol.asyncIterator] === 'function' ? '; use `stream` for an async iterable' : '';
    throw configError('iterable', `an array or another iterable${way}`, iterable);
  }
  return iterable[Symbol.iterator]();
}

module.exports = { map };
