'use strict';

/** What a handler returned, as a response: a value, or `{ status, headers, body }`. */

const { validateHeaderName, validateHeaderValue } = require('node:http');
const { types } = require('node:util');
const { configError } = require('../errors');

const PARTS = new Set(['status', 'headers', 'body']);
/** Below 200 a response is not over yet. */
const [LOWEST, HIGHEST] = [200, 599];

/**
 * @typedef {string | string[]} HeaderValue
 * @typedef {[name: string, value: HeaderValue]} Header
 * @typedef {{ status: number | undefined, headers: Header[], body: unknown }} Answer
 */

/**
 * @param {unknown} value
 * @returns {Answer}
 */
function answerOf(value) {
  if (!isAnswer(value)) return { status: undefined, headers: [], body: value };
  return { status: statusIn(value.status), headers: headersIn(value.headers), body: value.body };
}

/**
 * Whether it says how to answer. `{ status: 'ok' }` and `{ body: 'text' }` are values as any other: a response has a
 * status that is a number, or headers, and nothing beside its three parts.
 *
 * @param {any} value
 * @returns {value is { status?: unknown, headers?: unknown, body?: unknown }}
 */
function isAnswer(value) {
  if (!isPlain(value) || !Object.keys(value).every((key) => PARTS.has(key))) return false;
  return typeof value.status === 'number' || isPlain(value.headers);
}

/** @param {any} value */
function isPlain(value) {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // Of whichever realm: the one at the end of the chain.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @param {unknown} status */
function statusIn(status) {
  if (status === undefined) return undefined;
  if (typeof status === 'number' && Number.isInteger(status) && status >= LOWEST && status <= HIGHEST)
    return status;
  throw configError('response.status', `an integer from ${LOWEST} to ${HIGHEST}`, status);
}

/**
 * All of them checked before the first one is set.
 *
 * @param {unknown} headers
 * @returns {Header[]}
 */
function headersIn(headers) {
  if (headers === undefined) return [];
  if (!isPlain(headers)) throw configError('response.headers', 'an object', headers);
  /** @type {Header[]} */
  const list = [];
  for (const [name, value] of Object.entries(/** @type {object} */ (headers))) {
    if (value === undefined) continue;
    validateHeaderName(name);
    list.push([name, headerValue(name, value)]);
  }
  return list;
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {HeaderValue}
 */
function headerValue(name, value) {
  if (Array.isArray(value)) return value.map((each) => /** @type {string} */ (headerValue(name, each)));
  if (typeof value !== 'string' && typeof value !== 'number')
    throw configError(`response.headers.${name}`, 'a string, a number or an array of them', value);
  validateHeaderValue(name, String(value));
  return String(value);
}

/**
 * @param {Answer} answer
 * @param {string} wanted in lower case
 * @returns {string | undefined}
 */
function headerOf({ headers }, wanted) {
  const found = headers.find(([name]) => name.toLowerCase() === wanted);
  return found === undefined ? undefined : String(found[1]);
}

/**
 * The bytes of a Buffer, a view or an ArrayBuffer, not copied; `undefined` for what is none.
 *
 * @param {any} value
 * @returns {Buffer | undefined}
 */
function bytesOf(value) {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return Buffer.from(/** @type {ArrayBuffer} */ (value));
  return undefined;
}

module.exports = { answerOf, bytesOf, headerOf, isAnswer };
