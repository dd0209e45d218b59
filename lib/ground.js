'use strict';

/** What a pool stands on, in one place, so that it is loaded in one go. */

const binding = require('./native');
const { fromJson } = require('./config');
const { here } = require('./isolate');
const { Log } = require('./log');
const machine = require('./machine');
const { Staff } = require('./staff');

module.exports = { Log, Staff, binding, fromJson, here, machine };
