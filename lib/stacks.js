'use strict';

/** How the stacks of a task's errors are mapped to the user's own files. */

const { capture } = require('./capture-host');

/**
 * @param {any} task
 * @returns {(stack: string) => string}
 */
function stackOf(task) {
  return (stack) => capture().mapStack(stack, task);
}

module.exports = { stackOf };
