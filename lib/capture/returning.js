'use strict';

const { types } = require('node:util');

const { base } = require('./bases');
const { BASE } = require('./kinds');

// Instances on their way back. A class that was captured has a number at its own isolate; the worker knows the number
// of what it revived, so that an instance in a result or an error comes back as an instance of the submitter's own
// class. It is a copy: its own properties, and what is inside a Map, a Set or an Error.

/**
 * What is written for an instance. `tasklets$body` becomes the instance itself: where something in it refers back to it, that
 * place is filled after it was made. These names are like no others, since a path to what cannot be copied leaves them out
 * (`lib/codec/refuse.js`): the first stands for the instance, and what is behind the other two has no place that a path has.
 *
 * @typedef {object} Returned
 * @property {string} origin the isolate whose class it is
 * @property {number} id of the class
 * @property {any} tasklets$body an object, array, Map or Set without its class; for an error what is on it
 * @property {Array<[string, any, boolean]>} tasklets$properties of an error, and those that a Map or array has besides
 * @property {boolean} isError
 * @property {Array<[number, any[]]>} tasklets$privates private state by the number of the class, base first
 */

/**
 * What is known of a class that came to a worker.
 *
 * @typedef {object} KnownClass
 * @property {string} origin
 * @property {number} id
 * @property {boolean} isClosed its private members cannot go back
 * @property {((object: any) => any[]) | undefined} read gives its private fields
 */

/**
 * @param {any} object
 * @param {KnownClass} ofClass
 * @param {(Class: any) => KnownClass | undefined} knownOf
 * @returns {Returned}
 */
function write(object, { origin, id }, knownOf) {
  const isError = types.isNativeError(object);
  const privates = privatesOf(object, knownOf);
  // An error is better without its private state than not at all.
  if (privates === undefined && !isError) {
    const name = object.constructor?.name;
    throw new TypeError(
      `an instance of \`${name}\` has private members, which cannot come back: return its data`,
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
  return {
    origin,
    id,
    isError,
    tasklets$body: body,
    tasklets$properties: properties,
    tasklets$privates: privates ?? [],
  };
}

/**
 * The private state of an instance, by the class that gave it, base first; `undefined` if it cannot go back.
 *
 * @param {any} object
 * @param {(Class: any) => KnownClass | undefined} knownOf
 */
function privatesOf(object, knownOf) {
  /** @type {Array<[number, any[]]>} */
  const levels = [];
  for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
    const known = knownOf(Object.getOwnPropertyDescriptor(at, 'constructor')?.value);
    if (known?.isClosed) return undefined;
    if (known?.read === undefined) continue;
    try {
      levels.unshift([known.id, known.read(object)]);
    } catch {
      // It has the prototype, and was not made by the class: there is nothing private in it.
    }
  }
  return levels;
}

/**
 * What an instance is without its class; properties that are not what makes it are added later.
 *
 * @param {any} object
 */
function bodyOf(object) {
  if (types.isMap(object)) return new Map(Map.prototype.entries.call(object));
  if (types.isSet(object)) return new Set(Set.prototype.values.call(object));
  if (Array.isArray(object)) return Object.assign([], { length: object.length });
  if (types.isArrayBuffer(object)) return new Uint8Array(object).slice().buffer;
  const found = base(object);
  if ('inner' in found && found.base === BASE.DATA && found.inner !== object) return found.inner;
  if ('refused' in found || found.base !== BASE.PLAIN) {
    const name = object.constructor?.name;
    throw new TypeError(`an instance of \`${name}\` is more than its properties: return its data`);
  }
  return {};
}

/**
 * @param {any} body
 * @param {string} key
 */
function isElement(body, key) {
  return (ArrayBuffer.isView(body) || types.isStringObject(body)) && /^\d+$/.test(key);
}

/**
 * @param {any} body
 * @param {Array<[string, any, boolean]>} properties
 * @param {string} key
 * @param {any} value
 */
function addTo(body, properties, key, value) {
  const isElementOf = Array.isArray(body) && /^\d+$/.test(key);
  const isPlain = Object.getPrototypeOf(body) === Object.prototype && key !== '__proto__';
  if (isPlain || isElementOf) body[key] = value;
  else properties.push([key, value, true]);
}

/**
 * What an isolate needs to make instances of its own classes.
 *
 * @typedef {object} Home
 * @property {(number: number) => any} classOf
 * @property {import('./instances').Instances} instances
 * @property {(stack: string) => string} mapStack
 * @property {(task: () => void) => void} atEnd when the whole value has been read
 */

/**
 * @param {Returned} returned
 * @param {any} Class
 * @param {Home} home
 * @returns {any}
 */
function read(returned, Class, home) {
  const {
    isError,
    tasklets$body: body,
    tasklets$properties: properties,
    tasklets$privates: privates,
  } = returned;
  const made = Class === undefined || privates.length === 0 ? undefined : make(returned, Class, home);
  const object = made ?? (isError ? emptyError() : body);
  if (made === undefined && Class !== undefined) Object.setPrototypeOf(object, Class.prototype);
  // What refers back to an instance is in its place at the end only.
  home.atEnd(() => {
    if (made !== undefined && !isError) pour(body, object);
    for (const [name, value, enumerable] of properties) {
      const shown = isError && name === 'stack' && typeof value === 'string' ? home.mapStack(value) : value;
      Object.defineProperty(object, name, { value: shown, enumerable, writable: true, configurable: true });
    }
    if (made === undefined) return;
    for (const [number, values] of privates) home.instances.set(object, home.classOf(number), values);
  });
  return object;
}

/**
 * An object with the private members of its class; `undefined` for an error that comes back without.
 *
 * @param {Returned} returned
 * @param {any} Class
 * @param {Home} home
 */
function make({ isError }, Class, { instances }) {
  try {
    return instances.make(Class);
  } catch (error) {
    if (isError) return undefined;
    throw error;
  }
}

function emptyError() {
  const error = new Error();
  for (const key of Reflect.ownKeys(error)) Reflect.deleteProperty(error, key);
  return error;
}

/**
 * @param {any} body
 * @param {any} object of the same kind
 */
function pour(body, object) {
  if (types.isMap(body)) for (const [key, value] of body) Map.prototype.set.call(object, key, value);
  else if (types.isSet(body)) for (const value of body) Set.prototype.add.call(object, value);
  else if (Array.isArray(body)) object.length = body.length;
  for (const key of Object.keys(body)) {
    const value = body[key];
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  }
}

exports.read = read;
exports.write = write;
