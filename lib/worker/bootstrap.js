'use strict';

/** The entry of a worker: it takes its seat in the pool and asks for tasks. */

const threads = require('node:worker_threads');
const { Attendant } = require('./attendant');

const { pool, worker, port, config } = threads.workerData.tasklets;
// What the library needs to start is nobody else's.
threads.workerData = null;

new Attendant(pool, worker, port, config).start();
