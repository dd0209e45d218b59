'use strict';

/**
 * Fastify 5: a plugin that gives the server a pool, and handlers that run on it.
 *
 * The plugin stays outside of encapsulation, as `fastify-plugin` would have it: `fastify.tasklets` is there for the
 * scope that registers it and all scopes inside. A handler runs on the pool of the scope that its route is in.
 */

const { Readable } = require('node:stream');
const { TASK_VERBS, defaultPool } = require('../default-pool');
const { isObject } = require('../options/checks');
const { Pool } = require('../pool');
const { bytesOf } = require('./answer');
const { Offloaded, answerFor } = require('./offloaded');
const { fastifyOptions, healthOptions, metricsOptions, pluginOptions } = require('./options');
const { asThrown, refusalOf, withStatus } = require('./refusal');
const { copyOf } = require('./request');
const { healthPage, metricsPage } = require('./routes');

/** @typedef {import('./answer').Answer} Answer */

/**
 * @param {any} fastify
 * @param {any} options
 */
async function plugin(fastify, options) {
  const { pool: given, config } = pluginOptions(options);
  const pool = given ?? new Pool(config);
  fastify.decorate('tasklets', decoration(pool));
  // Requests that are under way have been answered by then. A pool that was given is ended by whoever made it.
  if (given === undefined) fastify.addHook('onClose', () => pool.shutdown());
}

// What the package fastify-plugin would set: nobody needs it for three properties.
Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'tasklets',
  [Symbol.for('plugin-meta')]: { name: 'tasklets', fastify: '5.x' },
});

/** @param {any} pool */
function decoration(pool) {
  const verbs = TASK_VERBS.map((verb) => [verb, (/** @type {unknown[]} */ ...args) => pool[verb](...args)]);
  // What is wrong with the options is said where they are read.
  const own = (/** @type {any} */ options = {}) =>
    isObject(options) ? { ...options, pool: options.pool ?? pool } : options;
  return Object.freeze({
    ...Object.fromEntries(verbs),
    pool,
    offload: (/** @type {any} */ handler, /** @type {any} */ options) => offload(handler, own(options)),
    healthRoute: (/** @type {any} */ options) => healthRoute(own(options)),
    metricsRoute: (/** @type {any} */ options) => metricsRoute(own(options)),
  });
}

/** @param {any} request */
function poolOf(request) {
  return request.server.tasklets?.pool ?? defaultPool();
}

/**
 * @param {any} handler
 * @param {unknown} [options]
 */
function offload(handler, options) {
  const { run, others, pick, pool } = fastifyOptions(options);
  const offloaded = new Offloaded(handler, run, others, pool);

  return async function offloadedHandler(/** @type {any} */ request, /** @type {any} */ reply) {
    const chosen = pool ?? poolOf(request);
    const start = () => {
      const [path] = request.url.split('?', 1);
      const name = offloaded.isNamed ? undefined : nameOf(request);
      return offloaded.start(chosen, copyOf(request, path, pick), name);
    };
    let answer;
    try {
      answer = await answerFor(start, reply.raw);
    } catch (error) {
      throw refused(error, chosen, request, reply);
    }
    if (answer !== undefined && !reply.sent) return send(request, reply, answer);
    // There is nobody to answer, or somebody has answered: nothing is to be sent by Fastify.
    if (!reply.sent) reply.hijack();
    return undefined;
  };
}

/** @param {any} request */
function nameOf({ method, routeOptions }) {
  return typeof routeOptions?.url === 'string' ? `${method} ${routeOptions.url}` : undefined;
}

/**
 * The error for Fastify's error handling, which reads the status off it.
 *
 * @param {unknown} error
 * @param {any} pool
 * @param {any} request
 * @param {any} reply
 */
function refused(error, pool, request, reply) {
  const refusal = refusalOf(error, pool, request.raw.httpVersionMajor);
  if (refusal === undefined) return asThrown(error);
  withStatus(error, refusal);
  reply.code(refusal.status).headers(Object.fromEntries(refusal.headers));
  return error;
}

/**
 * @param {any} request
 * @param {any} reply
 * @param {Answer} answer
 */
async function send(request, reply, { status, headers, body }) {
  const before = reply.statusCode;
  const payload = await payloadOf(reply, headers, body);
  if (status !== undefined) reply.code(status);
  else if (body === undefined && before === 200) reply.code(204);
  for (const [name, value] of headers) setHeader(reply, name, value);
  if (!(payload instanceof Readable) || hasBody(request, reply)) return reply.send(payload);
  payload.destroy();
  // Still a stream: to Fastify the length of nothing would be the length of what is not sent.
  return reply.send(Readable.from([], { objectMode: false }));
}

/**
 * Whether the response has a body. Node drops one that it may not have, but Fastify would read it to its end, which
 * may never come.
 *
 * @param {any} request
 * @param {any} reply
 */
function hasBody({ method }, { statusCode }) {
  return method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
}

/**
 * @param {any} reply
 * @param {string} name
 * @param {string | string[]} value
 */
function setHeader(reply, name, value) {
  // What hooks have put there stays, where a header is a list; Fastify sees to `set-cookie`.
  const there = name.toLowerCase() === 'vary' ? reply.getHeader(name) : undefined;
  reply.header(name, there === undefined ? value : [there, value].flat().join(', '));
}

/**
 * In a form that Fastify sends as it is meant: `undefined` is an empty body, `null` is JSON.
 *
 * @param {any} reply
 * @param {import('./answer').Header[]} headers
 * @param {any} body
 */
async function payloadOf(reply, headers, body) {
  const hasType =
    reply.hasHeader('content-type') || headers.some(([name]) => name.toLowerCase() === 'content-type');
  const type = (/** @type {string} */ given) => {
    if (!hasType) headers.push(['content-type', given]);
  };
  if (body === null) {
    type('application/json; charset=utf-8');
    return 'null';
  }
  if (body instanceof ReadableStream) {
    type('application/octet-stream');
    return Readable.fromWeb(/** @type {any} */ (body), { objectMode: false });
  }
  if (body instanceof Blob) {
    type(body.type === '' ? 'application/octet-stream' : body.type);
    return Buffer.from(await body.arrayBuffer());
  }
  const bytes = bytesOf(body);
  if (bytes !== undefined) type('application/octet-stream');
  return bytes ?? body;
}

/** @param {unknown} [options] */
function healthRoute(options) {
  const { pool } = healthOptions(options);
  return (/** @type {any} */ request, /** @type {any} */ reply) =>
    sendPage(reply, healthPage(pool ?? poolOf(request)));
}

/** @param {unknown} [options] */
function metricsRoute(options) {
  const { pool, ...given } = metricsOptions(options);
  return (/** @type {any} */ request, /** @type {any} */ reply) =>
    sendPage(reply, metricsPage(pool ?? poolOf(request), given));
}

/**
 * @param {any} reply
 * @param {import('./routes').Page} page
 */
function sendPage(reply, { status, type, text }) {
  return reply.code(status).header('cache-control', 'no-store').type(type).send(text);
}

// The plugin itself is what is registered; the rest stands beside it.
module.exports = Object.assign(plugin, { tasklets: plugin, healthRoute, metricsRoute, offload });
