'use strict';

/** Keeps the library's own frames out of the stacks of tasks. */

const home = require('../home');

/**
 * Cuts a stack where the user's part of it ends.
 *
 * @param {any} error
 * @param {Set<unknown>} [seen]
 */
function cleanStack(error, seen = new Set()) {
  if (error === null || typeof error !== 'object' || seen.has(error)) return;
  seen.add(error);
  try {
    if (typeof error.stack !== 'string') return;
    const lines = error.stack.split('\n');
    const end = lines.findIndex(
      (/** @type {string} */ line) => line.startsWith('    at ') && line.includes(home.library),
    );
    if (end > 0) {
      // The frames of Node between the user's function and ours tell nobody anything.
      let last = end;
      while (last > 1 && /^ {4}at .*(\(node:|Reflect\.apply)/.test(lines[last - 1])) last--;
      error.stack = lines.slice(0, last).join('\n');
    }
    cleanStack(error.cause, seen);
    if (Array.isArray(error.errors)) for (const inner of error.errors) cleanStack(inner, seen);
  } catch {
    // A frozen or hostile error keeps the stack that it has.
  }
}

module.exports = { cleanStack };
