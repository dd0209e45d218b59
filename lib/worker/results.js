'use strict';

/**
 * What comes of a task as bytes: its result, the values that it yields, and what it throws. Whatever only `postMessage`
 * can carry is *posted* ahead of them.
 */

const binding = require('../native');
const { FORM } = require('../frames');
const { cleanStack } = require('./stack');
const { transfersOf } = require('./transfers');

/**
 * @typedef {import('../codec').Encoder} Encoder
 * @typedef {InstanceType<typeof import('./tasks').Tasks>} Tasks
 * @typedef {import('./task').Task} Task
 */

/**
 * The way for what bytes cannot carry.
 *
 * @typedef {(task: Task, id: number, content: unknown[], transfer: any[]) => void} Post
 */

/**
 * Writes the result of a task.
 *
 * @param {Encoder} encoder
 * @param {Task} task
 * @param {object} value
 * @param {Tasks} tasks
 * @param {Post} post
 * @returns {number} the form
 */
function writeResult(encoder, task, value, tasks, post) {
  const transfer = transfersOf(value);
  let form = 0;
  const attach = (/** @type {Uint8Array} */ content) => {
    form |= FORM.ATTACHED;
    return binding.attach(task.id, true, content, false);
  };
  const context = { extras: /** @type {any[]} */ ([]), transfer, root: 'result', attach };
  const hook = tasks.hook(context);
  encoder.writeValue(value, context);
  if (hook.used) form |= FORM.HOOKED;
  if (context.extras.length === 0) return form;
  post(task, task.id, context.extras, transfer);
  return form | FORM.PARCEL;
}

/**
 * Writes a value that a task has yielded. Where a part of it goes as a parcel, the number of that comes first.
 *
 * @param {Encoder} encoder
 * @param {Task} task
 * @param {unknown} value
 * @param {Tasks} tasks
 * @param {() => number} nextId
 * @param {Post} post
 * @returns {number} the form
 */
function writeYielded(encoder, task, value, tasks, nextId, post) {
  const start = encoder.position;
  const transfer = typeof value === 'object' && value !== null ? transfersOf(value) : [];
  const context = { extras: /** @type {any[]} */ ([]), transfer, root: 'yielded' };
  tasks.hook(context);
  encoder.writeValue(value, context);
  if (context.extras.length === 0) return 0;
  encoder.ensure(8);
  encoder.bytes.copyWithin(start + 8, start, encoder.position);
  encoder.position += 8;
  const id = nextId();
  encoder.view.setFloat64(start, id, true);
  post(task, id, context.extras, transfer);
  return FORM.PARCEL;
}

/**
 * Writes what a task has thrown.
 *
 * @param {Encoder} encoder
 * @param {unknown} error
 * @param {Tasks} tasks
 */
function writeThrown(encoder, error, tasks) {
  cleanStack(error);
  const context = {};
  tasks.hook(context);
  encoder.writeError(error, context);
}

module.exports = { writeResult, writeThrown, writeYielded };
