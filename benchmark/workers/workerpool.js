'use strict';

const workerpool = require('workerpool');

workerpool.worker({
  ...require('../tasks.js'),
  move: (/** @type {ArrayBuffer} */ buffer) => new workerpool.Transfer(buffer, [buffer]),
});
