'use strict';

/** Where this isolate is a worker: the engine of the pool that it belongs to. */

/** @type {import('../engine').Engine | undefined} */
let attached;

/** @param {import('../engine').Engine} engine */
function attach(engine) {
  attached = engine;
}

function attachedEngine() {
  return attached;
}

module.exports = { attach, attachedEngine };
