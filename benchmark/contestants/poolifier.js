'use strict';

const path = require('node:path');

/**
 * @param {(library: typeof import('poolifier')) => object} tune
 * @returns {(library: typeof import('poolifier'), setup: { task: string, workers: number }) => import('./index.js').Opened}
 */
const opener =
  (tune) =>
  (library, { task, workers }) => {
    const pool = new library.FixedThreadPool(
      workers,
      path.join(__dirname, '../workers/poolifier.js'),
      tune(library),
    );
    return {
      run: (value) => pool.execute(value, task),
      call: (name, value) => pool.execute(value, name),
      map: (items) => /** @type {Promise<any[]>} */ (pool.mapExecute(items, task)),
      close: () => pool.destroy(),
    };
  };

const skips = { transfer: 'it moves arguments, but copies results' };

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  {
    name: 'poolifier',
    package: 'poolifier',
    kind: 'pool',
    about: 'FixedThreadPool by default',
    skips,
    load: () => require('poolifier'),
    open: opener(() => ({})),
  },
  {
    name: 'poolifier-tuned',
    package: 'poolifier',
    kind: 'pool',
    about: 'FixedThreadPool, enableEvents: false',
    skips,
    load: () => require('poolifier'),
    open: opener(() => ({ enableEvents: false })),
  },
  {
    name: 'poolifier-queue',
    package: 'poolifier',
    kind: 'pool',
    about: 'FixedThreadPool, ROUND_ROBIN, enableEvents: false, enableTasksQueue with concurrency 64',
    skips,
    load: () => require('poolifier'),
    open: opener(({ WorkerChoiceStrategies }) => ({
      workerChoiceStrategy: WorkerChoiceStrategies.ROUND_ROBIN,
      enableEvents: false,
      enableTasksQueue: true,
      tasksQueueOptions: { concurrency: 64 },
    })),
  },
];
