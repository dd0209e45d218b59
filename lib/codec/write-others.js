'use strict';

const { types } = require('node:util');
const { MAX_DEPTH, TAGS } = require('./tags');
const { isGlobal, kindOf, lineageOf } = require('./kinds');
const { mainGlobal, structuredClone } = require('./realm');
const { writeBuffer, writeView } = require('./buffers');
const { writeErrorObject } = require('./write-error');

/** @typedef {import('./encoder').Encoder} Encoder */

// Everything that is not a number, string, boolean, plain object or plain array.

/** Calls the language's own method, whatever the object or its class has put in front of it. */
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const timeOf = uncurry(Date.prototype.getTime);
const eachOfMap = uncurry(Map.prototype.forEach);
const eachOfSet = uncurry(Set.prototype.forEach);
const sourceOf = uncurry(
  /** @type {() => string} */ (Object.getOwnPropertyDescriptor(RegExp.prototype, 'source')?.get),
);
const flagsOf = uncurry(
  /** @type {() => string} */ (Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags')?.get),
);

/**
 * A BigInt, a function or a symbol.
 *
 * @param {Encoder} encoder
 * @param {bigint | Function | symbol} value
 */
function writeRare(encoder, value) {
  if (typeof value === 'bigint') return writeBigInt(encoder, value);
  const { onFunction } = encoder.context;
  if (typeof value !== 'function' || onFunction === undefined) return encoder.refuse(value);
  if (encoder.known(value)) return;
  const substitute = onFunction(value, encoder.where());
  if (substitute === undefined) encoder.refuse(value);
  writeHook(encoder, substitute);
}

/**
 * @param {Encoder} encoder
 * @param {bigint} value
 */
function writeBigInt(encoder, value) {
  encoder.slack();
  if (BigInt.asIntN(64, value) === value) {
    encoder.byte(TAGS.BIGINT64);
    encoder.view.setBigInt64(encoder.position, value, true);
    encoder.position += 8;
    return;
  }
  // Hexadecimal takes linear time both ways.
  const digits = (value < 0n ? -value : value).toString(16);
  encoder.byte(TAGS.BIGINT);
  encoder.byte(value < 0n ? 1 : 0);
  encoder.varint(digits.length);
  encoder.latin1(digits);
}

/**
 * @param {Encoder} encoder
 * @param {unknown} substitute
 */
function writeHook(encoder, substitute) {
  encoder.slack();
  encoder.byte(TAGS.HOOK);
  encoder.value(substitute);
}

/**
 * An object that has a number already and is not a proxy.
 *
 * @param {Encoder} encoder
 * @param {any} object
 * @param {object | null} prototype
 * @returns {void}
 */
function writeOther(encoder, object, prototype) {
  const kind = kindOf(object);
  const { onObject } = encoder.context;
  if (onObject !== undefined && (kind === 'error' || (prototype !== null && lineageOf(prototype).isUsers))) {
    const substitute = onObject(object, encoder.where());
    if (substitute !== undefined) return writeHook(encoder, substitute);
  }
  encoder.slack();
  switch (kind) {
    case 'array':
      return encoder.array(object);
    case 'map':
      return writeCollection(encoder, object, TAGS.MAP);
    case 'set':
      return writeCollection(encoder, object, TAGS.SET);
    case 'date':
      encoder.byte(TAGS.DATE);
      return encoder.float64(timeOf(object));
    case 'regexp':
      encoder.byte(TAGS.REGEXP);
      encoder.value(sourceOf(object));
      return encoder.value(flagsOf(object));
    case 'error':
      return writeErrorObject(encoder, object);
    case 'boxed':
      return writeBoxed(encoder, object);
    case 'view':
      return writeView(encoder, object);
    case 'buffer':
      return writeBuffer(encoder, object);
    case 'refused':
      return encoder.refuse(object);
    default:
      return writeOrdinary(encoder, object, prototype);
  }
}

/**
 * @param {Encoder} encoder
 * @param {any} object
 */
function writeBoxed(encoder, object) {
  if (types.isSymbolObject(object)) encoder.refuse(object);
  encoder.byte(TAGS.BOXED);
  if (types.isNumberObject(object)) encoder.value(Number.prototype.valueOf.call(object));
  else if (types.isStringObject(object)) encoder.value(String.prototype.valueOf.call(object));
  else if (types.isBooleanObject(object)) encoder.value(Boolean.prototype.valueOf.call(object));
  else encoder.value(BigInt.prototype.valueOf.call(object));
}

/**
 * A Map or a Set, as it is before its content is read: getters in there may change it.
 *
 * @param {Encoder} encoder
 * @param {any} collection
 * @param {number} tag
 */
function writeCollection(encoder, collection, tag) {
  const { depth, path } = encoder;
  if (depth >= MAX_DEPTH) return encoder.putOff(collection, tag);
  const isMap = tag === TAGS.MAP;
  /** @type {unknown[]} */
  const list = [];
  if (isMap)
    eachOfMap(collection, (/** @type {unknown} */ value, /** @type {unknown} */ key) =>
      list.push(key, value),
    );
  else eachOfSet(collection, (/** @type {unknown} */ value) => list.push(value));
  encoder.slack();
  encoder.byte(tag);
  encoder.varint(isMap ? list.length / 2 : list.length);
  encoder.depth = depth + 1;
  const entry = { list, isMap, at: 0 };
  path[depth] = entry;
  for (; entry.at < list.length; entry.at++) encoder.value(list[entry.at]);
  encoder.depth = depth;
}

/**
 * An object that has no brand of the language: ordinary, unless the host has to do with it.
 *
 * @param {Encoder} encoder
 * @param {any} object
 * @param {object | null} prototype
 * @returns {void}
 */
function writeOrdinary(encoder, object, prototype) {
  if (prototype === null) return encoder.plain(object);
  if (isGlobal(object)) encoder.refuse(object);
  if (lineageOf(prototype).isHost && !isPlainToHost(encoder, object)) {
    encoder.byte(TAGS.EXTRA);
    encoder.varint(encoder.extra(object));
    return;
  }
  encoder.plain(object);
}

/**
 * Asks `structuredClone` whether it makes a plain object of this one, or carries it as what it is.
 *
 * @param {Encoder} encoder
 * @param {object} object
 */
function isPlainToHost(encoder, object) {
  if (encoder.moved?.has(object)) return false;
  try {
    const clone = structuredClone(object);
    return Object.getPrototypeOf(clone) === mainGlobal.Object.prototype;
  } catch (cause) {
    return encoder.refuse(object, cause);
  }
}

module.exports = { writeCollection, writeOther, writeRare };
