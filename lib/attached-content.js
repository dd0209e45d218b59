'use strict';

/** Large binary contents, which go beside the frames (`src/binding/attachments.rs`). */

const { Buffer } = require('node:buffer');
const binding = require('./native');

/**
 * How the decoder comes by the contents of a task, each once.
 *
 * @param {() => number} idOf
 * @param {boolean} back whether they belong to the result
 * @returns {(number: number, length: number) => ArrayBuffer | null} `null` where one is gone
 */
function fetcher(idOf, back) {
  return (number, length) => {
    // Memory that nothing has been written to: all of it is about to be.
    const bytes = Buffer.allocUnsafeSlow(length);
    return binding.fetchAttached(idOf(), back, number, bytes) ? /** @type {any} */ (bytes.buffer) : null;
  };
}

module.exports = { fetcher };
