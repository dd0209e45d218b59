'use strict';

const { Buffer } = require('node:buffer');

/** @typedef {import('./writer').Bytes} Bytes */

/** Below this length a loop beats the native call. */
const LOOP = 6;

const NOTHING = /** @type {Bytes} */ (Buffer.alloc(0));

/**
 * Reads from bytes that it does not trust: nothing is allocated for a length that the bytes there
 * are could not fill.
 */
class Reader {
  constructor() {
    /** @type {Uint8Array} what `reset` was given */
    this.source = NOTHING;
    this.bytes = NOTHING;
    this.view = new DataView(NOTHING.buffer, NOTHING.byteOffset, 0);
    this.position = 0;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} position
   */
  reset(bytes, position) {
    if (bytes !== this.source || bytes.length !== this.bytes.length) {
      this.source = bytes;
      this.bytes = /** @type {Bytes} */ (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.position = position;
  }

  /**
   * @param {string} what
   * @returns {never}
   */
  broken(what) {
    throw new Error(`The message is broken at byte ${this.position}: ${what}`);
  }

  /** @returns {number} */
  byte() {
    const value = this.bytes[this.position++];
    return value === undefined ? this.broken('it ends too early') : value;
  }

  /** @returns {number} */
  varint() {
    let byte = this.byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    let factor = 128;
    do {
      byte = this.byte();
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127 && factor < 2 ** 56);
    return value <= Number.MAX_SAFE_INTEGER ? value : this.broken('a number is too large');
  }

  /**
   * How many things of at least `size` bytes follow.
   *
   * @param {number} size
   */
  count(size) {
    const value = this.varint();
    return value * size <= this.bytes.length - this.position ? value : this.broken('a list is too long');
  }

  /** @returns {number} */
  uint32() {
    this.position += 4;
    return this.view.getUint32(this.position - 4, true);
  }

  /** @returns {number} */
  float64() {
    this.position += 8;
    return this.view.getFloat64(this.position - 8, true);
  }

  /**
   * The next bytes, where they are.
   *
   * @param {number} length
   * @returns {Uint8Array}
   */
  take(length) {
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  /**
   * @param {number} length
   * @returns {number} where they begin
   */
  skip(length) {
    const start = this.position;
    if (length > this.bytes.length - start) this.broken('it ends too early');
    this.position = start + length;
    return start;
  }

  /**
   * @param {number} length in characters
   * @returns {string}
   */
  latin1(length) {
    const start = this.skip(length);
    const { bytes } = this;
    if (length > LOOP) return bytes.latin1Slice(start, start + length);
    let text = '';
    for (let i = start; i < start + length; i++) text += String.fromCharCode(bytes[i]);
    return text;
  }

  /**
   * @param {number} length in characters
   * @returns {string}
   */
  utf16(length) {
    const start = this.skip(length * 2);
    return this.bytes.ucs2Slice(start, start + length * 2);
  }
}

exports.Reader = Reader;
