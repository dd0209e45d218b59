'use strict';

const { FACTS, TaskletsError, classes } = require('../errors');
const { DOMException } = require('./realm');
const { TAGS } = require('./tags');
const { BUILT_IN, DOM_EXCEPTION, HAS } = require('./write-error');

/** @typedef {import('./decoder').Decoder} Decoder */

/**
 * @param {Decoder} input
 * @returns {Error}
 */
function readErrorObject(input) {
  const className = String(input.value());
  const has = input.varint();
  const name = String(input.value());
  const message = String(input.value());
  const error = /** @type {any} */ (input.number(make(className, message, name)));
  readStack(input, error, has);
  if (has & HAS.OWN_NAME || error.name !== name) define(error, 'name', name, has & HAS.NAME_SHOWS);
  // An inherited message that is there by itself needs no own one.
  if (has & HAS.OWN_MESSAGE || error.message !== message) {
    define(error, 'message', message, has & HAS.MESSAGE_SHOWS);
  }
  if (has & HAS.CODE) define(error, 'code', input.value(), 0);
  if (has & HAS.CAUSE) define(error, 'cause', part(input, error, 'cause'), has & HAS.CAUSE_SHOWS);
  if (has & HAS.ERRORS) define(error, 'errors', readErrors(input), 0);
  if (has & HAS.SUPPRESSED) {
    define(error, 'error', part(input, error, 'error'), 0);
    define(error, 'suppressed', part(input, error, 'suppressed'), 0);
  }
  readOwn(input, error);
  if (has & HAS.FACTS) readFacts(input, error);
  return error;
}

/**
 * An error of a class, without its constructor: that of the language would look at the stack, and
 * those of the library have parameters of their own.
 *
 * @param {string} className
 * @param {string} message
 * @param {string} name
 * @returns {Error}
 */
function make(className, message, name) {
  const limit = Error.stackTraceLimit;
  // Not 0: with a limit that is no number there is no stack that V8 would have to write.
  setStackTraceLimit(undefined);
  try {
    if (className === DOM_EXCEPTION) return new DOMException(message, name);
    return Reflect.construct(Error, [], classNamed(className));
  } finally {
    setStackTraceLimit(limit);
  }
}

/** @param {number | undefined} limit */
function setStackTraceLimit(limit) {
  // `false` where the intrinsics are frozen: the stack is then taken for nothing.
  Reflect.set(Error, 'stackTraceLimit', limit);
}

/**
 * @param {string} className
 * @returns {Function}
 */
function classNamed(className) {
  if (className.startsWith('tasklets.')) {
    const own = className.slice('tasklets.'.length);
    return Object.hasOwn(classes, own) ? classes[own] : TaskletsError;
  }
  const Class = BUILT_IN.includes(className) ? Reflect.get(globalThis, className) : undefined;
  return typeof Class === 'function' ? Class : Error;
}

/**
 * @param {Error} error
 * @param {string} key
 * @param {unknown} value
 * @param {number} shows
 */
function define(error, key, value, shows) {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: shows !== 0 });
}

/**
 * @param {Decoder} input
 * @param {Error} error
 * @param {number} has
 */
function readStack(input, error, has) {
  if ((has & HAS.STACK) === 0) return define(error, 'stack', undefined, 0);
  const stack = String(input.value());
  const { mapStack } = input.context;
  define(error, 'stack', mapStack === undefined ? stack : mapStack(stack), 0);
}

/**
 * A part that may have to wait until a hook has made it.
 *
 * @param {Decoder} input
 * @param {any} error
 * @param {string} key
 */
function part(input, error, key) {
  const value = input.value();
  if (value !== input.pendingMark) return value;
  input.whenMade((object) => (error[key] = object));
  return undefined;
}

/** @param {Decoder} input */
function readErrors(input) {
  /** @type {unknown[]} */
  const errors = [];
  for (let count = input.count(1), i = 0; i < count; i++) input.set(errors, i, input.value());
  return errors;
}

/**
 * @param {Decoder} input
 * @param {Error} error
 */
function readFacts(input, error) {
  for (const fact of FACTS) {
    const value = input.value();
    if (value !== undefined) define(error, fact, value, 0);
  }
}

/**
 * @param {Decoder} input
 * @param {any} error
 */
function readOwn(input, error) {
  while (input.bytes[input.position] !== TAGS.END) {
    const key = String(input.value());
    const value = input.value();
    if (value === input.pendingMark) {
      input.whenMade((object) => define(error, key, object, 1));
      continue;
    }
    define(error, key, value, 1);
  }
  input.position++;
}

module.exports = { readErrorObject };
