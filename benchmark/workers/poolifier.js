'use strict';

const { ThreadWorker } = require('poolifier');

module.exports = new ThreadWorker(
  /** @type {Record<string, (value?: any) => any>} */ ({ ...require('../tasks.js') }),
);
