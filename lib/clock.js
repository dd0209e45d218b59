'use strict';

/**
 * Time, as it is: taken before anybody can exchange it. Tests put fake timers in the place of the global ones, which stand
 * still until they are told to go on; tasks that workers run go on all the same, and whoever awaits one must get it.
 *
 * From Node's modules and not from the globals, which in a test runner's realm may be fake before this is loaded. What uses
 * it names it as the globals are named.
 */

const { performance: realm } = require('node:perf_hooks');
const { clearTimeout, setImmediate, setTimeout } = require('node:timers');

const { queueMicrotask } = globalThis;
const performance = Object.freeze({ now: realm.now.bind(realm) });

module.exports = { clearTimeout, performance, queueMicrotask, setImmediate, setTimeout };
