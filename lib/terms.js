'use strict';

/** The terms of a task, on which the scheduler runs it: limits of time, grace, retries. */

const { TERMS } = require('./frames');
const { retryTerms } = require('./retry');

/** @typedef {import('./options').RunOptions} RunOptions */

/**
 * @param {DataView} view
 * @param {number} at
 * @param {RunOptions} options
 * @param {number} timeout
 * @param {any} config
 */
function writeTerms(view, at, options, timeout, config) {
  view.setFloat64(at + TERMS.TIMEOUT, timeout > 0 ? timeout : -1, true);
  view.setFloat64(at + TERMS.QUEUE_TIMEOUT, options.queueTimeout ?? -1, true);
  view.setFloat64(at + TERMS.GRACE, options.grace, true);
  view.setFloat64(at + TERMS.CPU_TIME, options.limits?.cpuTime ?? -1, true);
  view.setFloat64(at + TERMS.MEMORY, options.limits?.memory ?? -1, true);
  let bits = 0;
  if (options.onStart !== undefined) bits |= TERMS.ANNOUNCE;
  if (!options.cancellable) bits |= TERMS.UNCANCELLABLE;
  if (options.signal !== undefined) bits |= TERMS.REVOCABLE;
  if (options.dependsOn.length > 0) bits |= TERMS.INPUTS;
  if (options.retry !== undefined) {
    const { attempts, delay, backoff, maxDelay, jitter, ask } = retryTerms(options.retry, config.retry);
    bits |= TERMS.RETRY | (ask ? TERMS.ASK : 0);
    view.setUint32(at + TERMS.ATTEMPTS, attempts, true);
    view.setFloat64(at + TERMS.DELAY, delay, true);
    view.setFloat64(at + TERMS.BACKOFF, backoff, true);
    view.setFloat64(at + TERMS.MAX_DELAY, maxDelay, true);
    view.setFloat64(at + TERMS.JITTER, jitter, true);
  }
  view.setUint32(at + TERMS.BITS, bits, true);
}

module.exports = { writeTerms };
