'use strict';

// The options of the verbs: checked at the face, trusted inside. One function per verb takes what the user gave and
// returns it complete, with every default; or throws a `ConfigError`.

const {
  callback,
  check,
  durationOrInfinity,
  fromOneToInfinity,
  fromOneUp,
  truth,
} = require('./options/checks');
const { optionsIn, readGroup, table } = require('./options/group');
const { RETRY, noRetrySettings } = require('./options/retry');
const {
  DEFAULTS,
  GENERATOR,
  GRAPH,
  ITEM,
  PRIORITIES,
  REPEATABLE,
  RETRIED,
  RUN,
  copy,
  onlyArgs,
  read,
  readBeside,
} = require('./options/task');

/** @typedef {import('./options/task').RunOptions} RunOptions */

/**
 * @param {unknown} options
 * @param {RunOptions} [base] what holds unless `options` says otherwise
 * @returns {RunOptions}
 */
function runOptions(options, base = DEFAULTS) {
  return read(options, RUN, base, '');
}

/**
 * The options beside a task in a list, `{ task, ...RunOptions }`.
 *
 * @param {unknown} item
 * @param {RunOptions} base what holds for all of the list
 * @param {number} index
 * @returns {RunOptions}
 */
function itemOptions(item, base, index) {
  return read(item, ITEM, base, index);
}

/**
 * @param {unknown} options
 * @param {RunOptions} [base]
 */
function wrapOptions(options, base = DEFAULTS) {
  return read(options, REPEATABLE, base, '');
}

/**
 * The options of a task of a graph, for one run.
 *
 * @param {RunOptions} base
 * @param {string} name its name there
 * @param {readonly any[]} handles of those that it depends on
 * @returns {RunOptions}
 */
function inGraph(base, name, handles) {
  const given = copy(base);
  given.plain = false;
  given.name ??= name;
  given.dependsOn = handles;
  return given;
}

/**
 * @param {unknown} options
 * @param {RunOptions} [base]
 */
function graphOptions(options, base = DEFAULTS) {
  return read(options, GRAPH, base, '');
}

/**
 * @param {unknown} options
 * @param {RunOptions} [base]
 */
function generatorOptions(options, base = DEFAULTS) {
  return read(options, GENERATOR, base, '');
}

const RUN_ALL = table({ failFast: truth });

/**
 * @param {unknown} options
 * @param {RunOptions} [base]
 */
function runAllOptions(options, base = DEFAULTS) {
  return readBeside(options, REPEATABLE, RUN_ALL, { failFast: true }, base);
}

const MAP = table({
  chunkSize: check(
    "'auto' or an integer from 1 up",
    (value) => value === 'auto' || (Number.isSafeInteger(value) && value >= 1),
  ),
  concurrency: fromOneToInfinity,
});

/**
 * @param {unknown} options
 * @param {RunOptions} [base]
 */
function mapOptions(options, base = DEFAULTS) {
  const defaults = {
    chunkSize: /** @type {'auto' | number} */ ('auto'),
    concurrency: /** @type {number | undefined} */ (undefined),
  };
  return readBeside(options, REPEATABLE, MAP, defaults, base);
}

const STREAM = table({ ordered: truth, concurrency: fromOneUp });

/**
 * @param {unknown} options
 * @param {RunOptions} [base]
 */
function streamOptions(options, base = DEFAULTS) {
  const defaults = { ordered: true, concurrency: /** @type {number | undefined} */ (undefined) };
  return readBeside(options, REPEATABLE, STREAM, defaults, base);
}

/**
 * The options of `retry`, where those of the attempts stand beside the others.
 *
 * @param {unknown} options
 * @param {RunOptions} [base]
 * @returns {RunOptions}
 */
function retryOptions(options, base = DEFAULTS) {
  const defaults = base.retry ?? noRetrySettings();
  const { run, ...settings } = readBeside(options, RETRIED, RETRY, defaults, base);
  const given = copy(run);
  given.plain = false;
  given.retry = settings;
  return given;
}

const BATCH = table({ concurrency: fromOneToInfinity, onProgress: callback, stopOnError: truth });

/** @param {unknown} options */
function batchOptions(options) {
  const target = {
    concurrency: /** @type {number | undefined} */ (undefined),
    onProgress: /** @type {Function | undefined} */ (undefined),
    stopOnError: false,
  };
  if (options === undefined) return target;
  return readGroup(optionsIn(options, 'options'), BATCH, target, '');
}

const SHUTDOWN = table({
  timeout: durationOrInfinity,
  cancelPending: truth,
  force: truth,
});

/**
 * Here a `timeout` of 0 is not "none": nothing is waited for.
 *
 * @param {unknown} options
 */
function shutdownOptions(options) {
  const target = { timeout: 30_000, cancelPending: false, force: false };
  if (options === undefined) return target;
  return readGroup(optionsIn(options, 'options'), SHUTDOWN, target, '');
}

exports.DEFAULTS = DEFAULTS;
exports.PRIORITIES = PRIORITIES;
exports.batchOptions = batchOptions;
exports.generatorOptions = generatorOptions;
exports.graphOptions = graphOptions;
exports.inGraph = inGraph;
exports.itemOptions = itemOptions;
exports.mapOptions = mapOptions;
exports.onlyArgs = onlyArgs;
exports.retryOptions = retryOptions;
exports.runAllOptions = runAllOptions;
exports.runOptions = runOptions;
exports.shutdownOptions = shutdownOptions;
exports.streamOptions = streamOptions;
exports.wrapOptions = wrapOptions;
