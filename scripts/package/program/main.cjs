'use strict';
const tasklets = require('tasklets');
const assert = require('node:assert/strict');
const path = require('node:path');

assert.equal(tasklets.default ?? tasklets, tasklets.default);
import('./cases.mjs')
  .then(({ check }) => check(tasklets, path.resolve('work.mjs')))
  .then(() => console.log('works'));
