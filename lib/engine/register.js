'use strict';

/** What only some tasks have besides what travels: callbacks, a signal, and options that may be forbidden here. */

const binding = require('../native');
const { ConfigError, configError } = require('../errors');
const { cancelled, NO_USAGE } = require('../failure');
const { extrasOf, inContext, onStart, refuse } = require('../handle');
const { lazy } = require('../lazy');

const aborts = lazy(() => require('../aborts'), ['follow']);

/**
 * @typedef {import('../handle').TaskHandle<any>} TaskHandle
 * @typedef {import('../options').RunOptions} RunOptions
 */

/**
 * Registers it. A task whose signal has been aborted is cancelled by that.
 *
 * @param {TaskHandle} handle
 * @param {RunOptions} options
 * @param {{ timeout: { perTask: boolean } }} config
 */
function register(handle, options, config) {
  check(options, config);
  if (options.onComplete !== undefined) handle.onComplete(/** @type {any} */ (options.onComplete));
  if (options.onError !== undefined) handle.onError(/** @type {any} */ (options.onError));
  if (options.onProgress !== undefined) handle.onProgress(/** @type {any} */ (options.onProgress));
  if (options.onStart !== undefined) onStart(handle, /** @type {any} */ (options.onStart));
  if (options.retry?.onRetry !== undefined || options.retry?.retryOn !== undefined) inContext(handle);
  const { signal } = options;
  if (signal === undefined) return;
  if (signal.aborted) refuse(handle, cancelled(handle, signal.reason), NO_USAGE, true);
  else extrasOf(handle).release = aborts.follow(handle, signal);
}

/**
 * @param {RunOptions} options
 * @param {{ timeout: { perTask: boolean } }} config
 */
function check({ limits, timeout }, config) {
  if (limits?.cpuTime !== undefined && !binding.hasThreadClocks()) {
    const expected = 'left out on this platform, where the CPU time of a thread cannot be read from outside';
    throw new ConfigError(`Expected \`limits.cpuTime\` to be ${expected}`, {
      option: 'limits.cpuTime',
      expected,
      received: limits.cpuTime,
    });
  }
  if (timeout !== undefined && !config.timeout.perTask) {
    const expected = 'left out, because `timeout.perTask` is `false` in the config';
    throw configError('timeout', expected, timeout);
  }
}

module.exports = { register };
