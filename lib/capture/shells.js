'use strict';

const { follow } = require('./globals');
const { BASE, PROPERTY } = require('./kinds');

/** @typedef {import('./revival').Revival} Revival */

/**
 * The object before anything is in it.
 *
 * @param {Revival} revival
 * @param {any[]} node
 * @returns {any}
 */
function shell(revival, [, base, prototype, , , inner]) {
  switch (base) {
    case BASE.ARRAY:
      return withLength(inner);
    case BASE.MAP:
      return mapOf(revival, inner);
    case BASE.SET:
      return setOf(revival, inner);
    case BASE.WEAK_MAP:
      return weakMapOf(revival, inner ?? []);
    case BASE.WEAK_SET:
      return weakSetOf(revival, inner ?? []);
    case BASE.DATA:
      return bare(revival.get(inner));
    case BASE.ARGUMENTS:
      return argumentsObject();
    case BASE.CONSTRUCTED:
      return constructed(inner[0], inner.slice(1));
    case BASE.NAMESPACE:
      return Object.defineProperty(Object.create(null), Symbol.toStringTag, { value: 'Module' });
    default:
      if (prototype === null) return Object.create(null);
      return prototype === undefined ? {} : Object.create(revival.get(prototype));
  }
}

/**
 * @param {string} path of a class, or of its `from`
 * @param {any[]} args
 */
function constructed(path, args) {
  if (!path.endsWith('.from')) return new (follow(path))(...args);
  return follow(path.slice(0, -'.from'.length)).from(...args);
}

/** @param {number} length */
function withLength(length) {
  /** @type {any[]} */
  const array = [];
  array.length = length;
  return array;
}

/** @param {any} object an error, for example, whose own properties come back one by one */
function bare(object) {
  if (object instanceof Error) for (const key of Reflect.ownKeys(object)) Reflect.deleteProperty(object, key);
  return object;
}

function argumentsObject() {
  const object = (function () {
    return arguments;
  })();
  Reflect.deleteProperty(object, 'length');
  return object;
}

/**
 * @param {Revival} revival
 * @param {number[]} slots
 */
function mapOf(revival, slots) {
  const map = new Map();
  revival.fill(() => {
    const values = slots.map((slot) => revival.get(slot));
    for (let at = 0; at < values.length; at += 2) Map.prototype.set.call(map, values[at], values[at + 1]);
  });
  return map;
}

/**
 * @param {Revival} revival
 * @param {number[]} slots
 */
function setOf(revival, slots) {
  const set = new Set();
  revival.fill(() => {
    const values = slots.map((slot) => revival.get(slot));
    for (const value of values) Set.prototype.add.call(set, value);
  });
  return set;
}

/**
 * @param {Revival} revival
 * @param {number[]} slots
 */
function weakMapOf(revival, slots) {
  const map = new WeakMap();
  revival.fill(() => {
    const values = slots.map((slot) => revival.get(slot));
    for (let at = 0; at < values.length; at += 2) WeakMap.prototype.set.call(map, values[at], values[at + 1]);
  });
  return map;
}

/**
 * @param {Revival} revival
 * @param {number[]} slots
 */
function weakSetOf(revival, slots) {
  const set = new WeakSet();
  revival.fill(() => {
    for (const slot of slots) WeakSet.prototype.add.call(set, revival.get(slot));
  });
  return set;
}

/**
 * Gives an object the private fields and methods of its classes without running any code of theirs. A derived class
 * finds the object where it expects what its parent's constructor returns; a base class makes the object.
 *
 * @param {Revival} revival
 * @param {any} object
 * @param {Array<[number, number[], string[]]>} levels base first: a class, and the values and names of its private fields
 * @returns {{ object: any, fields: Map<string, Function> }} the fields that were made, by class and name
 */
function brand(revival, object, levels) {
  let branded = object;
  /** @type {Map<string, Function>} */
  const fields = new Map();
  for (const [slot, , names] of levels) {
    const Class = revival.get(slot);
    const { guard, restore } = /** @type {any} */ (revival.brands.get(slot));
    const parent = Object.getPrototypeOf(Class);
    const derived = parent !== Function.prototype;
    const target = branded;
    if (derived) {
      Object.setPrototypeOf(Class, function () {
        return target;
      });
    }
    guard(true);
    try {
      const made = Reflect.construct(Class, []);
      if (!derived) branded = Object.setPrototypeOf(made, Object.getPrototypeOf(object));
    } finally {
      guard(false);
      if (derived) Object.setPrototypeOf(Class, parent);
    }
    for (const key of Object.keys(branded)) keep(fields, `${slot}:${key}`, branded[key]);
    if (names.length > 0)
      restore(branded).forEach((/** @type {any} */ value, /** @type {number} */ at) =>
        keep(fields, `${slot}:${names[at]}`, value),
      );
  }
  // Public fields have been set to nothing: the real ones follow, in their own order.
  for (const key of Reflect.ownKeys(branded)) Reflect.deleteProperty(branded, key);
  revival.fill(() => {
    const values = levels.map(([, slots]) => slots.map((slot) => revival.get(slot)));
    levels.forEach(([slot], index) => {
      const { restore } = /** @type {any} */ (revival.brands.get(slot));
      if (values[index].length > 0) restore(branded, values[index]);
    });
  });
  return { object: branded, fields };
}

/**
 * @param {Map<string, Function>} fields
 * @param {string} name
 * @param {any} value
 */
function keep(fields, name, value) {
  if (typeof value === 'function') fields.set(name, value);
}

/**
 * @param {Revival} revival
 * @param {any} object
 * @param {any[]} properties
 */
function define(revival, object, properties) {
  // All values first: if one cannot be had yet, nothing is done, and all of it again later.
  /** @type {Array<[any, PropertyDescriptor]>} */
  const list = [];
  for (let at = 0; at < properties.length;) {
    const key = properties[at];
    const flags = properties[at + 1];
    const name = typeof key === 'number' ? revival.get(key) : key;
    const descriptor = {
      enumerable: (flags & PROPERTY.ENUMERABLE) !== 0,
      configurable: (flags & PROPERTY.CONFIGURABLE) !== 0,
    };
    if (flags & PROPERTY.ACCESSOR) {
      const [get, set] = [properties[at + 2], properties[at + 3]].map((slot) =>
        slot === null ? undefined : revival.get(slot),
      );
      list.push([name, { ...descriptor, get, set }]);
      at += 4;
    } else {
      const value = revival.get(properties[at + 2]);
      list.push([name, { ...descriptor, value, writable: (flags & PROPERTY.WRITABLE) !== 0 }]);
      at += 3;
    }
  }
  for (const [name, descriptor] of list) Object.defineProperty(object, name, descriptor);
}

exports.brand = brand;
exports.define = define;
exports.shell = shell;
