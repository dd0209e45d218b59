'use strict';

/** `tasklets/testing`: pools of which a test knows what they will do. */

const { open } = require('./lib/open');

const { deterministic, flush, inline, injectFailure, restoreAll } = open('lib/testing/index');

module.exports = { deterministic, flush, inline, injectFailure, restoreAll };
