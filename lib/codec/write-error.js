'use strict';

const { types } = require('node:util');
const { FACTS, SerializationError, classNameOf } = require('../errors');
const { TAGS } = require('./tags');
const { constructorOf, isDOMException, isNative, nameOf } = require('./kinds');
const { describeThrown, readProperty } = require('./describe-thrown');

/** @typedef {import('./encoder').Encoder} Encoder */

// Errors: `structuredClone` makes plain `Error`s of subclasses and drops their properties, so they
// are written by hand. An error may come from anywhere, and must get through: what cannot be
// read is described, own properties that cannot be copied are left out, and a cause or a member
// of an AggregateError that cannot be copied is replaced by an error that says so.

/** Where a class is found again: among the language's, the host's, or the library's. */
const BUILT_IN = Object.freeze([
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
  'SuppressedError',
]);
const DOM_EXCEPTION = 'DOMException';

/** What an error has; the bits of a number in the bytes, the order of what follows it. */
const HAS = Object.freeze({
  OWN_NAME: 1,
  NAME_SHOWS: 2,
  OWN_MESSAGE: 4,
  MESSAGE_SHOWS: 8,
  STACK: 16,
  CODE: 32,
  CAUSE: 64,
  CAUSE_SHOWS: 128,
  ERRORS: 256,
  SUPPRESSED: 512,
  FACTS: 1024,
});

/** Own properties that are written apart. */
const APART = new Set(['name', 'message', 'stack', 'cause']);

/** A stack holds the message once more; beyond this its end is cut. */
const MAX_STACK = 256 * 1024;

/** Causes of causes are written by recursion: no program has chains of this length. */
const MAX_CAUSES = 1000;

/**
 * @param {Encoder} encoder
 * @param {any} error
 */
function writeErrorObject(encoder, error) {
  const { depth } = encoder;
  if (depth > MAX_CAUSES) encoder.refuse(error);
  const found = inspectError(error);
  encoder.byte(TAGS.ERROR);
  encoder.value(found.className);
  encoder.slack();
  encoder.varint(found.has);
  encoder.value(found.name);
  encoder.value(found.message);
  if (found.has & HAS.STACK) encoder.value(found.stack);
  if (found.has & HAS.CODE) encoder.value(found.code);
  encoder.depth = depth + 1;
  if (found.has & HAS.CAUSE) writeOrDescribe(encoder, 'cause', readProperty(error, 'cause'));
  if (found.has & HAS.ERRORS) writeErrors(encoder, found.errors);
  if (found.has & HAS.SUPPRESSED) {
    writeOrDescribe(encoder, 'error', readProperty(error, 'error'));
    writeOrDescribe(encoder, 'suppressed', readProperty(error, 'suppressed'));
  }
  writeOwn(encoder, error);
  if (found.has & HAS.FACTS) writeFacts(encoder, error);
  encoder.depth = depth;
}

/**
 * Whether an error has a property of its own, and whether that shows. One by one: to list the
 * properties is to have V8 write the stack, which runs getters of the error.
 *
 * @param {object} error
 * @param {string} key
 * @param {number} own what to answer for an own property
 * @param {number} shows what to add if it is enumerable
 * @returns {number}
 */
function ownBits(error, key, own, shows) {
  const descriptor = Object.getOwnPropertyDescriptor(error, key);
  if (descriptor === undefined) return 0;
  return descriptor.enumerable ? own | shows : own;
}

/**
 * Reads an error without trusting it.
 *
 * @param {any} error
 */
function inspectError(error) {
  const className = classOf(error);
  const isDom = className === DOM_EXCEPTION;
  const stack = readProperty(error, 'stack');
  const hasCode = isDom || ownBits(error, 'code', 0, 1) !== 0;
  const code = hasCode ? undefined : readProperty(error, 'code');
  const errors = className === 'AggregateError' ? readProperty(error, 'errors') : undefined;
  let has =
    ownBits(error, 'name', HAS.OWN_NAME, HAS.NAME_SHOWS) |
    ownBits(error, 'message', HAS.OWN_MESSAGE, HAS.MESSAGE_SHOWS) |
    ownBits(error, 'cause', HAS.CAUSE, HAS.CAUSE_SHOWS);
  if (typeof stack === 'string') has |= HAS.STACK;
  if (typeof code === 'string' || typeof code === 'number') has |= HAS.CODE;
  if (isDom && readProperty(error, 'cause') !== undefined) has |= HAS.CAUSE;
  if (isList(errors)) has |= HAS.ERRORS;
  if (className === 'SuppressedError') has |= HAS.SUPPRESSED;
  if (FACTS.some((fact) => ownBits(error, fact, 1, 2) === 1)) has |= HAS.FACTS;
  return {
    className,
    has,
    name: textOf(readProperty(error, 'name')),
    message: textOf(readProperty(error, 'message')),
    stack: typeof stack === 'string' ? shorten(stack) : '',
    code,
    errors: isList(errors) ? errors : [],
  };
}

/**
 * @param {unknown} value
 * @returns {value is unknown[]}
 */
function isList(value) {
  return !types.isProxy(value) && Array.isArray(value);
}

/**
 * The nearest class above an error that every isolate has.
 *
 * @param {object} error
 * @returns {string}
 */
function classOf(error) {
  const ours = classNameOf(error);
  if (ours !== undefined) return `tasklets.${ours}`;
  if (isDOMException(error)) return DOM_EXCEPTION;
  for (let at = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) break;
    const constructor = constructorOf(at);
    // Where the built-ins are frozen, `constructor` is an accessor.
    if (constructor === undefined) {
      const own = BUILT_IN.find((each) => Reflect.get(globalThis, each)?.prototype === at);
      if (own !== undefined) return own;
      continue;
    }
    if (!isNative(constructor)) continue;
    const name = nameOf(constructor);
    if (BUILT_IN.includes(name)) return name;
  }
  return 'Error';
}

/** @param {unknown} value */
function textOf(value) {
  if (typeof value === 'string') return value;
  if (value === undefined || typeof value === 'symbol') return '';
  try {
    return String(value);
  } catch {
    return '';
  }
}

/** @param {string} stack */
function shorten(stack) {
  return stack.length <= MAX_STACK ? stack : `${stack.slice(0, MAX_STACK)}\n    ...`;
}

/**
 * @param {Encoder} encoder
 * @param {string | number} step
 * @param {unknown} value
 */
function writeOrDescribe(encoder, step, value) {
  if (!tryWrite(encoder, step, value)) encoder.value(describeThrown(value));
}

/**
 * Writes a part of an error, or nothing at all if it cannot be copied.
 *
 * @param {Encoder} encoder
 * @param {string | number} step
 * @param {unknown} value
 * @returns {boolean}
 */
function tryWrite(encoder, step, value) {
  const mark = encoder.mark();
  encoder.path[encoder.depth - 1] = step;
  try {
    encoder.value(value);
    return true;
  } catch (refusal) {
    // Not only refusals: what a getter throws is no reason either to lose the error.
    if (isExhausted(refusal)) throw refusal;
    encoder.takeBack(mark);
    return false;
  }
}

/**
 * A stack that has run out must unwind altogether; at each level there would be another attempt.
 *
 * @param {unknown} thrown
 */
function isExhausted(thrown) {
  return thrown instanceof RangeError && !(thrown instanceof SerializationError);
}

/**
 * @param {Encoder} encoder
 * @param {unknown[]} errors
 */
function writeErrors(encoder, errors) {
  const { depth } = encoder;
  const { length } = errors;
  encoder.slack();
  encoder.varint(length);
  encoder.path[depth - 1] = 'errors';
  encoder.depth = depth + 1;
  for (let i = 0; i < length; i++) writeOrDescribe(encoder, i, errors[i]);
  encoder.depth = depth;
}

/**
 * @param {Encoder} encoder
 * @param {any} error
 */
function writeFacts(encoder, error) {
  for (const fact of FACTS) {
    const value = Object.getOwnPropertyDescriptor(error, fact)?.value;
    const isPlain = typeof value === 'string' || typeof value === 'number' || value === null;
    encoder.value(isPlain ? value : undefined);
  }
}

/**
 * The own enumerable properties as pairs.
 *
 * @param {Encoder} encoder
 * @param {object} error
 */
function writeOwn(encoder, error) {
  for (const key of Object.keys(error)) {
    if (APART.has(key)) continue;
    let value;
    try {
      value = Reflect.get(error, key);
    } catch {
      // A getter that throws: a property that cannot be copied.
      continue;
    }
    const mark = encoder.mark();
    encoder.slack();
    encoder.string(key);
    if (!tryWrite(encoder, key, value)) encoder.takeBack(mark);
  }
  encoder.slack();
  encoder.byte(TAGS.END);
}

module.exports = { BUILT_IN, DOM_EXCEPTION, HAS, writeErrorObject };
