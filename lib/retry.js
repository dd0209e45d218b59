'use strict';

/**
 * Retries as the submitting side sees them: what the scheduler is told, and whether a failure is
 * worth another attempt where the user decides that.
 *
 * @typedef {import('./options/retry').RetrySettings} RetrySettings
 */

const { InvalidTaskError, SerializationError } = require('./errors');
const { warn } = require('./warn');

const MAX_ATTEMPTS = 0xffff_ffff;

/** How growing waits are told to the scheduler. @type {Record<string, number>} */
const BACKOFF = { constant: -1, linear: -2, exponential: 2 };

/**
 * The settings of a task over those of the config, as numbers for its frame.
 *
 * @param {RetrySettings} given
 * @param {any} defaults
 */
function retryTerms(given, defaults) {
  const backoff = given.backoff ?? defaults.backoff;
  const jitter = given.jitter ?? defaults.jitter;
  return {
    attempts: Math.min(given.attempts ?? defaults.attempts, MAX_ATTEMPTS),
    delay: given.delay ?? defaults.delay,
    backoff: typeof backoff === 'string' ? BACKOFF[backoff] : backoff,
    maxDelay: given.maxDelay ?? defaults.maxDelay,
    jitter: typeof jitter === 'boolean' ? Number(jitter) : jitter,
    ask: given.retryOn !== undefined || given.onRetry !== undefined,
  };
}

/**
 * Whether an error is one of those that are worth another attempt.
 *
 * @param {RetrySettings | undefined} settings
 * @param {any} error
 * @param {number} attempt
 * @returns {boolean}
 */
function worthRetrying(settings, error, attempt) {
  if (error instanceof SerializationError || error instanceof InvalidTaskError) return false;
  const retryOn = settings?.retryOn;
  if (retryOn === undefined) return true;
  if (typeof retryOn === 'function') {
    try {
      const answer = /** @type {unknown} */ (retryOn(error, attempt));
      if (typeof (/** @type {any} */ (answer)?.then) === 'function') {
        ignore(/** @type {any} */ (answer));
        throw new TypeError(
          'Expected `retryOn` to return a boolean, got a promise; ask for what it needs inside the task',
        );
      }
      return Boolean(answer);
    } catch (thrown) {
      warn('`retryOn` threw, so the task is not tried again', thrown);
      return false;
    }
  }
  return retryOn.some((kind) => matches(kind, error));
}

/** Nobody waits for this promise: what becomes of it is not to end the process. @param {PromiseLike<unknown>} promise */
function ignore(promise) {
  promise.then(undefined, () => {});
}

/**
 * @param {string | Function} kind a class, a code or a name
 * @param {any} error
 */
function matches(kind, error) {
  if (error === null || typeof error !== 'object') return false;
  if (typeof kind === 'string') return error.code === kind || error.name === kind;
  // Classes of the user's that did not travel come back as their nearest ancestor, with their name.
  return error instanceof /** @type {any} */ (kind) || (kind.name !== '' && error.name === kind.name);
}

module.exports = { retryTerms, worthRetrying };
