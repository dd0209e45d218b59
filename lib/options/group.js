'use strict';

// A group of options: an object whose names are all known.

const { ConfigError, configError } = require('../errors');
const { isObject, mayBeEmpty, pathOf } = require('./checks');

const { isArray } = Array;
const { hasOwnProperty } = Object.prototype;

/** @typedef {import('./checks').Where} Where */

/**
 * @template [T=unknown]
 * @typedef {import('./checks').Check<T>} Check
 */

/**
 * The options of a group, and what each may be.
 *
 * @typedef {ReadonlyMap<string, Check>} Table
 */

/**
 * @param {Record<string, Check>} checks
 * @param {Table} [others] come first
 * @returns {Table}
 */
function table(checks, others) {
  return new Map([...(others ?? []), ...Object.entries(checks)]);
}

/**
 * Refuses what is no object with options.
 *
 * @param {unknown} options
 * @param {string} path
 * @param {string} [expected]
 * @returns {Record<string, unknown>}
 */
function optionsIn(options, path, expected = 'an object') {
  if (!isObject(options) || isArray(options)) throw configError(path, expected, options);
  if (!mayBeEmpty(options) && Object.keys(options).length === 0) throw configError(path, expected, options);
  return options;
}

/**
 * Puts what `options` says into `target`, checked. Only own properties count: something inherited, as from a
 * polluted prototype, was not given by the caller. `undefined` is not given either, but its name must be known.
 *
 * @template {object} T
 * @param {Record<string, unknown>} options
 * @param {Table} known
 * @param {T} target
 * @param {Where} where
 * @returns {T}
 */
function readGroup(options, known, target, where) {
  for (const key in options) {
    if (!hasOwnProperty.call(options, key)) continue;
    const accept = known.get(key);
    if (accept === undefined) throw unknownOption(key, [...known.keys()], options[key], where);
    const value = options[key];
    if (value !== undefined) Reflect.set(target, key, accept(value, key, where));
  }
  return target;
}

/** Longer lists of names are left out of messages that have a suggestion. */
const SHORT_LIST = 10;

/**
 * @param {string} name
 * @param {readonly string[]} known
 * @param {unknown} received
 * @param {Where} where
 * @returns {Error}
 */
function unknownOption(name, known, received, where) {
  const option = pathOf(where, name);
  const near = nearest(name, known);
  const listed = near === undefined || known.length <= SHORT_LIST;
  const names = known.map((each) => `\`${each}\``).join(', ');
  const expected = listed ? `one of the options ${names}` : 'a known option';
  const hint = near === undefined ? '' : `; did you mean \`${pathOf(where, near)}\`?`;
  const message = `Expected \`${option}\` to be ${expected}, got an unknown name${hint}`;
  return new ConfigError(message, { option, expected, received });
}

/** Longer names are not typing errors of ours; comparing them would only cost time. */
const LONGEST_NAME = 64;

/**
 * The known name that a typing error in at most a third of its letters would turn into `name`.
 *
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {string | undefined}
 */
function nearest(name, known) {
  if (name.length > LONGEST_NAME) return undefined;
  const wanted = name.toLowerCase();
  let best;
  let fewest = Infinity;
  for (const each of known) {
    const edits = distance(wanted, each.toLowerCase());
    if (edits < fewest && edits <= Math.ceil(each.length / 3)) [best, fewest] = [each, edits];
  }
  return best;
}

/**
 * Edits (insert, remove, replace) from one word to the other.
 *
 * @param {string} from
 * @param {string} to
 */
function distance(from, to) {
  const row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 0; i < from.length; i++) {
    let diagonal = row[0]++;
    for (let j = 0; j < to.length; j++) {
      const replaced = diagonal + (from[i] === to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = Math.min(replaced, diagonal + 1, row[j] + 1);
    }
  }
  return row[to.length];
}

module.exports = { distance, optionsIn, readGroup, table, unknownOption };
