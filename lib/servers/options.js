'use strict';

/** The options of `offload`, of the routes, and of the plugin. */

const { bound, defaultPool } = require('../default-pool');
const { configError } = require('../errors');
const { callback, check, isObject, plainObject, text, truth } = require('../options/checks');
const { optionsIn, readGroup, table } = require('../options/group');
const { REPEATABLE, copy, readBeside } = require('../options/task');

/** @type {import('../options/checks').Check<any>} */
const looksLikePool = check('a Pool', (value) => {
  const verbs = ['run', 'stream', 'wrap', 'getHealth', 'getStats'];
  return (
    (isObject(value) || typeof value === 'function') &&
    verbs.every((verb) => typeof value[verb] === 'function')
  );
});

/**
 * By what it can do: what stands in for a pool in a test is as good. `require('tasklets')` means the default pool.
 *
 * @type {import('../options/checks').Check<any>}
 */
const pool = (value, key, where) => {
  const given = looksLikePool(value, key, where);
  return given.wrap === bound.wrap ? defaultPool() : given;
};

const OFFLOAD = table({ pool, pick: callback });
const OFFLOAD_EXPRESS = table({ fallback: callback }, OFFLOAD);

/**
 * @param {unknown} options
 * @param {typeof OFFLOAD} own
 */
function read(options, own) {
  const given = readBeside(options, REPEATABLE, own, {
    pool: /** @type {any} */ (undefined),
    pick: /** @type {((request: any) => unknown) | undefined} */ (undefined),
    fallback: /** @type {((...args: any[]) => unknown) | undefined} */ (undefined),
  });
  const others = Object.entries(options ?? {}).filter(([name]) => !own.has(name));
  return { ...given, others: Object.fromEntries(others) };
}

/** @param {unknown} options */
function expressOptions(options) {
  return read(options, OFFLOAD_EXPRESS);
}

/** @param {unknown} options */
function fastifyOptions(options) {
  return read(options, OFFLOAD);
}

/**
 * @param {import('../options').RunOptions} run
 * @returns {import('../options').RunOptions}
 */
function forGenerator(run) {
  if (run.retry !== undefined)
    throw configError(
      'retry',
      'left out: what a generator handler has yielded cannot be taken back',
      run.retry,
    );
  return copy(run);
}

const HEALTH = table({ pool });

/** Names that the metrics have themselves. */
const TAKEN = new Set(['state', 'status', 'task', 'name', 'quantile', 'version']);

/** @type {import('../options/checks').Check<object>} */
function labels(value, key, where) {
  for (const [name, label] of Object.entries(plainObject(value, key, where))) {
    const path = `${key}.${name}`;
    if (!/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || TAKEN.has(name))
      throw configError(
        path,
        'named as Prometheus allows, and not as a label of the metrics themselves',
        name,
      );
    text(label, path, where);
  }
  return { .../** @type {object} */ (value) };
}

const METRICS = table({ pool, labels, byTask: truth });

/**
 * @param {unknown} options
 * @returns {{ pool: any }}
 */
function healthOptions(options) {
  const target = { pool: undefined };
  if (options === undefined) return target;
  return readGroup(optionsIn(options, 'options'), HEALTH, target, '');
}

/**
 * @param {unknown} options
 * @returns {{ pool: any, labels: Record<string, string>, byTask: boolean }}
 */
function metricsOptions(options) {
  const target = { pool: undefined, labels: {}, byTask: true };
  if (options === undefined) return target;
  return readGroup(optionsIn(options, 'options'), METRICS, target, '');
}

/** What Fastify puts among the options of every plugin. */
const OF_FASTIFY = new Set(['prefix', 'logLevel', 'logSerializers']);

/**
 * The options of the plugin: a pool, or the config of one.
 *
 * @param {Record<string, unknown>} options
 * @returns {{ pool: any, config: Record<string, unknown> | undefined }}
 */
function pluginOptions(options) {
  const given = Object.entries(options ?? {}).filter(
    ([name, value]) => !OF_FASTIFY.has(name) && value !== undefined,
  );
  const config = Object.fromEntries(given.filter(([name]) => name !== 'pool'));
  const hasConfig = Object.keys(config).length > 0;
  if (options?.pool === undefined) return { pool: undefined, config: hasConfig ? config : undefined };
  if (hasConfig)
    throw configError(
      Object.keys(config)[0],
      'left out, as the `pool` has its own config',
      Object.values(config)[0],
    );
  return { pool: pool(options.pool, 'pool', ''), config: undefined };
}

module.exports = {
  expressOptions,
  fastifyOptions,
  forGenerator,
  healthOptions,
  metricsOptions,
  pluginOptions,
};
