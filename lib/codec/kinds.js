'use strict';

const { types } = require('node:util');
const { mainGlobal, DOMException } = require('./realm');

// What an object is, by its brand: prototypes and constructors are the user's to exchange, and
// differ between realms.

/** @typedef {'array' | 'map' | 'set' | 'date' | 'regexp' | 'error' | 'boxed' | 'view' | 'buffer' | 'other' | 'refused'} Kind */

const { isPrototypeOf } = Object.prototype;
const { getPrototypeOf, hasOwn, getOwnPropertyDescriptor } = Object;

/**
 * The kind of an object that is not a proxy; `'other'` is an ordinary object, or one of the host's.
 *
 * @param {object} object
 * @returns {Kind}
 */
function kindOf(object) {
  if (Array.isArray(object)) return 'array';
  if (types.isMap(object)) return 'map';
  if (types.isSet(object)) return 'set';
  if (types.isDate(object)) return 'date';
  if (ArrayBuffer.isView(object)) return 'view';
  if (types.isAnyArrayBuffer(object)) return 'buffer';
  if (isError(object)) return 'error';
  if (types.isRegExp(object)) return 'regexp';
  if (types.isBoxedPrimitive(object)) return 'boxed';
  return isRefused(object) ? 'refused' : 'other';
}

/** @param {object} object */
function isRefused(object) {
  return (
    types.isArgumentsObject(object) ||
    types.isPromise(object) ||
    types.isWeakMap(object) ||
    types.isWeakSet(object) ||
    types.isGeneratorObject(object) ||
    types.isMapIterator(object) ||
    types.isSetIterator(object) ||
    types.isModuleNamespaceObject(object) ||
    types.isExternal(object)
  );
}

/** @param {object} object */
function isError(object) {
  return types.isNativeError(object) || isDOMException(object);
}

/** @param {object} object */
function isDOMException(object) {
  return isPrototypeOf.call(DOMException.prototype, object) && object !== DOMException.prototype;
}

/**
 * Whether an object that looks plain is one.
 *
 * @param {object} object
 */
function isOrdinary(object) {
  return kindOf(object) === 'other';
}

/**
 * What is known about a prototype: whether objects with it may be more than they show (so that
 * only `structuredClone` can tell), and whether it belongs to a class of the user.
 *
 * @typedef {{ isHost: boolean, isUsers: boolean }} Lineage
 */

/** @type {WeakMap<object, Lineage>} */
const lineages = new WeakMap();

/** Constructors whose instances `kindOf` knows: an object of another kind that inherits from one is ordinary. */
const KNOWN = new Set(
  (
    'Object Function Array Map Set Date RegExp Promise WeakMap WeakSet ArrayBuffer SharedArrayBuffer DataView ' +
    'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array ' +
    'Float32Array Float64Array BigInt64Array BigUint64Array TypedArray Number String Boolean Symbol BigInt ' +
    'Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError'
  ).split(' '),
);

/**
 * @param {Function} fn
 * @returns {string}
 */
function nameOf(fn) {
  if (types.isProxy(fn)) return '';
  const name = getOwnPropertyDescriptor(fn, 'name')?.value;
  return typeof name === 'string' ? name : '';
}

/** @param {Function} fn */
function isNative(fn) {
  // A proxy says the same of itself; a class behind one then costs a probe, nothing else.
  return (
    Function.prototype.toString.call(fn).endsWith('{ [native code] }') && !nameOf(fn).startsWith('bound ')
  );
}

/**
 * @param {object} prototype
 * @returns {Lineage}
 */
function lineageOf(prototype) {
  let lineage = lineages.get(prototype);
  if (lineage === undefined) {
    lineage = { isHost: false, isUsers: isUserClass(prototype) };
    for (let at = prototype; at !== null && !types.isProxy(at); at = getPrototypeOf(at)) {
      if (isHostPrototype(at)) lineage.isHost = true;
    }
    lineages.set(prototype, lineage);
  }
  return lineage;
}

/** @param {object} prototype */
function constructorOf(prototype) {
  const constructor = getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof constructor === 'function' ? constructor : undefined;
}

/** @param {object} prototype */
function isUserClass(prototype) {
  if (types.isProxy(prototype)) return false;
  const constructor = constructorOf(prototype);
  return constructor === undefined
    ? getPrototypeOf(prototype) !== null && !hasOwn(prototype, Symbol.toStringTag)
    : !isNative(constructor);
}

/**
 * Node marks what it can clone with symbols on the prototype, and what it refuses to clone with
 * nothing that can be seen: those are its global classes.
 *
 * @param {object} prototype
 */
function isHostPrototype(prototype) {
  for (const symbol of Object.getOwnPropertySymbols(prototype)) {
    if (symbol.description?.startsWith('messaging_')) return true;
  }
  const constructor = constructorOf(prototype);
  if (constructor === undefined) return hasOwn(prototype, Symbol.toStringTag);
  if (isNative(constructor)) return !KNOWN.has(nameOf(constructor));
  const global = getOwnPropertyDescriptor(mainGlobal, nameOf(constructor));
  return global !== undefined && global.value === constructor && global.enumerable === false;
}

/**
 * Whether an object is the global object of some realm: those look like plain objects.
 *
 * @param {object} object
 */
function isGlobal(object) {
  return hasOwn(object, 'globalThis') && getOwnPropertyDescriptor(object, 'globalThis')?.value === object;
}

module.exports = { constructorOf, isDOMException, isGlobal, isNative, isOrdinary, kindOf, lineageOf, nameOf };
