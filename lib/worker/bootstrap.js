'use strict';

/** The entry of a worker: it waits for its seat in the pool, takes it, and asks for tasks. */

const threads = require('node:worker_threads');
const seat = require('./seat');
// Loaded while the pool's owner loads as much.
require('../codec');
require('../capture/revive');

const { port } = threads.workerData.tasklets;
// What the library needs to start is nobody else's.
/** @type {any} */ (threads).workerData = null;

/** @param {{ seat: { addon: string | undefined, pool: number, worker: number, config: any } }} message */
function take({ seat: { addon, pool, worker, config } }) {
  seat.addon = addon;
  const { Attendant } = require('./attendant');
  new Attendant(pool, worker, port, config).start();
}

const first = threads.receiveMessageOnPort(port);
if (first === undefined) port.once('message', take);
else take(first.message);
