'use strict';

/** What a pool in use needs, in one place, so that it is loaded in one go. */

const { Engine } = require('../engine');
const { batch } = require('./batch');
const { map } = require('./map');
const { retry, run, wrap } = require('./run');
const { runAll } = require('./run-all');

module.exports = { Engine, batch, map, retry, run, runAll, wrap };
