'use strict';

/** `tasklets/express`: handlers of Express 4 and 5 that run on a pool. */

const { healthRoute, metricsRoute, offload } = require('./lib/servers/express');

module.exports = { healthRoute, metricsRoute, offload };
