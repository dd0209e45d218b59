'use strict';

const path = require('node:path');
const { opener } = require('./piscina-like.js');

/** @typedef {typeof import('piscina')} Library */

const WORKER = path.join(__dirname, '../workers/piscina.js');
const load = () => require('piscina');

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  {
    name: 'piscina',
    package: 'piscina',
    kind: 'pool',
    about: 'by default',
    load,
    open: opener((/** @type {Library} */ { Piscina }, options) => new Piscina(options), WORKER),
  },
  {
    name: 'piscina-tuned',
    package: 'piscina',
    kind: 'pool',
    about: "atomics: 'sync', concurrentTasksPerWorker: 256, recordTiming: false, FixedQueue",
    load,
    open: opener(
      (/** @type {Library} */ { FixedQueue, Piscina }, options) =>
        new Piscina({
          ...options,
          atomics: 'sync',
          concurrentTasksPerWorker: 256,
          recordTiming: false,
          taskQueue: new FixedQueue(),
        }),
      WORKER,
    ),
  },
];
