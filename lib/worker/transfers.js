'use strict';

/** `transfer(value, list)`: what of a task's result is moved to the submitter instead of copied. */

const { configError } = require('../errors');

/** @type {WeakMap<object, any[]>} */
const lists = new WeakMap();
/** @type {any[]} */
const NOTHING = [];

/**
 * @template T
 * @param {T} value
 * @param {any[]} list
 * @returns {T}
 */
function transfer(value, list) {
  if (!Array.isArray(list)) throw configError('list', 'an array of what is to be moved', list);
  if (value === null || typeof value !== 'object') {
    throw configError('value', 'an object that holds what is to be moved', value);
  }
  lists.set(value, [...list]);
  return value;
}

/** @param {object} value */
function transfersOf(value) {
  return lists.get(value) ?? NOTHING;
}

module.exports = { transfer, transfersOf };
