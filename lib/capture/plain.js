'use strict';

const { types } = require('node:util');

// Objects whose whole subtree is plain data go to the codec as they are; everything that leads to something else is
// rebuilt node by node. One walk finds both, however the objects refer to each other.

/**
 * Which of the objects that `root` leads to must be rebuilt.
 *
 * @param {object} root
 * @param {(object: object) => boolean} isObjectPrototype
 * @param {Set<object>} plain objects known to be plain data: read and added to
 * @param {Set<object>} mixed objects known to be something else: likewise
 * @param {(object: object) => boolean} isNode objects that are nodes already
 * @returns {boolean} whether `root` is plain data altogether
 */
function isPlainTree(root, isObjectPrototype, plain, mixed, isNode) {
  if (plain.has(root)) return true;
  if (mixed.has(root)) return false;
  /** @type {Map<object, object[]>} */
  const parents = new Map([[root, []]]);
  /** @type {object[]} */
  const tainted = [];
  /** @type {any[]} */
  const waiting = [root];
  while (waiting.length > 0) {
    const object = waiting.pop();
    const inner = mixed.has(object) || isNode(object) ? undefined : contents(object, isObjectPrototype);
    if (inner === undefined) {
      tainted.push(object);
      continue;
    }
    for (const value of inner) {
      if (typeof value === 'function' || typeof value === 'symbol') {
        tainted.push(object);
        continue;
      }
      if (typeof value !== 'object' || value === null || plain.has(value)) continue;
      const known = parents.get(value);
      if (known !== undefined) known.push(object);
      else {
        parents.set(value, [object]);
        waiting.push(value);
      }
    }
  }
  const reached = new Set(tainted);
  for (const object of reached) for (const parent of parents.get(object) ?? []) reached.add(parent);
  // Remembered both ways, so that each object is looked at once, however deep it lies.
  for (const object of parents.keys()) (reached.has(object) ? mixed : plain).add(object);
  return !reached.has(root);
}

/**
 * What a plain object holds, `undefined` if it is not one of those that the codec copies faithfully.
 *
 * @param {any} object
 * @param {(object: object) => boolean} isObjectPrototype
 * @returns {any[] | undefined}
 */
function contents(object, isObjectPrototype) {
  if (types.isProxy(object)) return undefined;
  const prototype = Object.getPrototypeOf(object);
  if (prototype === null || !Object.isExtensible(object)) return undefined;
  if (Array.isArray(object)) return simpleArray(object, prototype);
  if (isObjectPrototype(prototype)) {
    if (types.isArgumentsObject(object)) return undefined;
    return values(object, Reflect.ownKeys(object));
  }
  return leaf(object, prototype);
}

/**
 * @param {any[]} array
 * @param {any} prototype
 */
function simpleArray(array, prototype) {
  if (!isNative(prototype, 'Array')) return undefined;
  const { length } = array;
  const keys = Reflect.ownKeys(array);
  // Holes and further properties: the codec knows holes, but an array full of them is better rebuilt.
  if (keys.length !== length + 1) return undefined;
  if (!Object.getOwnPropertyDescriptor(array, 'length')?.writable) return undefined;
  return values(array, keys, 'length');
}

/**
 * The values of properties that are all ordinary ones.
 *
 * @param {any} object
 * @param {Array<string | symbol>} keys
 * @param {string} [except]
 */
function values(object, keys, except) {
  const list = [];
  for (const key of keys) {
    if (key === except) continue;
    if (typeof key === 'symbol' || key === '__proto__') return undefined;
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    if (descriptor === undefined || !('value' in descriptor)) return undefined;
    if (!descriptor.writable || !descriptor.enumerable || !descriptor.configurable) return undefined;
    list.push(descriptor.value);
  }
  return list;
}

/**
 * @param {any} object
 * @param {any} prototype
 */
function leaf(object, prototype) {
  if (types.isMap(object)) {
    if (!isNative(prototype, 'Map') || Reflect.ownKeys(object).length > 0) return undefined;
    const list = [];
    for (const [key, value] of Map.prototype.entries.call(object)) list.push(key, value);
    return list;
  }
  if (types.isSet(object)) {
    if (!isNative(prototype, 'Set') || Reflect.ownKeys(object).length > 0) return undefined;
    return [...Set.prototype.values.call(object)];
  }
  if (types.isDate(object))
    return isNative(prototype, 'Date') && Reflect.ownKeys(object).length === 0 ? [] : undefined;
  if (types.isAnyArrayBuffer(object)) {
    const name = types.isSharedArrayBuffer(object) ? 'SharedArrayBuffer' : 'ArrayBuffer';
    return isNative(prototype, name) && Reflect.ownKeys(object).length === 0 ? [] : undefined;
  }
  if (ArrayBuffer.isView(object)) return isPlainView(object, prototype) ? [] : undefined;
  if (types.isRegExp(object)) {
    const untouched = object.lastIndex === 0 && Reflect.ownKeys(object).length === 1;
    return untouched && isNative(prototype, 'RegExp') ? [] : undefined;
  }
  return undefined;
}

/**
 * @param {any} view
 * @param {any} prototype
 */
function isPlainView(view, prototype) {
  if (prototype === Buffer.prototype) return false;
  const { constructor } = prototype;
  if (typeof constructor !== 'function' || !isNative(prototype, constructor.name)) return false;
  return types.isDataView(view)
    ? Reflect.ownKeys(view).length === 0
    : // Index keys of a long array are not worth listing: further properties come after them.
      view.length > 1024 || Reflect.ownKeys(view).length === view.length;
}

/**
 * Whether it is the prototype of a built-in class, of whichever realm.
 *
 * @param {any} prototype
 * @param {string} name
 */
function isNative(prototype, name) {
  const constructor = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return (
    typeof constructor === 'function' &&
    constructor.name === name &&
    Function.prototype.toString.call(constructor).endsWith('{ [native code] }')
  );
}

exports.isPlainTree = isPlainTree;
exports.isNative = isNative;
