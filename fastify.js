'use strict';

/** `tasklets/fastify`: a plugin for Fastify 5, and handlers that run on its pool. */

const { healthRoute, metricsRoute, offload, plugin } = require('./lib/servers/fastify');

// One by one: so Node finds the names for `import { offload } from 'tasklets/fastify'`.
module.exports = plugin;
module.exports.default = plugin;
module.exports.tasklets = plugin;
module.exports.offload = offload;
module.exports.healthRoute = healthRoute;
module.exports.metricsRoute = metricsRoute;
