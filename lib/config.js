'use strict';

// Configs on their way to Rust, which checks them, and back.
//
// JSON lacks some of what JavaScript can say, and Rust is to judge all of it, so that nothing is ignored without a
// word. An object with one key that starts with `$` stands for it:
//
//   {"$number":"Infinity"}, "-Infinity", "NaN"   that number
//   {"$undefined":true}                          `undefined`: not given, but its name has to be known
//   {"$logger":true}                             the logger, which stays here
//   {"$foreign":"`Symbol(x)` (symbol)"}          what no option takes, as the text to show

const { configError, describe } = require('./errors');

const { isArray } = Array;

/** No option is nested more deeply than `workers.max`; the rest is there to be refused, and may be a cycle. */
const DEEPEST = 3;

/**
 * Anything that speaks at all four levels: `console`, pino, winston.
 *
 * @typedef {Record<'debug' | 'info' | 'warn' | 'error', (message: string, ...details: unknown[]) => void>} Logger
 */

/**
 * What the user gave to `config`, as JSON for Rust, and the logger beside it.
 *
 * @param {unknown} options
 * @returns {{ json: string, logger: Logger | undefined }}
 */
function toJson(options) {
  if (options === undefined) return { json: '{}', logger: undefined };
  if (!isPlainObject(options)) throw configError('config', 'a plain object', options);
  const found = new Encoding();
  const json = JSON.stringify(found.object(options, []));
  return { json, logger: found.logger };
}

/** One walk through a config. Every property is read once: a getter may say something else the next time. */
class Encoding {
  /** @type {Logger | undefined} */
  logger = undefined;

  /**
   * @param {Record<string, unknown>} object
   * @param {readonly string[]} path
   * @returns {object}
   */
  object(object, path) {
    // Without a prototype, so that neither `__proto__` nor `toJSON` means anything.
    const encoded = Object.create(null);
    for (const name of Object.keys(object)) encoded[name] = this.value(object[name], [...path, name]);
    return encoded;
  }

  /**
   * @param {unknown} value
   * @param {readonly string[]} path
   * @returns {unknown} what `JSON.stringify` says as it is
   */
  value(value, path) {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) };
    if (value === undefined) return { $undefined: true };
    if (
      path.join('.') === 'logging.destination' &&
      (typeof value === 'object' || typeof value === 'function')
    ) {
      this.logger = asLogger(value);
      return { $logger: true };
    }
    if (path.length < DEEPEST && isPlainObject(value) && !looksLikeTag(value))
      return this.object(value, path);
    return { $foreign: describe(value) };
  }
}

/**
 * Loggers are instances of classes: their methods may be inherited.
 *
 * @param {object} value
 * @returns {Logger}
 */
function asLogger(value) {
  const logger = /** @type {Logger} */ (value);
  for (const method of /** @type {const} */ (['debug', 'info', 'warn', 'error'])) {
    if (typeof logger[method] !== 'function') {
      throw configError(
        `logging.destination.${method}`,
        'a function, as it is of any logger',
        logger[method],
      );
    }
  }
  return logger;
}

/**
 * An object of nobody's class, whichever realm it was made in.
 *
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlainObject(value) {
  if (typeof value !== 'object' || value === null || isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Tags are ours alone; from a user they are an object like any that is wrong.
 *
 * @param {object} value
 */
function looksLikeTag(value) {
  const names = Object.keys(value);
  return names.length === 1 && names[0].startsWith('$');
}

/**
 * What Rust says is in force, frozen through and through.
 *
 * @param {string} json
 * @param {Logger} [logger] takes its place again; it is the user's, and not frozen
 * @returns {any}
 */
function fromJson(json, logger) {
  return JSON.parse(json, (_, value) => {
    if (typeof value !== 'object' || value === null) return value;
    if (Object.hasOwn(value, '$number')) return Number(value.$number);
    if (Object.hasOwn(value, '$logger')) return logger;
    return Object.freeze(value);
  });
}

module.exports = { fromJson, toJson };
