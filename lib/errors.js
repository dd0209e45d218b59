'use strict';

// The library's own error classes: one table, from which the classes are made, from which what
// Rust reports is turned into an error, and by which an error finds its class again after it went
// from one isolate to another.

const { types } = require('node:util');

/**
 * What is known about a task when it fails. Set on errors as properties that do not show up in
 * copies, logs and comparisons of what the user threw.
 *
 * @typedef {object} Facts
 * @property {number} [taskId]
 * @property {string} [taskName]
 * @property {object} [metadata]
 * @property {number} [workerThread]
 * @property {number} [duration]
 * @property {number} [attempts]
 * @property {string} [stackTrace]
 * @property {string | null} [nativeTrace]
 */

/** @type {ReadonlyArray<keyof Facts>} */
const FACTS = Object.freeze([
  'taskId',
  'taskName',
  'metadata',
  'workerThread',
  'duration',
  'attempts',
  'stackTrace',
  'nativeTrace',
]);

/** Longest rendering of a value in a message. */
const MAX_DESCRIPTION = 80;

/** More lines of the library's own than this are on no way from a verb to what it refuses. */
const OWN_LINES = 20;

/** The root of all errors that the library itself makes. */
class TaskletsError extends Error {
  /**
   * @param {string} message
   * @param {{ code?: string, cause?: unknown, [property: string]: unknown }} [details]
   */
  constructor(message, details = {}) {
    const entry = entryOf(new.target);
    const limit = Error.stackTraceLimit;
    const isAtFace = entry.isAtFace === true && limit > 0;
    if (isAtFace) Reflect.set(Error, 'stackTraceLimit', limit + OWN_LINES);
    super(message, Object.hasOwn(details, 'cause') ? { cause: details.cause } : undefined);
    if (isAtFace) {
      Reflect.set(Error, 'stackTraceLimit', limit);
      require('./places').beginAtCall(this, limit);
    }
    /** @type {string} */
    this.code = details.code ?? entry.codes[0];
    for (const property of entry.properties) {
      if (Object.hasOwn(details, property)) Reflect.set(this, property, details[property]);
    }
  }
}

/**
 * `name` is the class; `shown` is the `name` of its errors where that is another one;
 * `properties` are its own, besides `code` and `cause`. What is refused at the face is the caller's affair: the stack of
 * such an error begins with the call.
 *
 * @typedef {{ name: string, shown?: string, codes: string[], properties: string[], isAtFace?: boolean }} Entry
 */

/** @type {Entry[]} */
const TABLE = [
  { name: 'TaskletsError', codes: ['ERR_TASKLETS'], properties: [] },
  { name: 'TimeoutError', codes: ['ERR_TASKLETS_TIMEOUT'], properties: ['phase', 'timeout'] },
  { name: 'CancelledError', shown: 'AbortError', codes: ['ERR_TASKLETS_CANCELLED'], properties: [] },
  { name: 'QueueFullError', codes: ['ERR_TASKLETS_QUEUE_FULL'], properties: ['limit'] },
  { name: 'ShutdownError', codes: ['ERR_TASKLETS_SHUTDOWN'], properties: [] },
  { name: 'WorkerExitError', codes: ['ERR_TASKLETS_WORKER_EXIT'], properties: ['exitCode'] },
  {
    name: 'ResourceLimitError',
    codes: ['ERR_TASKLETS_MEMORY_LIMIT', 'ERR_TASKLETS_CPU_LIMIT'],
    properties: ['limit', 'used'],
  },
  { name: 'SerializationError', codes: ['ERR_TASKLETS_UNSERIALIZABLE'], properties: ['path'] },
  {
    name: 'CaptureError',
    codes: ['ERR_TASKLETS_CAPTURE'],
    properties: ['variable', 'path', 'location'],
    isAtFace: true,
  },
  {
    name: 'DependencyError',
    codes: ['ERR_TASKLETS_DEPENDENCY', 'ERR_TASKLETS_CYCLE'],
    properties: ['dependency'],
  },
  {
    name: 'InvalidTaskError',
    shown: 'TypeError',
    codes: ['ERR_TASKLETS_INVALID_TASK'],
    properties: [],
    isAtFace: true,
  },
  { name: 'ModuleError', codes: ['ERR_TASKLETS_MODULE'], properties: [] },
  {
    name: 'ConfigError',
    codes: ['ERR_TASKLETS_CONFIG'],
    properties: ['option', 'expected', 'received'],
    isAtFace: true,
  },
];

/** @type {Map<Function, Entry>} */
const entries = new Map();
/** @type {Map<string, typeof TaskletsError>} */
const byCode = new Map();
/** @type {Record<string, typeof TaskletsError>} */
const classes = {};

for (const entry of TABLE) {
  // A class made in a loop has no name of its own: the computed key gives it one.
  const Class =
    entry.name === 'TaskletsError'
      ? TaskletsError
      : { [entry.name]: class extends TaskletsError {} }[entry.name];
  Object.defineProperty(Class.prototype, 'name', {
    value: entry.shown ?? entry.name,
    writable: true,
    configurable: true,
  });
  entries.set(Class, entry);
  classes[entry.name] = Class;
  for (const code of entry.codes) byCode.set(code, Class);
}

/**
 * The row of a class, or of the nearest class above it that has one.
 *
 * @param {Function} Class
 * @returns {Entry}
 */
function entryOf(Class) {
  for (let at = Class; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    const entry = entries.get(at);
    if (entry !== undefined) return entry;
  }
  return TABLE[0];
}

/**
 * The name in the table of an error of this library, `undefined` for any other value.
 *
 * @param {object} error
 * @returns {string | undefined}
 */
function classNameOf(error) {
  if (!(error instanceof TaskletsError)) return undefined;
  for (let at = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const own = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    const entry = entries.get(own);
    if (entry !== undefined) return entry.name;
  }
  return 'TaskletsError';
}

/**
 * Builds the error for what Rust reports. An unknown code gives a plain `TaskletsError` that
 * keeps the code, so that nothing is lost when one side is newer than the other.
 *
 * @param {{ code: string, message: string, [property: string]: unknown }} report
 * @returns {TaskletsError}
 */
function fromNative({ message, ...details }) {
  const Class = byCode.get(details.code) ?? TaskletsError;
  return new Class(message, details);
}

/**
 * Sets what is known about the task on its error. A thrown primitive and a frozen error stay as
 * they are: what the user threw matters more than what we have to add.
 *
 * @template T
 * @param {T} error
 * @param {Facts} facts
 * @returns {T}
 */
function decorate(error, facts) {
  if (error === null || typeof error !== 'object') return error;
  for (const property of FACTS) {
    if (facts[property] === undefined) continue;
    const attributes = {
      value: facts[property],
      writable: true,
      configurable: true,
      enumerable: false,
    };
    // `false` for a frozen error, an exception for a hostile proxy: both mean "leave it alone".
    try {
      // A property of that name that the user has put there is the user's.
      if (Object.prototype.propertyIsEnumerable.call(error, property)) continue;
      Reflect.defineProperty(error, property, attributes);
    } catch {
      return error;
    }
  }
  return error;
}

/** @param {string} text */
function shorten(text) {
  return text.length <= MAX_DESCRIPTION ? text : `${text.slice(0, MAX_DESCRIPTION - 1)}…`;
}

/**
 * The class name of an object as far as it can be read without running foreign code.
 *
 * @param {object} object
 * @returns {string}
 */
function className(object) {
  if (types.isProxy(object)) return 'Proxy';
  try {
    for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
      const own = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
      if (typeof own !== 'function') continue;
      const name = Object.getOwnPropertyDescriptor(own, 'name')?.value;
      if (typeof name === 'string' && name !== '') return name;
    }
  } catch {
    // A proxy among the prototypes, whose traps throw: it is an object, and more cannot be said.
  }
  return 'Object';
}

/**
 * Renders any value shortly and safely for a message: `` `0` (number) ``, `undefined`, `an array of 3`.
 *
 * @param {unknown} value
 * @returns {string}
 */
function describe(value) {
  switch (typeof value) {
    case 'undefined':
      return '`undefined`';
    case 'string':
      // Cut before quoting: a string may be as long as memory allows.
      return `\`${shorten(JSON.stringify(value.slice(0, MAX_DESCRIPTION)))}\` (string)`;
    case 'number':
      return `\`${Object.is(value, -0) ? '-0' : value}\` (number)`;
    case 'bigint':
      // Digits of a huge one take minutes; its size says enough.
      return BigInt.asIntN(256, value) === value ? `\`${value}n\` (bigint)` : 'a huge bigint';
    case 'boolean':
      return `\`${value}\` (boolean)`;
    case 'symbol':
      return `\`${shorten(value.toString())}\` (symbol)`;
    case 'function':
      return describeFunction(value);
    default:
      return value === null ? '`null`' : describeObject(/** @type {object} */ (value));
  }
}

/** @param {Function} fn */
function describeFunction(fn) {
  if (types.isProxy(fn)) return 'a Proxy of a function';
  const name = Object.getOwnPropertyDescriptor(fn, 'name')?.value;
  return typeof name === 'string' && name !== '' ? `the function \`${shorten(name)}\`` : 'a function';
}

/** @param {object} object */
function describeObject(object) {
  if (types.isProxy(object)) return 'a Proxy';
  if (Array.isArray(object)) return `an array of ${object.length}`;
  const name = shorten(className(object));
  if (name === 'Object') return 'an object';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * The one sentence for a wrong option: ``Expected `concurrency` to be an integer from 1 up, got `0` (number)``.
 *
 * @param {string} option dotted path
 * @param {string} expected what it should have been, such as `an integer from 1 up`
 * @param {unknown} received
 * @returns {TaskletsError}
 */
function configError(option, expected, received) {
  const message = `Expected \`${option}\` to be ${expected}, got ${describe(received)}`;
  return new classes.ConfigError(message, { option, expected, received });
}

module.exports = {
  FACTS,
  TaskletsError,
  TimeoutError: classes.TimeoutError,
  CancelledError: classes.CancelledError,
  QueueFullError: classes.QueueFullError,
  ShutdownError: classes.ShutdownError,
  WorkerExitError: classes.WorkerExitError,
  ResourceLimitError: classes.ResourceLimitError,
  SerializationError: classes.SerializationError,
  CaptureError: classes.CaptureError,
  DependencyError: classes.DependencyError,
  InvalidTaskError: classes.InvalidTaskError,
  ModuleError: classes.ModuleError,
  ConfigError: classes.ConfigError,
  classes: Object.freeze(classes),
  classNameOf,
  className,
  configError,
  decorate,
  describe,
  fromNative,
};
