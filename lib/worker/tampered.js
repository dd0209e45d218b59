'use strict';

/**
 * Whether a task has left built-ins behind that are not those of the language. Asked where the library has failed to make
 * a task ready: what it stands on may be broken, and would fail one task after the other.
 */

const { apply, getPrototypeOf, ownKeys, getOwnPropertyDescriptor } = Reflect;
const { toString } = Function.prototype;
const { includes } = String.prototype;
const home = globalThis;

/** What is looked at, by name: it and its prototype. */
const NAMES = [
  ...[
    'Object',
    'Function',
    'Array',
    'String',
    'Number',
    'Math',
    'JSON',
    'Reflect',
    'Promise',
    'Symbol',
    'Date',
  ],
  ...[
    'Map',
    'Set',
    'WeakMap',
    'WeakRef',
    'RegExp',
    'ArrayBuffer',
    'DataView',
    'Uint8Array',
    'Float64Array',
    'Atomics',
  ],
];

/**
 * @param {unknown} value
 * @returns {value is any}
 */
function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/**
 * Whether all methods of an object are native ones.
 *
 * @param {any} holder
 */
function isNative(holder) {
  const keys = ownKeys(holder);
  for (let i = 0; i < keys.length; i++) {
    const value = getOwnPropertyDescriptor(holder, keys[i])?.value;
    if (typeof value === 'function' && !apply(includes, apply(toString, value, []), ['[native code]']))
      return false;
  }
  return true;
}

function isTampered() {
  for (let i = 0; i < NAMES.length; i++) {
    const holder = /** @type {any} */ (home)[NAMES[i]];
    if (!isObject(holder) || !isNative(holder)) return true;
    const { prototype } = holder;
    if (isObject(prototype) && !isNative(prototype)) return true;
  }
  const typed = /** @type {any} */ (getPrototypeOf(home.Uint8Array));
  return !isNative(typed) || !isNative(typed.prototype);
}

exports.isTampered = isTampered;
