'use strict';

/** How the function of a task is called: once, once for each item of a chunk, or as a generator. */

const { types } = require('node:util');

const { FORM } = require('../frames');
const { lazy } = require('../lazy');
const { callFor } = require('./present');
const { speak } = require('./speaker');
const { NO_INPUTS } = require('./task');

const { refuseGenerator } = lazy(() => require('../engine/prepare'), ['refuseGenerator']);

/** @typedef {import('./task').Task} Task */

/** @param {any} value */
function isThenable(value) {
  if (typeof value !== 'object' && typeof value !== 'function') return false;
  return value !== null && typeof value.then === 'function';
}

/**
 * Calls the function of a task in the way that its form asks for.
 *
 * @param {Task} task
 * @param {any[]} args
 */
function begin(task, args) {
  const { form } = task;
  const { fn, thisValue } = task.callable;
  if (form & FORM.STREAM) return speak(task, args);
  // What a module exports is known only here.
  if (form & FORM.MODULE && types.isGeneratorFunction(fn))
    throw refuseGenerator(JSON.parse(task.attendant.describe(task)).name);
  if (form & FORM.CHUNK) return runChunk(task, args);
  const all = task.inputs.length === 0 ? args : [...task.inputs, ...args];
  task.inputs = NO_INPUTS;
  return callFor(task, fn, thisValue, all);
}

/**
 * One call for each item of a chunk: an array of results, or a promise of it where a call gives a promise.
 *
 * @param {Task} task
 * @param {any[]} args the index of the first item, then the items
 */
function runChunk(task, args) {
  const { fn, thisValue } = task.callable;
  const results = new Array(args.length - 1);
  for (let i = 1; i < args.length; i++) {
    const result = callFor(task, fn, thisValue, [args[i], args[0] + i - 1]);
    if (isThenable(result)) return finishChunk(task, args, results, i, result);
    results[i - 1] = result;
  }
  return results;
}

/**
 * @param {Task} task
 * @param {any[]} args
 * @param {unknown[]} results
 * @param {number} at
 * @param {PromiseLike<unknown>} first
 */
async function finishChunk(task, args, results, at, first) {
  const { fn, thisValue } = task.callable;
  results[at - 1] = await first;
  for (let i = at + 1; i < args.length; i++) {
    results[i - 1] = await callFor(task, fn, thisValue, [args[i], args[0] + i - 1]);
  }
  return results;
}

module.exports = { begin, isThenable };
