'use strict';

/**
 * The addon. A worker is told the file that its owner has loaded, and need not look for it again:
 * finding out what platform this is costs as much as loading it.
 */

const threads = require('node:worker_threads');

/** @type {string | undefined} */
const known = threads.isMainThread ? undefined : threads.workerData?.tasklets?.addon;

/** @type {typeof import('../binding')} */
module.exports = known === undefined ? require('../binding') : require(known);
