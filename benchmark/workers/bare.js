'use strict';

const { parentPort, workerData } = require('node:worker_threads');
const tasks = require('../tasks.js');

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** @type {{ task: string, calls: import('node:worker_threads').MessagePort }} */
const { task, calls } = workerData;
const run = /** @type {Record<string, (value: any) => any>} */ (tasks);

// The task of the case: one message in, one out, and nothing else in them.
if (task === 'move') {
  port.on('message', (value) => port.postMessage(value, [value]));
} else {
  const main = run[task];
  port.on('message', (value) => port.postMessage(main(value)));
}

// Whatever else the harness asks for goes its own way, so that the measured messages stay bare.
calls.on('message', ([name, value]) => calls.postMessage(run[name](value)));
