'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');

const WORKER = pathToFileURL(path.join(__dirname, '../workers/tinypool.mjs')).href;

/**
 * @param {object} tuned
 * @returns {(library: typeof import('tinypool'), setup: { task: string, workers: number }) => import('./index.js').Opened}
 */
const opener =
  (tuned) =>
  (library, { task, workers }) => {
    const pool = new library.Tinypool({
      filename: WORKER,
      name: task,
      minThreads: workers,
      maxThreads: workers,
      ...tuned,
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
    name: 'tinypool',
    package: 'tinypool',
    kind: 'pool',
    about: 'by default',
    load: () => import('tinypool'),
    open: opener({}),
  },
  {
    name: 'tinypool-tuned',
    package: 'tinypool',
    kind: 'pool',
    about: 'useAtomics: true, concurrentTasksPerWorker: 256',
    load: () => import('tinypool'),
    open: opener({ useAtomics: true, concurrentTasksPerWorker: 256 }),
  },
];
