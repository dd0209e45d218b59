'use strict';

/** Errors that are the pool's, not the handler's: what HTTP says of them. */

const { CancelledError, QueueFullError, ShutdownError, TimeoutError } = require('../errors');
const { isShutDown } = require('../pool');
const { retryAfter } = require('./drain');

/**
 * @typedef {object} Refusal
 * @property {503 | 504} status
 * @property {Array<[name: string, value: string]>} headers
 * @property {string} error what the status is called
 * @property {string} message for the client: nothing about the inside
 */

/**
 * @param {unknown} error
 * @param {any} pool
 * @param {number} httpVersion the major one
 * @returns {Refusal | undefined} `undefined` for an error that is the handler's
 */
function refusalOf(error, pool, httpVersion) {
  if (error instanceof QueueFullError) return busy(pool);
  if (error instanceof TimeoutError) return late(/** @type {any} */ (error).phase, pool);
  if (error instanceof ShutdownError) return leaving(httpVersion);
  if (error instanceof CancelledError) return isShutDown(pool) ? leaving(httpVersion) : cancelled();
  return undefined;
}

/** @param {any} pool @returns {Refusal} */
function busy(pool) {
  const seconds = retryAfter(pool);
  return {
    status: 503,
    headers: [['Retry-After', String(seconds)]],
    error: 'Service Unavailable',
    message: `The server has as much work waiting as it takes; try again in ${seconds} s`,
  };
}

/**
 * @param {'queue' | 'run'} phase
 * @param {any} pool
 * @returns {Refusal}
 */
function late(phase, pool) {
  return {
    status: 504,
    headers: phase === 'queue' ? [['Retry-After', String(retryAfter(pool))]] : [],
    error: 'Gateway Timeout',
    message: 'The work took longer than it may',
  };
}

/**
 * @param {number} httpVersion
 * @returns {Refusal}
 */
function leaving(httpVersion) {
  return {
    status: 503,
    // The next request of this client is for another process. HTTP/2 knows no such header.
    headers: httpVersion < 2 ? [['Connection', 'close']] : [],
    error: 'Service Unavailable',
    message: 'The server is shutting down',
  };
}

/** @returns {Refusal} */
function cancelled() {
  return {
    status: 503,
    headers: [],
    error: 'Service Unavailable',
    message: 'The server has given up this work',
  };
}

/**
 * Error handlers read the status off the error. It is not enumerable: the error is shown as it is.
 *
 * @param {any} error
 * @param {Refusal} refusal
 */
function withStatus(error, { status, headers }) {
  const properties = { status, statusCode: status, headers: Object.fromEntries(headers) };
  for (const [name, value] of Object.entries(properties))
    Object.defineProperty(error, name, { value, writable: true, configurable: true, enumerable: false });
}

/**
 * What is handed on as an error must be one to the server: `next(undefined)` means that all is well.
 *
 * @param {unknown} thrown
 * @param {ReadonlySet<unknown>} [orders] what means something else to the server
 */
function asThrown(thrown, orders = NONE) {
  if (thrown && !orders.has(thrown)) return thrown;
  return new Error(`The handler threw \`${String(thrown)}\``, { cause: thrown });
}

/** @type {ReadonlySet<unknown>} */
const NONE = new Set();

module.exports = { asThrown, refusalOf, withStatus };
