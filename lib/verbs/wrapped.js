'use strict';

/**
 * Wrapped tasks where a task is expected: what they run goes to the pool of the verb, as it was when it was wrapped,
 * and their options hold where the call says nothing else.
 *
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../capture').Prepared} Prepared
 * @typedef {import('../options').RunOptions} RunOptions
 * @typedef {{ task: any, options: RunOptions, prepared: Prepared }} Wrapping
 */

const { DEFAULTS } = require('../options');

/** @type {WeakMap<Function, Wrapping>} */
const wrappings = new WeakMap();
/** Whether there has been any: most programs look for none, a million times a second. */
let areSome = false;

/**
 * @param {Function} wrapped
 * @param {Wrapping} wrapping
 */
function remember(wrapped, wrapping) {
  areSome = true;
  wrappings.set(wrapped, wrapping);
}

/**
 * What a task wraps; `undefined` where it is none that was wrapped.
 *
 * @param {any} task
 */
function wrappingOf(task) {
  return areSome && typeof task === 'function' ? wrappings.get(task) : undefined;
}

/**
 * What holds for a task where nothing is said.
 *
 * @param {any} task
 */
function defaultsOf(task) {
  return wrappingOf(task)?.options ?? DEFAULTS;
}

/**
 * The task that is to be submitted, and what travels for it where that is known already.
 *
 * @param {any} task
 * @param {RunOptions} options those of the call, over those of the task
 * @returns {{ task: any, options: RunOptions, prepared: Prepared | undefined }}
 */
function unwrap(task, options) {
  const wrapping = wrappingOf(task);
  if (wrapping === undefined) return { task, options, prepared: undefined };
  const { captures, this: self } = wrapping.options;
  const isSame = options.captures === captures && options.this === self;
  return { task: wrapping.task, options, prepared: isSame ? wrapping.prepared : undefined };
}

module.exports = { defaultsOf, remember, unwrap, wrappingOf };
