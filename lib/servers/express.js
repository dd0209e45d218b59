'use strict';

/** Express, 4 and 5: handlers that run on a pool. */

const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { defaultPool } = require('../default-pool');
const { bytesOf } = require('./answer');
const { Offloaded, answerFor } = require('./offloaded');
const { expressOptions, healthOptions, metricsOptions } = require('./options');
const { asThrown, refusalOf, withStatus } = require('./refusal');
const { copyOf } = require('./request');
const { healthPage, metricsPage } = require('./routes');

/** @typedef {import('./answer').Answer} Answer */

/** `next('route')` is no error: it leaves the route, as if nothing had been thrown. */
const ORDERS = new Set(['route', 'router']);

/**
 * @param {any} handler
 * @param {unknown} [options]
 */
function offload(handler, options) {
  const { run, others, pick, fallback, pool = defaultPool() } = expressOptions(options);
  const offloaded = new Offloaded(handler, run, others, pool);

  return async function offloadedHandler(
    /** @type {any} */ req,
    /** @type {any} */ res,
    /** @type {any} */ next,
  ) {
    const start = () => {
      const name = offloaded.isNamed ? undefined : nameOf(req);
      return offloaded.start(pool, copyOf(req, req.path, pick), name);
    };
    try {
      const answer = await answerFor(start, res);
      if (answer !== undefined) await send(req, res, answer);
    } catch (error) {
      const refusal = refusalOf(error, pool, req.httpVersionMajor);
      if (refusal === undefined || res.headersSent) next(asThrown(error, ORDERS));
      else await refuse(error, refusal, fallback, req, res, next);
    }
  };
}

/**
 * The route, as a name for the tasks of a handler that has none. Not the path: there is one for every client.
 *
 * @param {any} req
 */
function nameOf({ method, route }) {
  return typeof route?.path === 'string' ? `${method} ${route.path}` : undefined;
}

/**
 * @param {any} error
 * @param {import('./refusal').Refusal} refusal
 * @param {((...args: any[]) => unknown) | undefined} fallback
 * @param {any} req
 * @param {any} res
 * @param {any} next
 */
async function refuse(error, refusal, fallback, req, res, next) {
  withStatus(error, refusal);
  res.status(refusal.status).set(Object.fromEntries(refusal.headers));
  if (fallback === undefined) {
    const { status: statusCode, error: title, message } = refusal;
    res.json({ statusCode, code: error.code, error: title, message });
    return;
  }
  try {
    await fallback(error, req, res, next);
  } catch (thrown) {
    next(asThrown(thrown, ORDERS));
  }
}

/**
 * As Express itself would send it: with an ETag, without a body for HEAD, as 304 where the client has it.
 *
 * @param {any} req
 * @param {any} res
 * @param {Answer} answer
 */
async function send(req, res, answer) {
  const before = { status: res.statusCode, headers: res.getHeaders() };
  try {
    if (answer.status !== undefined) res.status(answer.status);
    for (const [name, value] of answer.headers) setHeader(res, name, value);
    await sendBody(req, res, answer);
  } catch (error) {
    // The error's response is another one.
    if (!res.headersSent) restore(res, before);
    throw error;
  }
}

/**
 * What middleware has put there stays, where a header is a list.
 *
 * @param {any} res
 * @param {string} name
 * @param {string | string[]} value
 */
function setHeader(res, name, value) {
  const lower = name.toLowerCase();
  if (lower === 'vary') res.vary(value);
  else if (lower === 'set-cookie') res.append(name, value);
  else res.set(name, value);
}

/**
 * @param {any} res
 * @param {{ status: number, headers: Record<string, any> }} before
 */
function restore(res, before) {
  res.status(before.status);
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  for (const [name, value] of Object.entries(before.headers)) res.setHeader(name, value);
}

/**
 * @param {any} req
 * @param {any} res
 * @param {Answer} answer
 */
async function sendBody(req, res, { status, body }) {
  if (body === undefined) {
    if (status === undefined && res.statusCode === 200) res.status(204);
    res.end();
  } else if (typeof body === 'string') {
    if (!res.get('Content-Type')) res.type('text/plain');
    res.send(body);
  } else if (body instanceof Readable || body instanceof ReadableStream) {
    await sendStream(req, res, body);
  } else if (body instanceof Blob) {
    if (body.type !== '' && !res.get('Content-Type')) res.set('Content-Type', body.type);
    res.send(Buffer.from(await body.arrayBuffer()));
  } else {
    const bytes = bytesOf(body);
    if (bytes === undefined) res.json(body);
    else res.send(bytes);
  }
}

/**
 * @param {any} req
 * @param {any} res
 * @param {Readable | ReadableStream} body
 */
async function sendStream(req, res, body) {
  const stream =
    body instanceof Readable ? body : Readable.fromWeb(/** @type {any} */ (body), { objectMode: false });
  if (!res.get('Content-Type')) res.type('application/octet-stream');
  if (req.method === 'HEAD' || res.statusCode === 204 || res.statusCode === 304) {
    stream.destroy();
    res.end();
    return;
  }
  // A stream may take its time until its first chunk; the client knows by then what it will get.
  res.flushHeaders();
  try {
    await pipeline(stream, res);
  } catch (error) {
    // Nobody is to be told that the client has gone.
    if (/** @type {any} */ (error)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** @param {unknown} [options] */
function healthRoute(options) {
  const { pool = defaultPool() } = healthOptions(options);
  return (/** @type {any} */ req, /** @type {any} */ res) => sendPage(req, res, healthPage(pool));
}

/** @param {unknown} [options] */
function metricsRoute(options) {
  const { pool = defaultPool(), ...given } = metricsOptions(options);
  return (/** @type {any} */ req, /** @type {any} */ res) => sendPage(req, res, metricsPage(pool, given));
}

/**
 * With what Node has, so that it also works in a server without Express.
 *
 * @param {import('node:http').IncomingMessage} req
 * @param {import('node:http').ServerResponse} res
 * @param {import('./routes').Page} page
 */
function sendPage(req, res, { status, type, text }) {
  res.statusCode = status;
  res.setHeader('Content-Type', type);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(req.method === 'HEAD' ? undefined : text);
}

module.exports = { healthRoute, metricsRoute, offload };
