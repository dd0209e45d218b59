'use strict';

/** What a pool in use needs, in one place; `run` at once, the others with their first use. */

const { Engine } = require('../engine');
const { lazy } = require('../lazy');
const { retry, run, wrap } = require('./run');

const { batch } = lazy(() => require('./batch'), ['batch']);
const { map } = lazy(() => require('./map'), ['map']);
const { runAll } = lazy(() => require('./run-all'), ['runAll']);
const { stream } = lazy(() => require('./stream'), ['stream']);

module.exports = { Engine, batch, map, retry, run, runAll, stream, wrap };
