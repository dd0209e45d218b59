'use strict';

/**
 * Where this isolate is a worker: the engine of the pool that it belongs to. It is made when a task
 * submits tasks itself; most never do.
 */

/**
 * A worker's place in its pool.
 *
 * @typedef {object} Attachment
 * @property {number} pool
 * @property {any} config the one in force
 * @property {import('node:worker_threads').MessagePort} port the way to the pool's owner
 * @property {(message: any) => void} receive acts on what has come through it
 * @property {(task: import('./task').Task, child: Promise<unknown>) => void} adopt a task has submitted another one
 */

/** @type {Attachment | undefined} */
let attachment;
/** @type {import('../engine').Engine | undefined} */
let engine;

/** @param {Attachment} given */
function attach(given) {
  attachment = given;
}

/** The engine; `undefined` where this isolate is no worker. */
function attachedEngine() {
  if (engine === undefined && attachment !== undefined) engine = engineOf(attachment);
  return engine;
}

/** @param {Attachment} attachment */
function engineOf({ pool, config, port, receive, adopt }) {
  const { Engine } = require('../engine');
  const { presentTask } = require('./present');
  const made = new Engine(pool, config);
  made.port = port;
  made.pass = (_worker, message) => receive(message);
  made.onSubmitted = (handle) => {
    const task = presentTask();
    if (task !== undefined) adopt(task, handle);
  };
  return made;
}

/** Whether this isolate is a worker. */
function isAttached() {
  return attachment !== undefined;
}

/** @param {any} config the one in force from now on */
function reconfigure(config) {
  if (attachment !== undefined) attachment.config = config;
  if (engine !== undefined) engine.config = config;
}

module.exports = { attach, attachedEngine, isAttached, reconfigure };
