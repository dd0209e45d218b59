'use strict';

/**
 * Tasks that get the results of others as their first arguments: `dependsOn`.
 *
 * Such a task is handed to the scheduler at once and waits there. Results of tasks of the same isolate and
 * pool go from worker to worker as bytes. What the scheduler does not have (the result of another pool's
 * task, or of one that was settled before) and what is more than bytes is given from here. A dependency
 * that fails is seen here, where its error is.
 */

const { Encoder } = require('./codec');
const { DependencyError } = require('./errors');
const { FORM } = require('./frames');
const { TaskHandle, extrasOf, isSettled, nameOf } = require('./handle');

/**
 * @typedef {import('./engine').Engine} Engine
 * @typedef {TaskHandle<any>} Handle
 */

/** An encoder that has grown beyond this is not kept. */
const KEEP_BYTES = 1024 * 1024;

let encoder = new Encoder(1024);

/**
 * The ids under which the scheduler knows what a task depends on; 0 where the result is given from here.
 *
 * @param {Handle} handle
 */
function inputIds(handle) {
  const { engine } = handle;
  const isThere = (/** @type {any} */ each) =>
    each instanceof TaskHandle && each.engine === engine && !isSettled(each);
  const ids = handle.options.dependsOn.map((each) => (isThere(each) ? each.id : 0));
  extrasOf(handle).inputs = ids;
  return ids;
}

/**
 * Follows what a task depends on that has just been submitted.
 *
 * @param {Handle} handle
 */
function follow(handle) {
  const { dependsOn } = handle.options;
  const { inputs } = extrasOf(handle);
  for (let index = 0; index < inputs.length; index++) {
    const failed = (/** @type {unknown} */ error) => forsake(handle, dependsOn[index], error);
    if (inputs[index] === 0) give(handle, index, failed);
    else dependsOn[index].then(undefined, failed);
  }
}

/**
 * The scheduler does not have the result of a dependency that we took to be under way.
 *
 * @param {Handle} handle
 * @param {number} index
 */
function wanted(handle, index) {
  // Its failure is followed already.
  give(handle, index, () => {});
}

/**
 * Gives a result when it is there.
 *
 * @param {Handle} handle
 * @param {number} index
 * @param {(error: unknown) => void} failed
 */
function give(handle, index, failed) {
  Promise.resolve(handle.options.dependsOn[index]).then((value) => supply(handle, index, value), failed);
}

/**
 * @param {Handle} handle
 * @param {number} index
 * @param {unknown} value
 */
function supply(handle, index, value) {
  if (isSettled(handle)) return;
  const { engine } = handle;
  // A getter of a value that is being encoded may wait for another one.
  const own = encoder.busy ? new Encoder(1024) : encoder;
  /** @type {unknown[]} */
  const extras = [];
  own.position = 0;
  try {
    own.writeValue(value, { extras, root: `dependsOn[${index}]` });
    if (extras.length > 0) pack(handle, index, extras);
  } catch (error) {
    engine.forsake(handle, error);
    return;
  }
  const form = extras.length > 0 ? FORM.PARCEL : 0;
  engine.flush(true);
  engine.edge.supply(engine.isolate.id, engine.pool, handle.id, index, form, own.bytes, own.position);
  if (own.bytes.length > KEEP_BYTES && own === encoder) encoder = new Encoder(1024);
}

/**
 * Puts what bytes cannot carry of an input into the task's parcel.
 *
 * @param {Handle} handle
 * @param {number} index
 * @param {unknown[]} extras
 */
function pack(handle, index, extras) {
  const parcel = (extrasOf(handle).parcel ??= { section: [], args: [], transfer: [] });
  /** @type {any} */ (parcel).inputs ??= [];
  /** @type {any} */ (parcel).inputs[index] = structuredClone(extras);
}

/**
 * @param {Handle} handle
 * @param {any} dependency
 * @param {any} cause
 */
function forsake(handle, dependency, cause) {
  const name = nameOf(dependency, dependency.options ?? {});
  // Of a chain the causes tell the rest.
  const text = cause instanceof Error && !(cause instanceof DependencyError) ? `: ${cause.message}` : '';
  const message = `The task \`${handle.name}\` was not run, because \`${name}\`, which it depends on, failed${text}`;
  handle.engine.forsake(handle, new DependencyError(message, { cause, dependency: name }));
}

module.exports = { follow, inputIds, wanted };
