'use strict';

const { deterministic, flush, inline, injectFailure, restoreAll } = require('./lib/testing');

module.exports = { deterministic, flush, inline, injectFailure, restoreAll };
