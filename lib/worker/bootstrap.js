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

/** @param {{ seat: Seat, prepare?: { addon: string | undefined }, section?: object | null }} message */
function take({ seat: taken, prepare, section }) {
  // What was read for this thread, too late: it has read that itself.
  if (section !== undefined) return takeNext();
  seat.addon = (taken ?? prepare).addon;
  const { Attendant } = require('./attendant');
  if (taken === undefined) {
    // A spare one has all loaded when its seat comes.
    require('./warm');
    takeNext();
    return;
  }
  new Attendant(taken.pool, taken.worker, port, taken.config).start();
}

function takeNext() {
  const next = threads.receiveMessageOnPort(port);
  if (next === undefined) port.once('message', take);
  else take(next.message);
}

takeNext();
