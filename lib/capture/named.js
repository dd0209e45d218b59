'use strict';

const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { promisify } = require('node:util');

const { follow } = require('./globals');
const { NODE } = require('./kinds');
const { builtin } = require('./modules');
const { ModuleError } = /** @type {any} */ (require('../errors'));

/** @typedef {import('./revival').Revival} Revival */

/**
 * What travelled by name: symbols, standard globals, values of modules, exports of this library.
 *
 * @param {Revival} revival
 * @param {import('./revive').Reviver} reviver
 * @param {any[]} node
 */
function named(revival, reviver, [kind, first, second]) {
  switch (kind) {
    case NODE.SYMBOL:
      return symbol(first, second);
    case NODE.INTRINSIC:
      return follow(first);
    case NODE.BUILTIN:
      return walk(builtin(first), second);
    case NODE.PACKAGE:
      return walk(load(first), second);
    case NODE.REQUIRE:
      return Module.createRequire(first);
    case NODE.OWN:
      return walk(reviver.own(), first === '' ? [] : first.split('.'));
    case NODE.OWN_MODULE:
      return reviver.own().module(first, second);
    case NODE.PROMISIFIED:
      return promisified(revival, first);
    case NODE.META:
      return meta(revival.get(first));
    default:
      throw new Error(`Unknown node ${kind}`);
  }
}

/** @param {string} file */
function load(file) {
  try {
    return Module.createRequire(file)(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModuleError(`The module ${file} cannot be loaded in the worker: ${reason}`, { cause });
  }
}

/**
 * @param {number} kind
 * @param {string} name
 */
function symbol(kind, name) {
  if (kind === 0) return /** @type {any} */ (Symbol)[name];
  return kind === 1 ? Symbol.for(name) : Symbol(name);
}

/**
 * @param {any} value
 * @param {string[]} steps
 */
function walk(value, steps) {
  return steps.reduce((at, step) => at[step], value);
}

/**
 * What `util.promisify` made. The function that it calls may be being made just now, so it is asked for when it is called.
 *
 * @param {Revival} revival
 * @param {number} slot
 */
function promisified(revival, slot) {
  /** @this {any} @param {any[]} args */
  const original = function (...args) {
    return Reflect.apply(revival.get(slot), this, args);
  };
  revival.fill(() => revival.get(slot));
  return promisify(original);
}

/** @param {string} url */
function meta(url) {
  const isFile = url.startsWith('file:');
  const filename = isFile ? require('node:url').fileURLToPath(url) : undefined;
  const find = filename === undefined ? undefined : Module.createRequire(filename);
  return Object.assign(Object.create(null), {
    ...(filename === undefined ? {} : { dirname: path.dirname(filename), filename }),
    main: false,
    resolve: (/** @type {string} */ specifier) => resolve(specifier, url, find),
    url,
  });
}

/**
 * @param {string} specifier
 * @param {string} base
 * @param {any} find
 */
function resolve(specifier, base, find) {
  if (Module.isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
  if (/^(\.{0,2}\/|[a-z]+:)/.test(specifier)) return new URL(specifier, base).href;
  return pathToFileURL(find(specifier)).href;
}

exports.named = named;
