'use strict';

/** What travels for a task: a definition, and what of it differs from one submission to the next. */

const { capture } = require('../capture-host');
const { InvalidTaskError, configError, describe } = require('../errors');
const { moduleOf } = require('../verbs/module');

/**
 * @typedef {import('../capture').Prepared} Prepared
 * @typedef {import('../options').RunOptions} RunOptions
 * @typedef {{ capture: 'auto' | 'explicit' }} Config as much of it as is needed here
 */

/**
 * For one submission.
 *
 * @param {any} task
 * @param {RunOptions} options
 * @param {Config} config
 * @returns {Prepared}
 */
function prepare(task, options, config) {
  if (typeof task === 'function') {
    if (options.plain && config.capture !== 'explicit') return capture().prepare(task, undefined);
    return capture().prepare(task, captureOptions(options, config));
  }
  const module = moduleOf(task);
  if (module !== undefined) {
    refuseForModule(options, 'captures');
    refuseForModule(options, 'this');
    return module;
  }
  throw new InvalidTaskError(
    `Expected the task to be a function or what \`module()\` gives, got ${describe(task)}; ` +
      'pass a function, such as `run(() => work(42))` or `run(work, { args: [42] })`',
  );
}

/**
 * For a task that is called many times as it is now.
 *
 * @param {any} task
 * @param {RunOptions} options
 * @param {Config} config
 * @returns {Prepared}
 */
function prepareToKeep(task, options, config) {
  if (typeof task !== 'function') return prepare(task, options, config);
  return capture().prepare(task, { ...captureOptions(options, config), keep: true });
}

/**
 * For a task whose arguments hold functions, or instances of classes that travel: they are part of it then.
 *
 * @param {any} task
 * @param {RunOptions} options
 * @param {Config} config
 * @param {readonly unknown[]} args
 * @returns {Prepared}
 */
function prepareWithArgs(task, options, config, args) {
  return capture().prepare(task, { ...captureOptions(options, config), args: [...args] });
}

/**
 * @param {RunOptions} options
 * @param {Config} config
 */
function captureOptions(options, config) {
  const explicit = config.capture === 'explicit';
  if (options.captures === undefined && options.this === undefined && !explicit) return undefined;
  return { captures: options.captures, this: options.this, mode: config.capture };
}

/**
 * An export of a module is called as it is, with the variables that it has there.
 *
 * @param {RunOptions} options
 * @param {'captures' | 'this'} option
 */
function refuseForModule(options, option) {
  if (options[option] === undefined) return;
  throw configError(option, 'left out, as the task is an export of a module', options[option]);
}

/** @param {string} name */
function refuseGenerator(name) {
  return new InvalidTaskError(
    `Expected the task \`${name}\` to be no generator function: only \`stream\` takes those; ` +
      'call it there, or let a function use it and return what it gives, as in `() => [...values()]`',
  );
}

module.exports = { captureOptions, prepare, prepareToKeep, prepareWithArgs, refuseGenerator };
