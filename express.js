'use strict';

/** `tasklets/express`: handlers of Express 4 and 5 that run on a pool. */

const { open } = require('./lib/open');

const { healthRoute, metricsRoute, offload } = open('lib/servers/express');

module.exports = { healthRoute, metricsRoute, offload };
