'use strict';

/** Warnings of what a user's callback threw: whatever it is, saying so must not throw again. */

const { describe } = require('./errors');
const { withoutOurs } = require('./places');

/**
 * @param {string} what
 * @param {unknown} thrown
 */
function warn(what, thrown) {
  process.emitWarning(`${what}: ${textOf(thrown)}`, 'TaskletsWarning');
}

/** @param {unknown} thrown */
function textOf(thrown) {
  try {
    return thrown instanceof Error && typeof thrown.stack === 'string'
      ? withoutOurs(thrown.stack)
      : String(thrown);
  } catch {
    // No text can be had of it: its kind says enough.
    return describe(thrown);
  }
}

module.exports = { warn };
