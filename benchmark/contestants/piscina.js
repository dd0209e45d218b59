'use strict';

const path = require('node:path');

/**
 * @param {(library: typeof import('piscina')) => object} tune
 * @returns {(library: typeof import('piscina'), setup: { task: string, workers: number }) => import('./index.js').Opened}
 */
const opener =
  (tune) =>
  (library, { task, workers }) => {
    const pool = new library.Piscina({
      filename: path.join(__dirname, '../workers/piscina.js'),
      name: task,
      minThreads: workers,
      maxThreads: workers,
      ...tune(library),
    });
    return {
      run: (value, transferList) =>
        transferList ? pool.run(value, /** @type {any} */ ({ transferList })) : pool.run(value),
      call: (name, value) => pool.run(value, { name }),
      close: () => pool.destroy(),
    };
  };

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  {
    name: 'piscina',
    package: 'piscina',
    kind: 'pool',
    about: 'by default',
    load: () => require('piscina'),
    open: opener(() => ({})),
  },
  {
    name: 'piscina-tuned',
    package: 'piscina',
    kind: 'pool',
    about: "atomics: 'sync', concurrentTasksPerWorker: 256, recordTiming: false, FixedQueue",
    load: () => require('piscina'),
    open: opener(({ FixedQueue }) => ({
      atomics: 'sync',
      concurrentTasksPerWorker: 256,
      recordTiming: false,
      taskQueue: new FixedQueue(),
    })),
  },
];
