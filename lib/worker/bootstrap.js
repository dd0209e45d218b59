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

/** @typedef {{ addon: string | undefined, pool: number, worker: number, config: any }} Seat */

/** @param {{ seat: Seat, prepare?: { addon: string | undefined } }} message */
function take({ seat: taken, prepare }) {
  seat.addon = (taken ?? prepare).addon;
  const { Attendant } = require('./attendant');
  if (taken === undefined) {
    // A spare one has all loaded when its seat comes.
    require('./warm');
    port.once('message', take);
    return;
  }
  new Attendant(taken.pool, taken.worker, port, taken.config).start();
}

const first = threads.receiveMessageOnPort(port);
if (first === undefined) port.once('message', take);
else take(first.message);
