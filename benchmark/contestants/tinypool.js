'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { opener } = require('./piscina-like.js');

/** @typedef {typeof import('tinypool')} Library */

const WORKER = pathToFileURL(path.join(__dirname, '../workers/tinypool.mjs')).href;
const load = () => import('tinypool');

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  {
    name: 'tinypool',
    package: 'tinypool',
    kind: 'pool',
    about: 'by default',
    load,
    open: opener((/** @type {Library} */ { Tinypool }, options) => new Tinypool(options), WORKER),
  },
  {
    name: 'tinypool-tuned',
    package: 'tinypool',
    kind: 'pool',
    about: 'useAtomics: true, concurrentTasksPerWorker: 256',
    load,
    open: opener(
      (/** @type {Library} */ { Tinypool }, options) =>
        new Tinypool({ ...options, useAtomics: true, concurrentTasksPerWorker: 256 }),
      WORKER,
    ),
  },
];
