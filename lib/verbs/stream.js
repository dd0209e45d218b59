'use strict';

/**
 * `stream`: results one by one, as they are taken.
 *
 * `stream(task, source, options)` runs one task over a source, `stream(task, { args })` gives what one task
 * yields. Both are iterators that never throw: what is wrong rejects the first `next()`.
 *
 * @typedef {import('../engine').Engine} Engine
 */

const { configError } = require('../errors');
const { generatorOptions, streamOptions } = require('../options');
const { GeneratorStream } = require('./generator-stream');
const { SourceStream } = require('./source-stream');
const { defaultsOf, unwrap } = require('./wrapped');

/**
 * @param {Engine} engine
 * @param {any} given the task
 * @param {any} source or the options of a generator
 * @param {unknown} options
 * @returns {AsyncIterableIterator<any>}
 */
function stream(engine, given, source, options) {
  try {
    const base = defaultsOf(given);
    if (isSource(source)) {
      const { ordered, concurrency, run } = streamOptions(options, base);
      const { task, prepared: known } = unwrap(given, run);
      const prepared = known ?? engine.prepare(task, run);
      const most = concurrency ?? 2 * engine.config.workers.max;
      return new SourceStream({ engine, task, run, prepared, source, isOrdered: ordered, most });
    }
    if (options !== undefined || (source !== undefined && (source === null || typeof source !== 'object'))) {
      throw configError('source', 'an iterable or an async iterable', source);
    }
    const run = generatorOptions(source, base);
    const { task, prepared } = unwrap(given, run);
    return new GeneratorStream(engine, task, run, prepared ?? engine.prepare(task, run));
  } catch (error) {
    return refused(error);
  }
}

/** @param {any} value */
function isSource(value) {
  if (value === null || value === undefined) return false;
  return typeof value[Symbol.asyncIterator] === 'function' || typeof value[Symbol.iterator] === 'function';
}

/**
 * @param {unknown} error
 * @returns {AsyncGenerator<any>}
 */
// eslint-disable-next-line require-yield -- it ends before there is anything to yield
async function* refused(error) {
  throw error;
}

module.exports = { stream };
