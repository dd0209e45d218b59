'use strict';

/**
 * What a generator handler yields, as a response whose body is a stream.
 *
 * Its first value may be a head, `{ status, headers, body? }`. Text and bytes go out as they are; anything else
 * goes out as lines of JSON. A generator that yields nothing answers with what it returns.
 */

const { Readable } = require('node:stream');
const { answerOf, bytesOf, headerOf, isAnswer } = require('./answer');
const { configError } = require('../errors');

/** @typedef {import('./answer').Answer} Answer */

const LINES = 'application/x-ndjson';

/**
 * @param {AsyncIterableIterator<any>} values
 * @returns {Promise<Answer>}
 */
async function openChunks(values) {
  const first = await values.next();
  if (first.done) return answerOf(first.value);
  if (!isAnswer(first.value)) return withBody({ status: undefined, headers: [], body: first.value }, values);
  const head = answerOf(first.value);
  // A head that says what follows goes out at once: what follows may take its time.
  if (head.body !== undefined || headerOf(head, 'content-type') !== undefined) return withBody(head, values);
  const second = await values.next();
  return second.done ? head : withBody({ ...head, body: second.value }, values);
}

/**
 * @param {Answer} head whose body is the first chunk, if it is there yet
 * @param {AsyncIterableIterator<any>} values
 * @returns {Answer}
 */
function withBody(head, values) {
  const given = headerOf(head, 'content-type');
  const type = given ?? typeOf(head.body);
  const asLines = /\b(x-)?(ndjson|jsonl|jsonlines)\b/.test(type);
  // What cannot be written shows here, while there is still an error to answer with.
  const begun = head.body === undefined ? [] : [written(head.body, asLines)];
  const body = Readable.from(write(begun, values, asLines), { objectMode: false });
  if (given !== undefined) return { ...head, body };
  return { ...head, headers: [...head.headers, ['content-type', type]], body };
}

/** @param {unknown} chunk */
function typeOf(chunk) {
  if (typeof chunk === 'string') return 'text/plain; charset=utf-8';
  return bytesOf(chunk) === undefined ? LINES : 'application/octet-stream';
}

/**
 * @param {Array<string | Buffer>} begun
 * @param {AsyncIterableIterator<any>} values
 * @param {boolean} asLines
 */
async function* write(begun, values, asLines) {
  yield* begun;
  for await (const value of values) {
    const chunk = written(value, asLines);
    if (chunk.length > 0) yield chunk;
  }
}

/**
 * @param {any} value
 * @param {boolean} asLines
 * @returns {string | Buffer}
 */
function written(value, asLines) {
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes;
  if (asLines) return `${JSON.stringify(value) ?? 'null'}\n`;
  if (typeof value === 'string') return value;
  throw configError('chunk', `text or bytes, as the content type is not ${LINES}`, value);
}

module.exports = { openChunks };
