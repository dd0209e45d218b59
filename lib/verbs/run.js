'use strict';

/**
 * `run(task, options)`: one task.
 *
 * @typedef {import('../engine').Engine} Engine
 */

const { performance } = require('../clock');
const { refuseGenerator } = require('../engine/prepare');
const failure = require('../failure');
const { DEFAULTS, onlyArgs, retryOptions, runOptions, wrapOptions } = require('../options');
const { TaskHandle, nameOf, refuse } = require('../handle');
const { InvalidTaskError, describe } = require('../errors');
const { moduleOf } = require('./module');
const { defaultsOf, remember, unwrap, wrappingOf } = require('./wrapped');

/**
 * @param {Engine} engine
 * @param {any} task
 * @param {unknown} options
 */
function run(engine, task, options) {
  const wrapping = wrappingOf(task);
  const base = wrapping === undefined ? DEFAULTS : wrapping.options;
  let args;
  let given;
  try {
    args = onlyArgs(options);
    given = args === undefined ? runOptions(options, base) : base;
  } catch (error) {
    return refused(engine, task, error);
  }
  if (wrapping === undefined) return engine.submit(task, given, undefined, 0, args);
  return engine.submit(wrapping.task, given, unwrap(task, given).prepared, 0, args);
}

/**
 * `retry(task, options)`: run, again and again until it works.
 *
 * @param {Engine} engine
 * @param {any} task
 * @param {unknown} options
 */
function retry(engine, task, options) {
  let given;
  try {
    given = retryOptions(options, defaultsOf(task));
  } catch (error) {
    return refused(engine, task, error);
  }
  const resolved = unwrap(task, given);
  return engine.submit(resolved.task, given, resolved.prepared);
}

/**
 * `wrap(task, options)`: a function that runs the task with the arguments that it is called with.
 *
 * @param {() => Engine} engineOf
 * @param {any} given the task
 * @param {unknown} options
 */
function wrap(engineOf, given, options) {
  const base = wrapOptions(options, defaultsOf(given));
  const { task, prepared: known } = unwrap(given, base);
  if (typeof task !== 'function' && moduleOf(task) === undefined) {
    throw new InvalidTaskError(
      `Expected the task to be a function or what \`module()\` gives, got ${describe(task)}`,
    );
  }
  // Captured once, now: what the function uses is frozen at its definition.
  const prepared = known ?? engineOf().prepareToKeep(task, base);
  if (prepared.isGenerator) throw refuseGenerator(nameOf(task, base));
  const wrapped = (/** @type {unknown[]} */ ...args) => engineOf().submit(task, base, prepared, 0, args);
  Object.defineProperty(wrapped, 'name', { value: base.name ?? task.name, configurable: true });
  if (typeof task === 'function')
    Object.defineProperty(wrapped, 'length', { value: task.length, configurable: true });
  remember(wrapped, { task, options: base, prepared });
  return wrapped;
}

/**
 * A handle that is rejected from the start: verbs that return a promise never throw.
 *
 * @param {Engine} engine
 * @param {any} task
 * @param {unknown} error
 */
function refused(engine, task, error) {
  const named = typeof task === 'function' ? task : {};
  const handle = new TaskHandle(engine, engine.isolate.nextId(), named, DEFAULTS, performance.now());
  refuse(handle, failure.refused(handle, error), failure.NO_USAGE, false);
  return handle;
}

module.exports = { refused, retry, run, wrap };
