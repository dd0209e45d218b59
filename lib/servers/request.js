'use strict';

/** The plain copy of a request that a handler gets. */

const { configError } = require('../errors');
const { isObject } = require('../options/checks');

/**
 * What Express and Fastify both have. Each part is read once: some are getters that compute.
 *
 * @param {any} request
 * @param {string} path
 * @param {((request: any) => unknown) | undefined} pick
 */
function copyOf(request, path, pick) {
  const { headers } = request;
  const copy = {
    method: request.method,
    url: request.url,
    path,
    params: fieldsOf(request.params),
    query: fieldsOf(request.query),
    headers: fieldsOf(headers),
    body: request.body,
    ip: request.ip,
    cookies: isObject(request.cookies) ? fieldsOf(request.cookies) : parseCookies(headers.cookie),
  };
  return pick === undefined ? copy : { ...copy, ...picked(pick(request)) };
}

/**
 * The fields with names. Headers of HTTP/2 have a symbol too, and some parsers make objects without a prototype.
 *
 * @param {any} object
 * @returns {Record<string, any>}
 */
function fieldsOf(object) {
  if (!isObject(object)) return {};
  return Object.fromEntries(Object.entries(object));
}

/** @param {any} fields */
function picked(fields) {
  if (fields === undefined) return undefined;
  if (!isObject(fields) || Array.isArray(fields) || typeof fields.then === 'function')
    throw configError('pick()', 'an object with what the copy of the request is to have besides', fields);
  return fields;
}

/**
 * What the client sent, where nothing before us has parsed it. Of equal names the first one counts.
 *
 * @param {string | undefined} header
 * @returns {Record<string, string>}
 */
function parseCookies(header) {
  if (typeof header !== 'string') return {};
  /** @type {Map<string, string>} */
  const cookies = new Map();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1) continue;
    const name = pair.slice(0, equals).trim();
    if (!cookies.has(name)) cookies.set(name, decoded(unquoted(pair.slice(equals + 1).trim())));
  }
  return Object.fromEntries(cookies);
}

/** @param {string} value */
function unquoted(value) {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** @param {string} value */
function decoded(value) {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    // Not encoded after all: it is what it says.
    return value;
  }
}

module.exports = { copyOf };
