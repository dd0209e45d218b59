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

/** The verbs that start tasks and look at them: what a part of a program may be given of a pool. */
const TASK_VERBS = /** @type {const} */ ([
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
  'getHealth',
  'getStats',
  'getActiveTaskCount',
]);

/** Those that are about the program as a whole. */
const PROGRAM_VERBS = ['config', 'configFromFile', 'configFromEnv', 'shutdown', 'start', 'onShutdown'];

/** @type {Record<string, (...args: any[]) => any>} */
const bound = {};
for (const verb of [...TASK_VERBS, ...PROGRAM_VERBS]) {
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

module.exports = { TASK_VERBS, bound, defaultPool, isDefault };
