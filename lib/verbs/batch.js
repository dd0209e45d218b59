'use strict';

/**
 * `batch(items, options)`: many named tasks, and what became of each; a failing task rejects nothing.
 *
 * @typedef {import('../engine').Engine} Engine
 */

const { configError } = require('../errors');
const { extrasOf, call } = require('../handle');
const { batchOptions, itemOptions } = require('../options');
const { defaultsOf, unwrap } = require('./wrapped');

/**
 * @param {Engine} engine
 * @param {unknown} items
 * @param {unknown} options
 */
async function batch(engine, items, options) {
  const { concurrency = Infinity, onProgress, stopOnError } = batchOptions(options);
  const list = readItems(items);
  // A pool that is shut down refuses each of them: nothing is to be said of all.
  const leave = engine.closed ? undefined : engine.admit();
  /** @type {any[]} */
  const results = new Array(list.length);
  /** @type {Map<number, any>} */
  const running = new Map();
  const counts = { completed: 0, failed: 0 };
  let next = 0;
  let stopped = false;

  const done = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
    const more = () => {
      // eslint-disable-next-line no-unmodified-loop-condition -- `end` sets it
      while (running.size < concurrency && next < list.length && !stopped) begin(next++);
      if (running.size === 0 && (next === list.length || stopped)) resolve();
    };
    const begin = (/** @type {number} */ index) => {
      const { task, options: own, prepared } = list[index];
      const handle =
        leave === undefined ? engine.submit(task, own, prepared) : engine.submitMore(task, own, prepared);
      running.set(index, handle);
      handle.then(
        (/** @type {unknown} */ result) => end(index, { success: true, result }),
        (/** @type {unknown} */ error) => end(index, { success: false, error }),
      );
    };
    const end = (/** @type {number} */ index, /** @type {any} */ outcome) => {
      const handle = running.get(index);
      running.delete(index);
      const { name } = list[index];
      results[index] = { name, ...outcome, duration: handle.usage?.runTime ?? 0, attempts: handle.attempts };
      if (outcome.success) counts.completed++;
      else counts.failed++;
      if (onProgress !== undefined) report(onProgress, handle, counts, list.length, name);
      if (stopOnError && !outcome.success && !stopped) {
        stopped = true;
        for (const other of running.values()) other.cancel('another task of the batch failed');
      }
      more();
    };
    more();
  });
  await done.finally(leave);
  for (let index = 0; index < list.length; index++) {
    results[index] ??= notRun(engine, list[index].name);
  }
  return results;
}

/**
 * @param {Function} onProgress
 * @param {any} handle
 * @param {{ completed: number, failed: number }} counts
 * @param {number} total
 * @param {string} name
 */
function report(onProgress, handle, { completed, failed }, total, name) {
  const percentage = ((completed + failed) / total) * 100;
  call(extrasOf(handle), onProgress, [{ completed, failed, total, percentage, name }]);
}

/**
 * @param {Engine} _engine
 * @param {string} name
 */
function notRun(_engine, name) {
  const { CancelledError } = require('../errors');
  const error = new CancelledError(
    `The task \`${name}\` was not run, because another one of the batch failed`,
  );
  return { name, success: false, error, duration: 0, attempts: 0 };
}

/** @param {any} items */
function readItems(items) {
  if (items === null || items === undefined || typeof items[Symbol.iterator] !== 'function') {
    throw configError('tasks', 'an array (or another iterable) of `{ name, task, ...options }`', items);
  }
  return Array.from(items, (item, index) => {
    if (item === null || typeof item !== 'object' || !Object.hasOwn(item, 'task')) {
      throw configError(`tasks[${index}]`, 'an object with a `task`', item);
    }
    const options = itemOptions(item, defaultsOf(item.task), index);
    const name = options.name ?? (item.task?.name || `task ${index}`);
    return { ...unwrap(item.task, options), name };
  });
}

module.exports = { batch };
