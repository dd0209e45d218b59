'use strict';

const { Buffer } = require('node:buffer');

/**
 * Buffer's own methods for one encoding; Node's types leave them out.
 *
 * @typedef {Buffer & {
 *   latin1Write(text: string, offset: number, length: number): number,
 *   ucs2Write(text: string, offset: number, length: number): number,
 *   latin1Slice(start: number, end: number): string,
 *   ucs2Slice(start: number, end: number): string,
 * }} Bytes
 */

const FIRST_SIZE = 4096;

/** What `slack()` makes room for: a tag and every fixed-size thing that may follow it. */
const SLACK = 64;

/** Below this length a loop beats the native call. */
const LOOP = 12;

/**
 * In a string that V8 stores with one byte per character no such character can be: the answer then
 * takes no look at the text.
 */
const wide = /[\u0100-\uffff]/;

/** The most bytes that messages take in one buffer: the frames around them count in signed 32-bit integers. */
const MOST = 2 ** 31 - 2 ** 20;

/** A message has become larger than any may be. */
class TooLarge extends RangeError {
  constructor() {
    super('The values take more than 2 GiB as bytes');
  }
}

/** A byte buffer that grows. */
class Writer {
  /** @param {number} [size] bytes to begin with */
  constructor(size = FIRST_SIZE) {
    /** @type {Bytes} */
    this.bytes = /** @type {Bytes} */ (Buffer.allocUnsafeSlow(Math.max(size, SLACK)));
    this.view = new DataView(this.bytes.buffer);
    this.position = 0;
    /** Beyond this position there is no slack. */
    this.limit = this.bytes.length - SLACK;
  }

  /**
   * Writes into this memory from now on, from its beginning, until it has to grow.
   *
   * @param {Uint8Array} memory the whole of its buffer; it becomes `bytes`
   */
  writeInto(memory) {
    const whole = memory instanceof Buffer ? memory : Buffer.from(memory.buffer);
    this.bytes = /** @type {Bytes} */ (whole);
    this.view = new DataView(memory.buffer);
    this.position = 0;
    this.limit = memory.length - SLACK;
  }

  /**
   * Makes room for that many more bytes; may replace `bytes` and `view`.
   *
   * @param {number} count
   */
  ensure(count) {
    const needed = this.position + count;
    if (needed > this.bytes.length) this.grow(needed);
  }

  /** @param {number} needed */
  grow(needed) {
    if (needed > MOST) throw new TooLarge();
    const size = Math.max(needed + SLACK, Math.min(this.bytes.length * 2, MOST));
    const bytes = /** @type {Bytes} */ (Buffer.allocUnsafeSlow(size));
    bytes.set(this.bytes.subarray(0, this.position));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.limit = size - SLACK;
  }

  /** Makes room for one value of fixed size. */
  slack() {
    if (this.position > this.limit) this.grow(this.position + SLACK);
  }

  /** @param {number} value */
  byte(value) {
    this.bytes[this.position++] = value;
  }

  /**
   * An integer from 0 to 2^53 - 1, seven bits a byte. There has to be slack.
   *
   * @param {number} value
   */
  varint(value) {
    while (value > 127) {
      this.bytes[this.position++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    this.bytes[this.position++] = value;
  }

  /** @param {number} value */
  float64(value) {
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** @param {number} value */
  uint32(value) {
    this.view.setUint32(this.position, value, true);
    this.position += 4;
  }

  /**
   * The characters of a text that has none beyond U+00FF.
   *
   * @param {string} text
   */
  latin1(text) {
    const { length } = text;
    this.ensure(length);
    if (length < LOOP) {
      const { bytes, position } = this;
      for (let i = 0; i < length; i++) bytes[position + i] = text.charCodeAt(i);
    } else {
      this.bytes.latin1Write(text, this.position, length);
    }
    this.position += length;
  }

  /**
   * Two bytes a character, so that lone surrogates survive.
   *
   * @param {string} text
   */
  utf16(text) {
    this.ensure(text.length * 2);
    this.bytes.ucs2Write(text, this.position, text.length * 2);
    this.position += text.length * 2;
  }

  /** @param {Uint8Array} content */
  content(content) {
    this.ensure(content.length);
    this.bytes.set(content, this.position);
    this.position += content.length;
  }
}

exports.LOOP = LOOP;
exports.MOST = MOST;
exports.SLACK = SLACK;
exports.TooLarge = TooLarge;
exports.Writer = Writer;
exports.wide = wide;
