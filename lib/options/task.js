'use strict';

// The options of one task.
//
// `run(fn, { args: [35] })` passes here a million times a second. What comes out is always a `RunOptions`: one flat
// object with all fields as own properties, in one order, copied from the options it builds on and then overwritten.
// So the code behind reads fields of one shape (nothing inherited can get in), and an absent `options` is
// one shared frozen object. A look at `args` ahead of the table, and `for in` with `hasOwnProperty`, which V8 knows
// as a pair, make it some 10 to 20 ns; `Object.keys` or `Object.hasOwn` cost more.

const { configError } = require('../errors');
const {
  anything,
  array,
  callback,
  check,
  duration,
  indexIn,
  isObject,
  mayBeEmpty,
  pathOf,
  plainObject,
  positiveTimeLimit,
  refuse,
  signal,
  size,
  text,
  timeLimit,
  truth,
} = require('./checks');
const { optionsIn, readGroup, table, unknownOption } = require('./group');
const { retry } = require('./retry');

const { isArray } = Array;
const { hasOwnProperty } = Object.prototype;

/** @typedef {import('./checks').Where} Where */
/** @typedef {import('./group').Table} Table */
/** @typedef {import('./retry').RetrySettings} RetrySettings */

/**
 * @template [T=unknown]
 * @typedef {import('./checks').Check<T>} Check
 */

/** From the least urgent up; inside, a priority is its place here. */
const PRIORITIES = Object.freeze(['low', 'normal', 'high', 'critical']);

/** @typedef {{ memory: number | undefined, cpuTime: number | undefined }} Limits bytes and milliseconds */

/**
 * What is known of a task's options. Where nothing else is said, `undefined` is "not given".
 *
 * @typedef {object} RunOptions
 * @property {boolean} plain whether nothing but `args` was given
 * @property {readonly unknown[]} args
 * @property {string | undefined} name
 * @property {number | undefined} timeout `0` is none, `undefined` is `config.timeout.default`
 * @property {number | undefined} queueTimeout `undefined` is none
 * @property {number} priority a place in `PRIORITIES`
 * @property {AbortSignal | undefined} signal
 * @property {boolean} cancellable
 * @property {number} grace
 * @property {RetrySettings | undefined} retry
 * @property {readonly any[]} dependsOn handles; names in a graph
 * @property {object | undefined} captures
 * @property {unknown} this
 * @property {readonly any[]} transfer
 * @property {object | undefined} metadata
 * @property {Limits | undefined} limits
 * @property {Function | undefined} onProgress
 * @property {Function | undefined} onComplete
 * @property {Function | undefined} onError
 * @property {Function | undefined} onStart
 */

/**
 * All fields, always in the same order. A literal defines them, so that a setter on a polluted prototype is not asked.
 *
 * @param {RunOptions} base
 * @returns {RunOptions}
 */
function copy(base) {
  return {
    plain: base.plain,
    args: base.args,
    name: base.name,
    timeout: base.timeout,
    queueTimeout: base.queueTimeout,
    priority: base.priority,
    signal: base.signal,
    cancellable: base.cancellable,
    grace: base.grace,
    retry: base.retry,
    dependsOn: base.dependsOn,
    captures: base.captures,
    this: base.this,
    transfer: base.transfer,
    metadata: base.metadata,
    limits: base.limits,
    onProgress: base.onProgress,
    onComplete: base.onComplete,
    onError: base.onError,
    onStart: base.onStart,
  };
}

/** @type {readonly any[]} */
const NOTHING = Object.freeze([]);

/**
 * What holds where no options are given.
 *
 * @type {RunOptions}
 */
const DEFAULTS = Object.freeze(
  copy({
    plain: true,
    args: NOTHING,
    name: undefined,
    timeout: undefined,
    queueTimeout: undefined,
    priority: PRIORITIES.indexOf('normal'),
    signal: undefined,
    cancellable: true,
    grace: 100,
    retry: undefined,
    dependsOn: NOTHING,
    captures: undefined,
    this: undefined,
    transfer: NOTHING,
    metadata: undefined,
    limits: undefined,
    onProgress: undefined,
    onComplete: undefined,
    onError: undefined,
    onStart: undefined,
  }),
);

// ---------------------------------------------------------------------------------------------- tables

const LIMITS = table({ memory: size, cpuTime: positiveTimeLimit });

/** @type {Check<Limits>} */
function limits(value, key, where) {
  const path = pathOf(where, key);
  return readGroup(optionsIn(value, path), LIMITS, { memory: undefined, cpuTime: undefined }, path);
}

/**
 * By what it is like: handles of another copy of the library's realm are as good.
 *
 * @param {unknown} value
 */
function isHandle(value) {
  return isObject(value) && typeof value.then === 'function' && Number.isSafeInteger(value.id);
}

/** @type {Check<readonly unknown[]>} */
function handles(value, key, where) {
  const list = isArray(value) ? value : [value];
  const wrong = list.findIndex((each) => !isHandle(each));
  if (wrong === -1) return list;
  if (list !== value) return refuse('a task handle or an array of them', value, key, where);
  return refuse('a task handle', list[wrong], `${key}[${wrong}]`, where);
}

/** @type {Check<readonly string[]>} */
const names = check(
  'an array of names',
  (value) => isArray(value) && value.every((name) => typeof name === 'string'),
);

const TASK = table({
  name: text,
  timeout: timeLimit,
  queueTimeout: positiveTimeLimit,
  priority: indexIn(PRIORITIES),
  signal,
  cancellable: truth,
  grace: duration,
  captures: plainObject,
  this: anything,
  transfer: array,
  metadata: plainObject,
  limits,
  onProgress: callback,
  onComplete: callback,
  onError: callback,
  onStart: callback,
});

// What each verb takes besides. A task of its own has arguments and dependencies; many tasks over a source, or later
// calls, get their arguments otherwise, and a generator's values cannot be taken back for another attempt.
const GENERATOR = table({ args: array }, TASK);
const REPEATABLE = table({ retry }, TASK);
const RETRIED = table({ args: array, dependsOn: handles }, TASK);
const RUN = table({ args: array, dependsOn: handles }, REPEATABLE);
const ITEM = table({ task: anything }, RUN);
const GRAPH = table({ dependsOn: names }, RUN);

// ---------------------------------------------------------------------------------------------- reading

/**
 * The arguments, where the options of a task are nothing else: a shorter way to the same as `read`.
 *
 * @param {any} options
 * @returns {readonly unknown[] | undefined}
 */
function onlyArgs(options) {
  if (typeof options !== 'object' || options === null) return undefined;
  let args;
  for (const key in options) {
    if (key !== 'args' || !hasOwnProperty.call(options, key)) return undefined;
    args = options.args;
  }
  return isArray(args) ? args : undefined;
}

/**
 * @param {unknown} options
 * @param {Table} known
 * @param {RunOptions} base
 * @param {Where} where
 * @returns {RunOptions}
 */
function read(options, known, base, where) {
  if (options === undefined) return base;
  if (options === null || typeof options !== 'object' || isArray(options)) refuseAll(options, where);
  const given = copy(base);
  let isEmpty = true;
  for (const key in options) {
    if (!hasOwnProperty.call(options, key)) continue;
    isEmpty = false;
    const value = /** @type {Record<string, unknown>} */ (options)[key];
    if (key === 'args' && isArray(value) && known.has(key)) given.args = value;
    else set(given, known, key, value, where);
  }
  if (isEmpty && !mayBeEmpty(options)) refuseAll(options, where);
  if (!given.plain) checkTogether(given, where);
  return given;
}

/**
 * @param {unknown} options
 * @param {Where} where
 * @returns {never}
 */
function refuseAll(options, where) {
  throw configError(typeof where === 'number' ? `tasks[${where}]` : 'options', 'an object', options);
}

/**
 * @param {RunOptions} given
 * @param {Table} known
 * @param {string} key
 * @param {unknown} value
 * @param {Where} where
 */
function set(given, known, key, value, where) {
  const accept = known.get(key);
  if (accept === undefined) throw unknownOption(key, [...known.keys()], value, where);
  // The task stands among the options of an item, but is none.
  if (value === undefined || key === 'task') return;
  given.plain = false;
  /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (given))[key] = accept(value, key, where);
}

/**
 * @param {RunOptions} given
 * @param {Where} where
 */
function checkTogether(given, where) {
  if (given.signal !== undefined && !given.cancellable) {
    refuse('left out, as `cancellable` is `false`', given.signal, 'signal', where);
  }
}

/**
 * Options of tasks with others beside them.
 *
 * @template {object} T
 * @param {unknown} options
 * @param {Table} known
 * @param {Table} others
 * @param {T} defaults
 * @param {RunOptions} [base] what holds of the tasks' own
 * @returns {T & { run: RunOptions }}
 */
function readBeside(options, known, others, defaults, base = DEFAULTS) {
  const target = { run: base, ...defaults };
  if (options === undefined) return target;
  const given = optionsIn(options, 'options');
  const run = copy(base);
  for (const key in given) {
    if (!hasOwnProperty.call(given, key)) continue;
    const value = given[key];
    const other = others.get(key);
    if (other === undefined) {
      if (!known.has(key)) throw unknownOption(key, [...others.keys(), ...known.keys()], value, '');
      set(run, known, key, value, '');
    } else if (value !== undefined) Reflect.set(target, key, other(value, key, ''));
  }
  checkTogether(run, '');
  target.run = run;
  return target;
}

module.exports = {
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
};
