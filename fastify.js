'use strict';

/** `tasklets/fastify`: a plugin for Fastify 5, and handlers that run on its pool. */

const { open } = require('./lib/open');

const plugin = open('lib/servers/fastify');

// One by one: so Node finds the names for `import { offload } from 'tasklets/fastify'`.
module.exports = plugin;
module.exports.default = plugin;
module.exports.tasklets = plugin.tasklets;
module.exports.offload = plugin.offload;
module.exports.healthRoute = plugin.healthRoute;
module.exports.metricsRoute = plugin.metricsRoute;
