'use strict';

/**
 * Where this isolate is a worker: the engine of the pool that it belongs to. It is made when a task
 * submits tasks itself; most never do.
 */

/** @type {(() => import('../engine').Engine) | undefined} */
let make;
/** @type {import('../engine').Engine | undefined} */
let engine;

/** @param {() => import('../engine').Engine} maker */
function attach(maker) {
  make = maker;
}

/** The engine; `undefined` where this isolate is no worker. */
function attachedEngine() {
  return (engine ??= make?.());
}

/** Whether this isolate is a worker. */
function isAttached() {
  return make !== undefined;
}

module.exports = { attach, attachedEngine, isAttached };
