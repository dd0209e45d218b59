'use strict';

/** Messages as an engine reads them, made here instead of by the scheduler in Rust. */

const { Decoder } = require('../codec');
const { MAIL, aligned } = require('../frames');

/** The worker of all tasks: the calling thread. */
const WORKER = 0;

/**
 * @typedef {object} Facts
 * @property {number} id of the task
 * @property {number} [queue] milliseconds; of progress, its fraction; of a failed attempt, the wait after it
 * @property {number} [run]
 * @property {number} [attempt]
 * @property {number} [worker] -1 where it never began
 */

/**
 * @param {Facts} facts
 * @param {Uint8Array} [body]
 * @param {number} [kind] kind and form, where somebody reads them in the message
 * @returns {any}
 */
function letterOf({ id, queue = 0, run = 0, attempt = 0, worker = WORKER }, body = NO_BODY, kind = 0) {
  const length = aligned(MAIL.HEADER + body.length);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(MAIL.LENGTH, length, true);
  view.setUint32(MAIL.KIND, kind, true);
  view.setFloat64(MAIL.ID, id, true);
  view.setFloat64(MAIL.QUEUE, queue, true);
  view.setFloat64(MAIL.RUN, run, true);
  // There is one thread for everything: what a task took of it is not to be had.
  view.setFloat64(MAIL.CPU, run, true);
  view.setUint32(MAIL.ATTEMPT, attempt, true);
  view.setInt32(MAIL.WORKER, worker, true);
  view.setUint32(MAIL.BODY, body.length, true);
  bytes.set(body, MAIL.HEADER);
  return { at: 0, bytes, view, decoder: new Decoder(), injected: undefined };
}

const NO_BODY = new Uint8Array(0);

module.exports = { WORKER, letterOf };
