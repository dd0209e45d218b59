'use strict';

const { className, describe } = require('../errors');

// What can be said of a thrown value that may be anything: without running into what it does when
// it is looked at.

const MAX_NAME = 200;
const MAX_MESSAGE = 2000;

/**
 * @param {any} object
 * @param {string} key
 * @returns {unknown} `undefined` if it cannot be read
 */
function readProperty(object, key) {
  try {
    return object[key];
  } catch {
    return undefined;
  }
}

/**
 * @param {string} text
 * @param {number} length
 */
function cut(text, length) {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

/**
 * Name and message of whatever was thrown, for logs and metrics. Never throws.
 *
 * @param {unknown} thrown
 * @returns {{ name: string, message: string }}
 */
function describeError(thrown) {
  if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) {
    const text = typeof thrown === 'string' ? thrown : describe(thrown);
    return { name: typeof thrown, message: cut(text, MAX_MESSAGE) };
  }
  const name = readProperty(thrown, 'name');
  const message = readProperty(thrown, 'message');
  return {
    name: cut(typeof name === 'string' && name !== '' ? name : className(thrown), MAX_NAME),
    message: cut(typeof message === 'string' ? message : describe(thrown), MAX_MESSAGE),
  };
}

/**
 * Stands in for something thrown, a cause, or a member of an AggregateError that cannot be copied.
 *
 * @param {unknown} thrown
 * @returns {Error}
 */
function describeThrown(thrown) {
  const name = readProperty(thrown, 'name');
  const message = readProperty(thrown, 'message');
  const hasMessage = typeof thrown === 'object' && typeof message === 'string' && message !== '';
  const what = describe(thrown) + (hasMessage ? ` that says: ${cut(message, MAX_MESSAGE)}` : '');
  const error = new Error(`What was thrown cannot be copied to another thread: it is ${what}`);
  const stack = readProperty(thrown, 'stack');
  if (typeof thrown === 'object' && typeof name === 'string' && name !== '') error.name = cut(name, MAX_NAME);
  // Its own stack would lead here, which explains nothing.
  error.stack = typeof stack === 'string' ? cut(stack, MAX_MESSAGE) : `${error.name}: ${error.message}`;
  return error;
}

module.exports = { describeError, describeThrown, readProperty };
