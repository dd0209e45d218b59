'use strict';

/** What a pool tells of itself over HTTP, whatever the server. */

const { version } = require('../../package.json');
const { isShutDown } = require('../pool');
const { CONTENT_TYPE, metricsText } = require('./metrics');

/**
 * @typedef {{ status: number, type: string, text: string }} Page
 */

/**
 * @param {any} pool
 * @returns {Page}
 */
function healthPage(pool) {
  const health = pool.getHealth();
  // Whoever balances the load is to send nothing here any more, however well it went.
  if (isShutDown(pool)) health.status = 'unhealthy';
  const status = health.status === 'unhealthy' ? 503 : 200;
  return { status, type: 'application/json; charset=utf-8', text: JSON.stringify(health) };
}

/**
 * @param {any} pool
 * @param {{ labels: Record<string, string>, byTask: boolean }} options
 * @returns {Page}
 */
function metricsPage(pool, { labels, byTask }) {
  const text = metricsText(pool.getStats(), pool.getHealth(), { labels, byTask, version });
  return { status: 200, type: CONTENT_TYPE, text };
}

module.exports = { healthPage, metricsPage };
