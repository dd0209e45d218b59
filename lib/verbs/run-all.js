'use strict';

/**
 * `runAll(tasks, options)`: many tasks, their results in order.
 *
 * @typedef {import('../engine').Engine} Engine
 */

const { capture } = require('../capture-host');
const { configError } = require('../errors');
const { refuseAborted } = require('../failure');
const { itemOptions, runAllOptions } = require('../options');
const { moduleOf } = require('./module');
const { unwrap, wrappingOf } = require('./wrapped');

/**
 * Reads the list: each item is a task, or `{ task, ...options }`.
 *
 * @param {unknown} items
 * @param {(task: any) => import('../options').RunOptions} baseOf what holds for a task of it
 */
function readItems(items, baseOf) {
  if (
    items === null ||
    items === undefined ||
    typeof (/** @type {any} */ (items)[Symbol.iterator]) !== 'function'
  ) {
    throw configError('tasks', 'an array (or another iterable) of tasks', items);
  }
  return Array.from(/** @type {Iterable<any>} */ (items), (item, index) => {
    if (!hasOptions(item)) return unwrap(item, baseOf(item));
    // Without a task it is none itself, and is refused as that.
    const task = Object.hasOwn(item, 'task') ? item.task : item;
    return unwrap(task, itemOptions(item, baseOf(task), index));
  });
}

/**
 * Whether an item is a task with options. An object without any, such as a promise, is no task, and refused as that.
 *
 * @param {any} item
 */
function hasOptions(item) {
  return (
    item !== null && typeof item === 'object' && moduleOf(item) === undefined && Object.keys(item).length > 0
  );
}

/**
 * Submits a list; the variables of all its functions are read in one go.
 *
 * @param {Engine} engine
 * @param {ReturnType<typeof readItems>} items
 */
function submitAll(engine, items) {
  if (items.length === 1) return [engine.submit(items[0].task, items[0].options, items[0].prepared)];
  const prepared = prepareAll(engine, items);
  return items.map(({ task, options }, index) => engine.submit(task, options, prepared[index]));
}

/**
 * What travels for each of a list; nothing for those that are prepared when they are submitted.
 *
 * @param {Engine} engine
 * @param {ReturnType<typeof readItems>} items
 */
function prepareAll(engine, items) {
  const isNew = (/** @type {typeof items[0]} */ { task, prepared }) =>
    typeof task === 'function' && prepared === undefined;
  const functions = items.filter(isNew);
  let prepared;
  try {
    prepared = capture().prepareAll(
      functions.map(({ task, options }) => ({ fn: task, options: engine.captureOptions(options) })),
    );
  } catch {
    // One of them cannot travel: each is prepared by itself, so that only that one is refused.
    return items.map((item) => item.prepared);
  }
  let next = 0;
  return items.map((item) => (isNew(item) ? prepared[next++] : item.prepared));
}

/**
 * @param {Engine} engine
 * @param {unknown} tasks
 * @param {unknown} options
 */
async function runAll(engine, tasks, options) {
  const { failFast, run } = runAllOptions(options);
  const baseOf = (/** @type {any} */ task) => {
    const wrapping = wrappingOf(task);
    return wrapping === undefined ? run : runAllOptions(options, wrapping.options).run;
  };
  const items = readItems(tasks, baseOf);
  if (items.length === 0) refuseAborted(run.signal, 'list of tasks');
  const handles = submitAll(engine, items);
  if (!failFast) return settleAll(handles);
  try {
    return await Promise.all(handles);
  } catch (error) {
    for (const handle of handles) {
      // What becomes of the others is told by the error that is thrown now.
      handle.catch(() => {});
      handle.cancel(error);
    }
    throw error;
  }
}

/** @param {Promise<unknown>[]} handles */
async function settleAll(handles) {
  const outcomes = await Promise.allSettled(handles);
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (errors.length > 0) {
    throw new AggregateError(errors, `${errors.length} of ${outcomes.length} tasks failed`);
  }
  return outcomes.map((outcome) => /** @type {PromiseFulfilledResult<unknown>} */ (outcome).value);
}

module.exports = { prepareAll, runAll };
