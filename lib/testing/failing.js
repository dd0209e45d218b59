'use strict';

/** `injectFailure(options)`: which attempts fail, and with what. */

const { types } = require('node:util');
const { configError } = require('../errors');

/** @typedef {NonNullable<import('./mode').Request['fail']>} Fail */

const KNOWN = ['probability', 'error', 'task', 'times'];

/**
 * @param {any} [options]
 * @returns {Fail}
 */
function failing(options = {}) {
  const { probability, error, task, times } = checked(options);
  let left = times;
  return (handle, attempt, random) => {
    if (left === 0 || !isMeant(task, handle.name)) return undefined;
    // Drawn for each attempt that could fail, so that one that does changes nothing for those after it.
    if (random() >= probability) return undefined;
    left--;
    return {
      error: make(error, { name: handle.name, attempt, taskId: handle.id, metadata: handle.metadata }),
    };
  };
}

/** @param {any} options */
function checked(options) {
  if (options === null || typeof options !== 'object') throw configError('options', 'an object', options);
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name))
      throw configError(name, `one of ${KNOWN.map((each) => `\`${each}\``).join(', ')}`, options[name]);
  }
  const given = (/** @type {string} */ name) => (Object.hasOwn(options, name) ? options[name] : undefined);
  const probability = given('probability') ?? 1;
  const times = given('times') ?? Infinity;
  const task = given('task');
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
    throw configError('probability', 'a number from 0 to 1', probability);
  if (times !== Infinity && !(Number.isSafeInteger(times) && times >= 1))
    throw configError('times', 'an integer from 1 up, or `Infinity`', times);
  if (task !== undefined && typeof task !== 'string' && !types.isRegExp(task))
    throw configError('task', "a task's name, or a regular expression for it", task);
  return { probability, times, task, error: given('error') };
}

/**
 * @param {string | RegExp | undefined} task
 * @param {string} name
 */
function isMeant(task, name) {
  if (task === undefined) return true;
  return typeof task === 'string' ? task === name : name.search(task) !== -1;
}

/**
 * @param {any} error a class, a function that makes one, or what is thrown as it is
 * @param {object} info
 */
function make(error, info) {
  if (error === undefined) return new Error('A failure injected by the test');
  if (typeof error !== 'function') return error;
  const isClass = error === Error || error.prototype instanceof Error;
  return isClass ? new error('A failure injected by the test') : error(info);
}

module.exports = { failing };
