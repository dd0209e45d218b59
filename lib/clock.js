'use strict';

/**
 * Time, as it is: taken before anybody can exchange it. Tests put fake timers in the place of the global ones, which stand
 * still until they are told to go on; tasks that workers run go on all the same, and whoever awaits one must get it.
 *
 * From Node's modules and not from the globals, which in a test runner's realm may be fake before this is loaded. What uses
 * it names it as the globals are named.
 */

const { clearTimeout, setImmediate, setTimeout } = require('node:timers');

const { queueMicrotask } = globalThis;

/** @type {(() => number) | undefined} */
let now;

/**
 * The module is loaded when somebody wants to know the time, as it brings ten others along: half a millisecond, which a
 * program's first result would wait for, and more in a worker. By then `now` may be fake; what it was is on the prototype.
 */
function real() {
  const { performance } = require('node:perf_hooks');
  return Object.getPrototypeOf(performance).now.bind(performance);
}

const performance = Object.freeze({ now: () => (now ??= real())() });

module.exports = { clearTimeout, performance, queueMicrotask, setImmediate, setTimeout };
