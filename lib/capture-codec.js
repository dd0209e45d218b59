'use strict';

/** The value codec in the form that captures use it: whole values to bytes of their own, and back. */

const { Decoder, Encoder } = require('./codec');

/** An encoder that has grown beyond this is not kept. */
const KEEP_BYTES = 1024 * 1024;

let encoder = new Encoder();
const decoder = new Decoder();

/**
 * @param {unknown} value
 * @returns {{ bytes: Uint8Array, extras: unknown[] | null }}
 */
function encode(value) {
  // A getter of a captured object may submit a task, whose captures are encoded meanwhile.
  const own = encoder.busy ? new Encoder() : encoder;
  /** @type {unknown[]} */
  const extras = [];
  own.position = 0;
  own.writeValue(value, { extras, root: 'captures' });
  const bytes = own.bytes.slice(0, own.position);
  if (own.bytes.length > KEEP_BYTES && own === encoder) encoder = new Encoder();
  return { bytes: new Uint8Array(bytes), extras: extras.length === 0 ? null : extras };
}

/**
 * @param {Uint8Array} bytes
 * @param {unknown[] | null} extras
 */
function decode(bytes, extras) {
  decoder.reset(/** @type {any} */ (bytes), 0);
  return decoder.readValue({ extras: extras ?? [] });
}

module.exports = { decode, encode };
