'use strict';

const { types } = require('node:util');

const { BASE } = require('./kinds');
const { one } = require('./refusal');

// What an object is inside, whatever its class: it decides how its shell is made, and whether it can travel at all.

/**
 * @param {any} object
 * @returns {{ base: number, inner?: any, weak?: boolean, skip?: (key: string | symbol) => boolean }
 *   | { refused: string, way: string }}
 */
function base(object) {
  if (Array.isArray(object))
    return { base: BASE.ARRAY, inner: object.length, skip: (key) => key === 'length' };
  if (types.isMap(object)) return { base: BASE.MAP, inner: [...Map.prototype.entries.call(object)].flat() };
  if (types.isSet(object)) return { base: BASE.SET, inner: [...Set.prototype.values.call(object)] };
  if (types.isWeakMap(object)) return { base: BASE.WEAK_MAP, weak: true };
  if (types.isWeakSet(object)) return { base: BASE.WEAK_SET, weak: true };
  if (types.isArgumentsObject(object)) return { base: BASE.ARGUMENTS, skip: (key) => key === 'callee' };
  const data = dataOf(object);
  if (data !== undefined) return { base: BASE.DATA, ...data };
  return refused(object) ?? constructed(object) ?? { base: BASE.PLAIN };
}

/**
 * The part that the codec carries; the class and the properties are put on top.
 *
 * @param {any} object
 * @returns {{ inner: any, skip?: (key: string | symbol) => boolean } | undefined}
 */
function dataOf(object) {
  if (types.isNativeError(object)) return { inner: new Error('') };
  if (types.isDate(object)) return { inner: new Date(Date.prototype.getTime.call(object)) };
  if (types.isRegExp(object)) return { inner: new RegExp(object.source, object.flags) };
  if (types.isBoxedPrimitive(object)) {
    if (types.isSymbolObject(object)) return undefined;
    return { inner: Object(object.valueOf()), skip: isIndexOrLength };
  }
  if (Buffer.isBuffer(object)) return { inner: object, skip: isIndexOrLength };
  if (ArrayBuffer.isView(object)) return { inner: viewOf(object), skip: isIndexOrLength };
  if (types.isAnyArrayBuffer(object)) return { inner: object };
  return undefined;
}

/** @param {any} view */
function viewOf(view) {
  const Class = types.isDataView(view) ? DataView : /** @type {any} */ (globalThis)[view[Symbol.toStringTag]];
  const length = types.isDataView(view) ? view.byteLength : view.length;
  return new Class(view.buffer, view.byteOffset, length);
}

/** @param {string | symbol} key */
function isIndexOrLength(key) {
  return typeof key === 'string' && (key === 'length' || /^(0|[1-9]\d*)$/.test(key));
}

/**
 * @param {any} object
 * @returns {{ refused: string, way: string } | undefined}
 */
function refused(object) {
  if (types.isPromise(object))
    return { refused: 'is a Promise', way: 'Await it first, and send what it gives' };
  if (types.isGeneratorObject(object)) {
    return {
      refused: 'is a running generator',
      way: 'Send the generator function, or an array of what it yields',
    };
  }
  const tag = Object.prototype.toString.call(object).slice(8, -1);
  if (tag === 'WeakRef' || tag === 'FinalizationRegistry') {
    return { refused: `is ${one(tag)}`, way: 'Send the object itself, or make it inside the task' };
  }
  if (types.isMapIterator(object) || types.isSetIterator(object) || tag.endsWith(' Iterator')) {
    return { refused: 'is an iterator', way: 'Send the collection, or an array of what it yields' };
  }
  if (/^(Iterator Helper|(Async)?DisposableStack|WebAssembly\..*)$/.test(tag) && !isOfProgram(object)) {
    return { refused: `is ${one(tag)}, which is tied to this thread`, way: 'Make it inside the task' };
  }
  if (types.isExternal(object)) return { refused: 'is a native handle', way: 'Make it inside the task' };
  return undefined;
}

/** Whether its class is one of the program's own, whatever it calls itself. @param {any} object */
function isOfProgram(object) {
  const { constructor } = object;
  return typeof constructor === 'function' && !/\{ \[native code\] \}$/.test(String(constructor));
}

/**
 * What only the language can look into is made again from what it says of itself.
 *
 * @param {any} object
 */
function ofLanguage(object) {
  const tag = Object.prototype.toString.call(object).slice(8, -1);
  const [space, name] = tag.split('.');
  if (name === undefined || isOfProgram(object)) return undefined;
  const Class = /** @type {any} */ (globalThis)[space]?.[name];
  if (typeof Class !== 'function') return undefined;
  if (space === 'Temporal' || tag === 'Intl.Locale') {
    const path = space === 'Temporal' ? `${tag}.from` : tag;
    return { base: BASE.CONSTRUCTED, inner: [path, String(object)], skip: () => true };
  }
  if (space !== 'Intl') return undefined;
  try {
    const { locale, ...options } = Class.prototype.resolvedOptions.call(object);
    return { base: BASE.CONSTRUCTED, inner: [tag, locale, options], skip: () => true };
  } catch {
    // It only says that it is one.
    return undefined;
  }
}

/** Made again from text. @param {any} object */
function constructed(object) {
  if (object instanceof URL) return { base: BASE.CONSTRUCTED, inner: ['URL', object.href], skip: () => true };
  if (object instanceof URLSearchParams) {
    return { base: BASE.CONSTRUCTED, inner: ['URLSearchParams', String(object)], skip: () => true };
  }
  if (object instanceof TextEncoder)
    return { base: BASE.CONSTRUCTED, inner: ['TextEncoder'], skip: () => true };
  if (object instanceof TextDecoder) {
    const { encoding, fatal, ignoreBOM } = object;
    const inner = ['TextDecoder', encoding, { fatal, ignoreBOM }];
    return { base: BASE.CONSTRUCTED, inner, skip: () => true };
  }
  return ofLanguage(object);
}

exports.base = base;
