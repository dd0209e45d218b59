'use strict';

const { types } = require('node:util');

// Instances on their way back. A class that was captured has a number at its own isolate; the worker knows the number
// of what it revived, so that an instance in a result or an error comes back as an instance of the submitter's own
// class. It is a copy: its own properties, and what is inside a Map, a Set or an Error.

/**
 * What is written for an instance. `body` becomes the instance itself: where something in it refers back to it, that
 * place is filled after it was made.
 *
 * @typedef {object} Returned
 * @property {string} origin the isolate whose class it is
 * @property {number} id of the class
 * @property {any} body an object, array, Map or Set without its class; for an error what is on it
 * @property {Array<[string, any, boolean]>} properties of an error, and those that a Map or array has besides
 * @property {boolean} isError
 */

/**
 * @param {any} object
 * @param {{ origin: string, id: number, hasPrivates: boolean }} ofClass
 * @returns {Returned}
 */
function write(object, { origin, id, hasPrivates }) {
  const isError = types.isNativeError(object);
  // An error is better without its private state than not at all.
  if (hasPrivates && !isError) {
    const name = object.constructor?.name;
    throw new TypeError(
      `an instance of \`${name}\` has private fields, which cannot come back: return its data`,
    );
  }
  const body = isError ? null : bodyOf(object);
  const properties = [];
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === 'symbol') continue;
    const enumerable = Object.prototype.propertyIsEnumerable.call(object, key);
    if (isError)
      properties.push(
        /** @type {[string, any, boolean]} */ ([key, /** @type {any} */ (object)[key], enumerable]),
      );
    else if (enumerable && !isElement(body, key)) addTo(body, properties, key, object[key]);
  }
  return { origin, id, body, properties, isError };
}

/** @param {any} object */
function bodyOf(object) {
  if (types.isMap(object)) return new Map(Map.prototype.entries.call(object));
  if (types.isSet(object)) return new Set(Set.prototype.values.call(object));
  return Array.isArray(object) ? Array.from(object) : {};
}

/**
 * @param {any} body
 * @param {string} key
 */
function isElement(body, key) {
  return Array.isArray(body) && /^\d+$/.test(key);
}

/**
 * @param {any} body
 * @param {Array<[string, any, boolean]>} properties
 * @param {string} key
 * @param {any} value
 */
function addTo(body, properties, key, value) {
  const isPlain = Object.getPrototypeOf(body) === Object.prototype && key !== '__proto__';
  if (isPlain) body[key] = value;
  else properties.push([key, value, true]);
}

/**
 * @param {Returned} returned
 * @param {any} Class
 * @param {(stack: string) => string} mapStack
 * @returns {any}
 */
function read({ body, properties, isError }, Class, mapStack) {
  const object = isError ? new Error() : body;
  if (Class !== undefined) Object.setPrototypeOf(object, Class.prototype);
  if (isError) for (const key of Reflect.ownKeys(object)) Reflect.deleteProperty(object, key);
  for (const [name, value, enumerable] of properties) {
    const shown = isError && name === 'stack' && typeof value === 'string' ? mapStack(value) : value;
    Object.defineProperty(object, name, { value: shown, enumerable, writable: true, configurable: true });
  }
  return object;
}

exports.read = read;
exports.write = write;
