'use strict';

/**
 * `current()` and `reportProgress()` as everybody sees them: in a worker they speak of the task under
 * way, elsewhere there is none.
 */

const { isAttached } = require('./worker/attached');

/** @type {typeof import('./worker/context') | undefined} */
let context;

if (isAttached()) attend();

/** Tasks run in this isolate: from now on somebody may ask for them. */
function attend() {
  require('./worker/present').follow();
  context = require('./worker/context');
}

/** The task on whose behalf this code runs; `undefined` outside of tasks. */
function current() {
  return context?.current();
}

/**
 * Tells how far the task is; outside of tasks it does nothing.
 *
 * @param {number} fraction
 * @param {unknown} [detail]
 */
function reportProgress(fraction, detail) {
  context?.reportProgress(fraction, detail);
}

module.exports = { attend, current, reportProgress };
