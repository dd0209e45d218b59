'use strict';

/**
 * What tasks took, those of many tasks in one array: an object with its numbers for each, which few ever ask for, is more
 * than the value that most tasks return.
 */

const { MAIL } = require('./frames');

/**
 * What a task took, in milliseconds.
 *
 * @typedef {{ queueTime: number, runTime: number, cpuTime: number, attempts: number, worker: number }} Usage
 */

/** Numbers of one task. */
const WIDTH = 5;
/** Tasks whose numbers stand together: they are kept as long as any of these is. */
const TOGETHER = 64;

/** Copied it is an array of doubles from the start, in V8's own heap: a typed array costs the allocator a visit, and more. */
const EMPTY = new Array(WIDTH * TOGETHER).fill(0.5);

let block = EMPTY.slice();
let next = 0;

/**
 * Notes what a message says of its task: the place in the array that `noted` then is.
 *
 * @param {{ at: number, view: DataView }} letter
 * @returns {number}
 */
function note({ at, view }) {
  if (next === block.length) {
    block = EMPTY.slice();
    next = 0;
  }
  const place = next;
  block[place] = view.getFloat64(at + MAIL.QUEUE, true);
  block[place + 1] = view.getFloat64(at + MAIL.RUN, true);
  block[place + 2] = view.getFloat64(at + MAIL.CPU, true);
  block[place + 3] = view.getUint32(at + MAIL.ATTEMPT, true);
  block[place + 4] = view.getInt32(at + MAIL.WORKER, true);
  next += WIDTH;
  return place;
}

/** Where it was noted last. */
function noted() {
  return block;
}

/**
 * @param {readonly number[]} from
 * @param {number} place
 * @returns {Usage}
 */
function usageAt(from, place) {
  return {
    queueTime: from[place],
    runTime: from[place + 1],
    cpuTime: from[place + 2],
    attempts: from[place + 3],
    worker: from[place + 4],
  };
}

/**
 * The same as an object.
 *
 * @param {{ at: number, view: DataView }} letter
 * @param {number} queueTime
 * @returns {Usage}
 */
function usageOf({ at, view }, queueTime) {
  return {
    queueTime,
    runTime: view.getFloat64(at + MAIL.RUN, true),
    cpuTime: view.getFloat64(at + MAIL.CPU, true),
    attempts: view.getUint32(at + MAIL.ATTEMPT, true),
    worker: view.getInt32(at + MAIL.WORKER, true),
  };
}

module.exports = { note, noted, usageAt, usageOf };
