'use strict';

/** What `tasklets` exports: the default pool's verbs, `Pool`, and the errors. */

// First: what it takes must not have been exchanged yet.
require('./clock');
const errors = require('./errors').classes;
const { Pool } = require('./pool');
const { bound } = require('./default-pool');
const { current, reportProgress } = require('./present-task');
const { transfer } = require('./worker/transfers');
const { version } = require('../package.json');

const { run, runAll, map, stream, graph, batch, retry, wrap, explain, cancel } = bound;
const { config, configFromFile, configFromEnv } = bound;
const { shutdown, start, onShutdown, getHealth, getStats, getActiveTaskCount } = bound;
const moduleTask = bound.module;

// @ts-expect-error TypeScript has no name for an export assignment that has a `default` too
module.exports = {
  run,
  runAll,
  map,
  stream,
  graph,
  batch,
  retry,
  wrap,
  module: moduleTask,
  explain,
  cancel,
  config,
  configFromFile,
  configFromEnv,
  shutdown,
  start,
  onShutdown,
  getHealth,
  getStats,
  getActiveTaskCount,
  current,
  reportProgress,
  transfer,
  Pool,
  errors,
  version,
};
// @ts-expect-error what `import` of a transpiled module asks for
module.exports.default = module.exports;
