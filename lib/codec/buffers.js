'use strict';

const { Buffer } = require('node:buffer');
const { types } = require('node:util');
const v8 = require('node:v8');
const { TAGS, VIEWS } = require('./tags');
const { isDetached } = require('./transfer');

/** @typedef {import('./encoder').Encoder} Encoder */
/** @typedef {ArrayBuffer & { resizable?: boolean, maxByteLength?: number }} AnyBuffer */

/** Content from this size on is handed over rather than copied, where there is a way. */
const ATTACHED = 64 * 1024;

/** Beginnings of content are rounded down to this, so that every kind of view stays aligned. */
const ALIGNMENT = 8;

/** How the content of a buffer is carried. */
const COPIED = 0;
const HANDED_OVER = 1;
const RESIZABLE = 2;

/**
 * The ArrayBuffers of a message and the ranges of them that are in use: a small view of a large
 * buffer carries the view, and two views of one buffer still share one.
 */
class BufferTable {
  constructor() {
    /** @type {Array<{ buffer: AnyBuffer, start: number, end: number }>} */
    this.items = [];
    /** @type {Map<AnyBuffer, number>} */
    this.numbers = new Map();
  }

  get count() {
    return this.items.length;
  }

  /**
   * Takes note of a range in use.
   *
   * @param {AnyBuffer} buffer
   * @param {number} start
   * @param {number} end
   * @returns {number} the buffer's number
   */
  add(buffer, start, end) {
    let number = this.numbers.get(buffer);
    if (number === undefined) {
      number = this.items.push({ buffer, start, end }) - 1;
      this.numbers.set(buffer, number);
    } else {
      const item = this.items[number];
      item.start = Math.min(item.start, start);
      item.end = Math.max(item.end, end);
    }
    return number;
  }

  /** @param {number} count */
  cut(count) {
    for (const { buffer } of this.items.splice(count)) this.numbers.delete(buffer);
  }

  /**
   * @param {import('./writer').Writer} out
   * @param {import('./message').EncodeContext} context
   */
  write(out, { attach }) {
    out.slack();
    out.varint(this.items.length);
    for (const { buffer, start, end } of this.items) {
      const base = start - (start % ALIGNMENT);
      const content = new Uint8Array(buffer, base, end - base);
      const isResizable = buffer.resizable === true;
      const isHandedOver = !isResizable && attach !== undefined && content.length >= ATTACHED;
      out.slack();
      out.byte(isResizable ? RESIZABLE : isHandedOver ? HANDED_OVER : COPIED);
      out.varint(base);
      out.varint(content.length);
      if (isResizable) out.varint(buffer.maxByteLength ?? 0);
      if (isHandedOver) out.varint(attach(content));
      else out.content(content);
    }
  }
}

/**
 * The other side: the buffers, each with the offset that its first byte had.
 *
 * @param {import('./decoder').Decoder} input
 * @param {((number: number, length: number) => ArrayBuffer | null) | undefined} detach
 * @returns {Array<{ buffer: ArrayBuffer, base: number }>}
 */
function readBuffers(input, detach) {
  const list = [];
  for (let count = input.count(3); count > 0; count--) {
    const mode = input.byte();
    const base = input.varint();
    const length = input.varint();
    if (mode === HANDED_OVER) {
      const buffer = detach?.(input.varint(), length) ?? input.broken('a handed over buffer is missing');
      if (buffer.byteLength < length) input.broken('a handed over buffer is too short');
      list.push({ buffer, base });
      continue;
    }
    const maxByteLength = mode === RESIZABLE ? input.varint() : 0;
    const content = input.take(length);
    /** @type {new (length: number, options?: { maxByteLength: number }) => ArrayBuffer} */
    const Constructor = ArrayBuffer;
    const buffer = mode === RESIZABLE ? new Constructor(length, { maxByteLength }) : new Constructor(length);
    new Uint8Array(buffer).set(content);
    list.push({ buffer, base });
  }
  return list;
}

// The properties of views as the language defines them, not as an own property or a subclass may.

/**
 * @param {object} prototype
 * @param {string | symbol} key
 * @returns {(view: ArrayBufferView) => any}
 */
function getter(prototype, key) {
  const get = /** @type {Function} */ (Object.getOwnPropertyDescriptor(prototype, key)?.get);
  return (view) => get.call(view);
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const ofTypedArray = {
  name: getter(typedArray, Symbol.toStringTag),
  buffer: getter(typedArray, 'buffer'),
  byteOffset: getter(typedArray, 'byteOffset'),
  byteLength: getter(typedArray, 'byteLength'),
  length: getter(typedArray, 'length'),
};
const ofDataView = {
  name: () => 'DataView',
  buffer: getter(DataView.prototype, 'buffer'),
  byteOffset: getter(DataView.prototype, 'byteOffset'),
  byteLength: getter(DataView.prototype, 'byteLength'),
  length: getter(DataView.prototype, 'byteLength'),
};

/**
 * @param {Encoder} encoder
 * @param {ArrayBufferView} view
 */
function writeView(encoder, view) {
  const read = types.isDataView(view) ? ofDataView : ofTypedArray;
  const buffer = read.buffer(view);
  if (isDetached(buffer)) encoder.refuse(view);
  const isResizable = buffer.resizable === true || buffer.growable === true;
  // A view beyond the end of a buffer that shrank: only V8 tells an empty view from that.
  if (isResizable && (read === ofDataView || read.length(view) === 0)) probeView(encoder, view);
  const start = read.byteOffset(view);
  const kind = view instanceof Buffer ? 'Buffer' : read.name(view);
  const isExtra = types.isSharedArrayBuffer(buffer) || encoder.moved?.has(buffer) === true;
  encoder.slack();
  encoder.byte(isExtra ? TAGS.VIEW_OF_EXTRA : TAGS.VIEW);
  encoder.byte(VIEWS.indexOf(kind));
  encoder.byte(isResizable && isTracking(view, buffer) ? 1 : 0);
  const end = isResizable ? buffer.byteLength : start + read.byteLength(view);
  encoder.varint(isExtra ? encoder.extra(buffer) : addRange(encoder, buffer, isResizable ? 0 : start, end));
  encoder.varint(start);
  encoder.varint(read.length(view));
}

/**
 * @param {Encoder} encoder
 * @param {ArrayBufferView} view
 */
function probeView(encoder, view) {
  try {
    serializer(view, /** @type {ArrayBuffer} */ (view.buffer)).writeValue(view);
  } catch (cause) {
    encoder.refuse(view, cause);
  }
}

/**
 * A serializer that writes a view without the content of its buffer.
 *
 * @param {ArrayBufferView} view
 * @param {ArrayBuffer} buffer
 */
function serializer(view, buffer) {
  const out = new v8.Serializer();
  if (types.isSharedArrayBuffer(buffer)) Object.assign(out, { _getSharedArrayBufferId: () => 0 });
  else out.transferArrayBuffer(0, buffer);
  return out;
}

/**
 * Whether the length of a view follows that of its buffer. The language has no way to ask; V8 writes
 * it as the last byte of a serialized view.
 *
 * @param {ArrayBufferView} view
 * @param {ArrayBuffer} buffer
 */
function isTracking(view, buffer) {
  const out = serializer(view, buffer);
  out.writeHeader();
  out.writeValue(view);
  const bytes = out.releaseBuffer();
  return (bytes[bytes.length - 1] & 1) === 1;
}

/**
 * @param {Encoder} encoder
 * @param {AnyBuffer} buffer
 * @param {number} start
 * @param {number} end
 */
function addRange(encoder, buffer, start, end) {
  encoder.buffers ??= new BufferTable();
  return encoder.buffers.add(buffer, start, end);
}

/**
 * @param {Encoder} encoder
 * @param {AnyBuffer} buffer
 */
function writeBuffer(encoder, buffer) {
  encoder.slack();
  if (types.isSharedArrayBuffer(buffer) || encoder.moved?.has(buffer)) {
    encoder.byte(TAGS.EXTRA);
    encoder.varint(encoder.extra(buffer));
    return;
  }
  if (isDetached(buffer)) encoder.refuse(buffer);
  encoder.byte(TAGS.ARRAY_BUFFER);
  encoder.varint(addRange(encoder, buffer, 0, buffer.byteLength));
}

exports.BufferTable = BufferTable;
exports.readBuffers = readBuffers;
exports.writeBuffer = writeBuffer;
exports.writeView = writeView;
