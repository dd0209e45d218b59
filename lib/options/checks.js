'use strict';

// What an option may be: one small function per kind of value. Each takes what the user gave and returns it in the
// form that is used inside, or throws the `ConfigError` that says what was expected, in the one sentence form.

const { configError } = require('../errors');

const { isArray } = Array;

/**
 * The group that an option stands in: `''` at the top, a dotted path, or a place in a list of tasks. Paths are put
 * together for a message only.
 *
 * @typedef {string | number} Where
 */

/**
 * @template T
 * @typedef {(value: unknown, key: string, where: Where) => T} Check
 */

/**
 * @param {Where} where
 * @param {string} key
 * @returns {string}
 */
function pathOf(where, key) {
  if (typeof where === 'number') return `tasks[${where}].${key}`;
  return where === '' ? key : `${where}.${key}`;
}

/**
 * @param {string} expected
 * @param {unknown} value
 * @param {string} key
 * @param {Where} where
 * @returns {never}
 */
function refuse(expected, value, key, where) {
  throw configError(pathOf(where, key), expected, value);
}

/**
 * A check by a condition alone.
 *
 * @template T
 * @param {string} expected
 * @param {(value: any) => boolean} holds
 * @returns {Check<T>}
 */
function check(expected, holds) {
  return (value, key, where) =>
    holds(value) ? /** @type {T} */ (value) : refuse(expected, value, key, where);
}

/** @type {Check<boolean>} */
const truth = check('`true` or `false`', (value) => typeof value === 'boolean');
/** @type {Check<string>} */
const text = check('a string', (value) => typeof value === 'string');
/** @type {Check<Function>} */
const callback = check('a function', (value) => typeof value === 'function');
/** @type {Check<unknown[]>} */
const array = check('an array', isArray);
/** What a Map or a signal holds is not read, so nothing of it is taken silently for nothing. @type {Check<object>} */
const plainObject = check(
  'an object',
  (value) => isObject(value) && !isArray(value) && (mayBeEmpty(value) || Object.keys(value).length > 0),
);
/** @type {Check<number>} */
const fromOneUp = check('an integer from 1 up', (value) => Number.isSafeInteger(value) && value >= 1);
/** @type {Check<number>} */
const duration = check('a number of milliseconds from 0 up', isDuration);
/** @type {Check<unknown>} */
const anything = (value) => value;

/**
 * By what it can do: a signal of another realm (jest and vitest run user code in one) is as good.
 *
 * @type {Check<AbortSignal>}
 */
const signal = check(
  'an AbortSignal',
  (value) =>
    isObject(value) &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function' &&
    typeof value.removeEventListener === 'function',
);

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null;
}

/**
 * Whether an object without options could have had some. A promise of options, a Map or a signal in their place means
 * something else.
 *
 * @param {object} value
 */
function mayBeEmpty(value) {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** @param {unknown} value */
function isDuration(value) {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/**
 * Milliseconds; `Infinity` and `0` are no limit, inside always `0`.
 *
 * @type {Check<number>}
 */
function timeLimit(value, key, where) {
  if (value === Infinity) return 0;
  if (isDuration(value)) return /** @type {number} */ (value);
  return refuse('a number of milliseconds from 0 up, or Infinity', value, key, where);
}

/**
 * Milliseconds above 0; `Infinity` is no limit, inside `undefined`.
 *
 * @type {Check<number | undefined>}
 */
function positiveTimeLimit(value, key, where) {
  if (value === Infinity) return undefined;
  if (isDuration(value) && value !== 0) return /** @type {number} */ (value);
  return refuse('a number of milliseconds above 0, or Infinity', value, key, where);
}

/** @type {Check<number>} */
const durationOrInfinity = check(
  'a number of milliseconds from 0 up, or Infinity',
  (value) => value === Infinity || isDuration(value),
);
/** @type {Check<number>} */
const fromOneToInfinity = check(
  'an integer from 1 up, or Infinity',
  (value) => value === Infinity || (Number.isSafeInteger(value) && value >= 1),
);

/** Powers of 1024, by unit. */
const POWERS = new Map([
  ['', 0],
  ['B', 0],
  ['KB', 1],
  ['MB', 2],
  ['GB', 3],
  ['TB', 4],
]);

/**
 * Bytes from a number or from a text such as `'1.5 GB'`; `Infinity` is no limit, inside `undefined`.
 *
 * @type {Check<number | undefined>}
 */
function size(value, key, where) {
  if (value === Infinity) return undefined;
  const bytes = typeof value === 'string' ? parseSize(value) : value;
  if (Number.isSafeInteger(bytes) && Number(bytes) >= 1) return Number(bytes);
  return refuse("a number of bytes from 1 up, a size such as '512MB', or Infinity", value, key, where);
}

/**
 * @param {string} value
 * @returns {number} `NaN` for what is no size
 */
function parseSize(value) {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim());
  const power = match === null ? undefined : POWERS.get(match[2].toUpperCase());
  return match === null || power === undefined ? NaN : Math.floor(Number(match[1]) * 1024 ** power);
}

/**
 * One of a few names, inside its place in the list.
 *
 * @param {readonly string[]} names
 * @returns {Check<number>}
 */
function indexIn(names) {
  const expected = `${names
    .slice(0, -1)
    .map((name) => `'${name}'`)
    .join(', ')} or '${names[names.length - 1]}'`;
  return (value, key, where) => {
    const index = names.indexOf(/** @type {string} */ (value));
    return index === -1 ? refuse(expected, value, key, where) : index;
  };
}

module.exports = {
  anything,
  array,
  callback,
  check,
  duration,
  durationOrInfinity,
  fromOneToInfinity,
  fromOneUp,
  indexIn,
  isObject,
  mayBeEmpty,
  pathOf,
  plainObject,
  positiveTimeLimit,
  refuse,
  signal,
  size,
  text,
  timeLimit,
  truth,
};
