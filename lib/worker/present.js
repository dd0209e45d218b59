'use strict';

/**
 * The task on whose behalf code runs, also after an `await` and with several tasks in one worker.
 *
 * While a task runs synchronously a variable says so. Following it through its awaits takes an
 * AsyncLocalStorage, which makes promises dearer, so there is one only once somebody may ask: from the
 * moment that a task in this worker loads `tasklets` itself.
 */

const hooks = require('node:async_hooks');
const { apply } = require('./guard');

/** @typedef {import('./task').Task} Task */

/** @type {import('node:async_hooks').AsyncLocalStorage<Task | undefined> | undefined} */
let storage;
/** @type {Task | undefined} */
let running;

/** Somebody may ask from now on: also the task that runs at this moment, in what follows of it. */
function follow() {
  if (storage !== undefined) return;
  // From Node 24 on it is made of modules of its own, which are loaded when it is asked for.
  storage = new hooks.AsyncLocalStorage();
  if (running !== undefined) storage.enterWith(running);
}

/** The task on whose behalf this code runs. */
function presentTask() {
  return storage?.getStore() ?? running;
}

/**
 * Calls the function of a task.
 *
 * @param {Task} task
 * @param {Function} fn
 * @param {unknown} thisValue
 * @param {unknown[]} args
 */
function callFor(task, fn, thisValue, args) {
  running = task;
  try {
    if (storage !== undefined) return storage.run(task, apply, fn, thisValue, args);
    const result = apply(fn, thisValue, args);
    // This very call may have been the first to ask: what comes after it is not of its task.
    leave();
    return result;
  } catch (error) {
    leave();
    throw error;
  } finally {
    running = undefined;
  }
}

function leave() {
  storage?.enterWith(undefined);
}

module.exports = { callFor, follow, presentTask };
