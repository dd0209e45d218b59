'use strict';

/** What is known about a task when it fails, and the errors that the library itself makes for it. */

const { CancelledError, TaskletsError, decorate } = require('./errors');
const { placeText, withoutOurs } = require('./places');

/**
 * @template T
 * @typedef {import('./handle').TaskHandle<T>} TaskHandle
 */
/** @typedef {import('./usages').Usage} Usage */

/** What a task took that never ran. @type {Usage} */
const NO_USAGE = Object.freeze({ queueTime: 0, runTime: 0, cpuTime: 0, attempts: 0, worker: -1 });

/**
 * An error of the library's own has no place in the user's code but the one that submitted the task.
 *
 * @template {Error} T
 * @param {T} error
 * @param {TaskHandle<any>} handle
 * @returns {T}
 */
function libraryStack(error, handle) {
  const place = placeText(handle.place);
  const head = `${error.name}: ${error.message}`;
  error.stack = place === '' ? head : `${head}\n${place}`;
  return error;
}

/**
 * Makes an error whose stack is replaced anyway: taking one costs more than all else about it.
 *
 * @template {Error} T
 * @param {() => T} make
 * @returns {T}
 */
function withoutStack(make) {
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}

/**
 * What the scheduler says of a task, whose name it does not know, as a sentence.
 *
 * @param {string} message
 * @param {string} name
 */
function told(message, name) {
  const text = message.replace('the task', () => `the task \`${name}\``);
  return text[0].toUpperCase() + text.slice(1);
}

/**
 * What a reason says in a message, whatever it is.
 *
 * @param {unknown} reason
 */
function textOf(reason) {
  if (typeof reason === 'string') return reason;
  try {
    return reason instanceof Error ? String(reason.message) : '';
  } catch {
    // A hostile one is the cause all the same.
    return '';
  }
}

/**
 * @param {TaskHandle<any>} handle
 * @param {unknown} reason
 * @param {Usage} [usage] what it had taken
 */
function cancelled(handle, reason, usage = NO_USAGE) {
  const text = textOf(reason);
  const message = `The task \`${handle.name}\` was cancelled${text === '' ? '' : `: ${text}`}`;
  const details = reason === undefined ? {} : { cause: reason };
  const error = libraryStack(
    withoutStack(() => new CancelledError(message, details)),
    handle,
  );
  return decorate(error, factsOf(handle, usage, error));
}

/**
 * What has been cancelled before it began is not done, also where there is nothing to do.
 *
 * @param {AbortSignal | undefined} signal
 * @param {string} verb
 */
function refuseAborted(signal, verb) {
  if (signal?.aborted !== true) return;
  const text = textOf(signal.reason);
  const message = `The ${verb} was cancelled${text === '' ? '' : `: ${text}`}`;
  throw new CancelledError(message, { cause: signal.reason });
}

/**
 * What kept a task from being submitted, with what is known about the task. An error of the library's own was made
 * on the spot: its stack leads to the user's call through lines that are nobody's business.
 *
 * @param {TaskHandle<any>} handle
 * @param {unknown} error
 */
function refused(handle, error) {
  if (error instanceof TaskletsError) {
    if (placeText(handle.place) !== '') libraryStack(error, handle);
    else error.stack = withoutOurs(String(error.stack));
  }
  return decorate(error, factsOf(handle, NO_USAGE, error));
}

/**
 * @param {TaskHandle<any>} handle
 * @param {Usage} usage
 * @param {any} error
 */
function factsOf(handle, usage, error) {
  let stack;
  try {
    stack = typeof error?.stack === 'string' ? error.stack : undefined;
  } catch {
    // A hostile error: it is passed on as it is, without a trace of ours.
  }
  const { metadata } = handle;
  return {
    taskId: handle.id,
    taskName: handle.name,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    workerThread: usage.worker < 0 ? undefined : usage.worker,
    duration: usage.runTime,
    attempts: usage.attempts,
    stackTrace: stack === undefined ? undefined : traceOf(stack, handle),
    nativeTrace: null,
  };
}

/**
 * The stack of the task, followed by the place that submitted it, where that is known.
 *
 * @param {string} stack
 * @param {TaskHandle<any>} handle
 */
function traceOf(stack, handle) {
  const place = placeText(handle.place);
  return place === '' || stack.endsWith(place) ? stack : `${stack}\n    --- submitted at ---\n${place}`;
}

module.exports = { NO_USAGE, cancelled, factsOf, libraryStack, refuseAborted, refused, told };
