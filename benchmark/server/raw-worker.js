'use strict';

const { parentPort } = require('node:worker_threads');
const { fibonacci } = require('./heavy.js');

parentPort?.on('message', ({ id, n }) => parentPort?.postMessage({ id, value: fibonacci(n) }));
