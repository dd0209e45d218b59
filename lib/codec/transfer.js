'use strict';

const { types } = require('node:util');
const { dataCloneError, refusal } = require('./refuse');
const { structuredClone } = require('./realm');

/**
 * `structuredClone` looks at the list of what is to be moved, then copies the value, then moves.
 * Given a value that it never copies, it does the first and only the first.
 */
function neverCopied() {}

/**
 * Refuses a transfer list that `structuredClone` would refuse, without moving anything.
 *
 * @param {unknown[]} transfer
 * @returns {Set<unknown>}
 */
function checkTransfer(transfer) {
  try {
    structuredClone(neverCopied, { transfer: /** @type {any} */ (transfer) });
  } catch (error) {
    if (!isAboutProbe(error)) throw refuseTransfer(/** @type {Error} */ (error));
  }
  for (const item of transfer) {
    // Node 20 finds this out only while it copies.
    if (types.isArrayBuffer(item) && isDetached(item)) {
      throw refuseTransfer(dataCloneError('An ArrayBuffer is detached and could not be cloned.'));
    }
  }
  return new Set(transfer);
}

/** @param {unknown} error */
function isAboutProbe(error) {
  return String(/** @type {any} */ (error)?.message).includes(neverCopied.name);
}

/** @param {Error} cause */
function refuseTransfer(cause) {
  return refusal(
    'transfer',
    `the list has something that cannot be moved (${cause.message})`,
    'List each ArrayBuffer, MessagePort or stream once, and nothing that was moved before',
    cause,
  );
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {boolean}
 */
function isDetached(buffer) {
  if (buffer.byteLength > 0) return false;
  try {
    // The oldest supported Node has no `detached`.
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

module.exports = { checkTransfer, isDetached };
