'use strict';

// What a class was before something was added to its text for its journey: whoever captures it again, in a worker, is
// to see the text that its author wrote.

/** @type {WeakMap<Function, number[][]>} where something was added: offset and length */
const additions = new WeakMap();

/**
 * @param {Function} Class
 * @param {number[][]} added
 */
function remember(Class, added) {
  additions.set(Class, added);
}

/**
 * The text of a function as it was written.
 *
 * @param {Function} fn
 * @returns {string}
 */
function textOf(fn) {
  const text = Function.prototype.toString.call(fn);
  const added = additions.get(fn);
  if (added === undefined) return text;
  let original = '';
  let at = 0;
  for (const [start, length] of added) {
    original += text.slice(at, start);
    at = start + length;
  }
  return original + text.slice(at);
}

/**
 * Where an offset of the text as it was written is in the text as it is.
 *
 * @param {Function} fn
 * @param {number} offset
 */
function offsetNow(fn, offset) {
  let now = offset;
  for (const [start, length] of additions.get(fn) ?? []) if (start <= now) now += length;
  return now;
}

exports.offsetNow = offsetNow;
exports.remember = remember;
exports.textOf = textOf;
