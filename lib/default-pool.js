'use strict';

/** The default pool's verbs as functions: made on first use, and in a worker the pool that it belongs to. */

const { Pool } = require('./pool');
const { attachedEngine } = require('./worker/attached');

/** @type {Pool | import('./worker/worker-pool').WorkerPool | undefined} */
let pool;

/** @returns {any} */
function defaultPool() {
  if (pool === undefined) {
    const engine = attachedEngine();
    if (engine === undefined) pool = new Pool();
    else pool = new (require('./worker/worker-pool').WorkerPool)(engine);
  }
  return pool;
}

const VERBS = [
  'run',
  'runAll',
  'map',
  'stream',
  'graph',
  'batch',
  'retry',
  'wrap',
  'module',
  'explain',
  'cancel',
  'config',
  'configFromFile',
  'configFromEnv',
  'shutdown',
  'start',
  'onShutdown',
  'getHealth',
  'getStats',
  'getActiveTaskCount',
];

/** @type {Record<string, (...args: any[]) => any>} */
const bound = {};
for (const verb of VERBS) {
  bound[verb] = { [verb]: (/** @type {unknown[]} */ ...args) => defaultPool()[verb](...args) }[verb];
}
// The one that is called a million times a second.
bound.run = function run(/** @type {unknown} */ task, /** @type {unknown} */ options) {
  return defaultPool().run(task, options);
};

/**
 * @param {Pool} other
 */
function isDefault(other) {
  return other === pool;
}

module.exports = { bound, defaultPool, isDefault };
