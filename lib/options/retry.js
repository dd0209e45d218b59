'use strict';

// How a failed task is tried again: `retry` as an option, and the options of the verb `retry`.

const {
  callback,
  check,
  duration,
  durationOrInfinity,
  fromOneToInfinity,
  pathOf,
  refuse,
} = require('./checks');
const { optionsIn, readGroup, table } = require('./group');

const { isArray } = Array;

/**
 * @template [T=unknown]
 * @typedef {import('./checks').Check<T>} Check
 */

/**
 * How failed attempts are repeated; what is `undefined` is as `config.retry` says.
 *
 * @typedef {object} RetrySettings
 * @property {number | undefined} attempts in all, the first included; may be `Infinity`
 * @property {number | undefined} delay
 * @property {number | 'constant' | 'linear' | 'exponential' | undefined} backoff
 * @property {number | undefined} maxDelay may be `Infinity`
 * @property {number | undefined} jitter the fraction of a wait that is left to chance, 0 to 1
 * @property {((error: unknown, attempt: number) => boolean) | ReadonlyArray<string | Function> | undefined} retryOn
 * @property {((error: unknown, attempt: number, wait: number) => void) | undefined} onRetry
 */

/** @type {Check<unknown>} */
const backoff = check(
  "a factor from 1 up, 'constant', 'linear' or 'exponential'",
  (value) =>
    (typeof value === 'number' && value >= 1 && value < Infinity) ||
    value === 'constant' ||
    value === 'linear' ||
    value === 'exponential',
);

/** @type {Check<number>} */
function jitter(value, key, where) {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  return refuse('`true`, `false` or a number from 0 to 1', value, key, where);
}

/** @type {Check<unknown>} */
const retryOn = check(
  'an array of error classes, codes or names, or a function',
  (value) =>
    typeof value === 'function' ||
    (isArray(value) && value.every((each) => typeof each === 'string' || typeof each === 'function')),
);

const RETRY = table({
  attempts: fromOneToInfinity,
  delay: duration,
  backoff,
  maxDelay: durationOrInfinity,
  jitter,
  retryOn,
  onRetry: callback,
});

/**
 * @param {number} [attempts]
 * @returns {RetrySettings}
 */
function noRetrySettings(attempts) {
  return {
    attempts,
    delay: undefined,
    backoff: undefined,
    maxDelay: undefined,
    jitter: undefined,
    retryOn: undefined,
    onRetry: undefined,
  };
}

/** @type {Check<RetrySettings>} */
function retry(value, key, where) {
  if (typeof value === 'number') return noRetrySettings(fromOneToInfinity(value, key, where));
  const path = pathOf(where, key);
  const given = optionsIn(value, path, 'an integer from 1 up, Infinity, or an object');
  return readGroup(given, RETRY, noRetrySettings(), path);
}

module.exports = { RETRY, noRetrySettings, retry };
