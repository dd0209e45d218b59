'use strict';

// `require`, as CommonJS written in JavaScript does it.
const tasklets = require('tasklets');
const { run } = require('tasklets');
const { exactly } = require('./exactly.js');

/** @type {import('tasklets').TaskHandle<number>} */
const handle = run((a, b) => a * b, { args: [6, 7] });
exactly()(/** @type {typeof tasklets.run} */ (run));
/** @type {import('tasklets').RunOptions} */
const options = { timeout: 5, priority: 'high' };
run(() => 1, options).cancel();
handle.onComplete((result) => result.toFixed());
// @ts-expect-error a misspelt option
run(() => 1, { timeuot: 5 });
