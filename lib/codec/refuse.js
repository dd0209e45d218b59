'use strict';

const { SerializationError, className, describe } = require('../errors');
const { DOMException, structuredClone } = require('./realm');

// How a value is refused: with the path to it, what it is, and a way out.

const MAX_PATH = 1000;
const NAME = /^[A-Za-z_$][\w$]*$/;

/**
 * Where we are in a Map (keys and values by turns) or a Set. One for the whole collection: `at` moves.
 *
 * @typedef {{ list: unknown[], isMap: boolean, at: number }} Entry
 */

/**
 * One step from a container to what is in it: the key of a property, the index of an element, the
 * place in a collection.
 *
 * @typedef {string | number | Entry} Step
 */

/**
 * @param {Step} step
 * @returns {string}
 */
function stepText(step) {
  if (typeof step === 'number') return `[${step}]`;
  if (typeof step === 'object') return entryText(step);
  return NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** @param {Entry} entry */
function entryText({ list, isMap, at }) {
  if (!isMap) return `.values()[${at}]`;
  if (at % 2 === 0) return `.keys()[${at / 2}]`;
  const key = list[at - 1];
  if (typeof key === 'number') return `.get(${key})`;
  if (typeof key === 'string') return `.get(${JSON.stringify(key)})`;
  return `.values()[${(at - 1) / 2}]`;
}

/**
 * Steps as they are now.
 *
 * @param {Step[]} steps
 * @returns {Step[]}
 */
function keepSteps(steps) {
  return steps.map((step) => (typeof step === 'object' ? { ...step } : step));
}

/**
 * @param {string} root
 * @param {Step[]} steps
 * @returns {string}
 */
function pathText(root, steps) {
  let text = root;
  for (const step of steps) {
    // What stands for an instance on its way back: `lib/capture/returning.js`.
    if (step === 'tasklets$body') continue;
    if (step === 'tasklets$properties' || step === 'tasklets$privates') break;
    text += stepText(step);
    // A list linked 100 000 times has a path that nobody reads.
    if (text.length > MAX_PATH) return `${text.slice(0, MAX_PATH)}…`;
  }
  return text;
}

/**
 * What is refused by kind, and the way out that fits.
 *
 * @param {unknown} value
 * @returns {string}
 */
function advice(value) {
  switch (typeof value) {
    case 'function':
      return 'Let the task refer to it as a free variable, or pass the data it needs';
    case 'symbol':
      return 'Pass a string instead';
    default:
  }
  switch (className(/** @type {object} */ (value))) {
    case 'Promise':
      return 'Await it first';
    case 'MessagePort':
    case 'ReadableStream':
    case 'WritableStream':
    case 'TransformStream':
    case 'FileHandle':
      return 'List it in `transfer`';
    default:
      return 'Pass plain data, or make it inside the task';
  }
}

/**
 * What `structuredClone` throws for a value that it refuses at once. The value must not be one
 * that it would take apart: its getters have been read already.
 *
 * @param {unknown} value
 * @param {string} path
 * @returns {unknown}
 */
function cloneError(value, path) {
  try {
    structuredClone(value);
  } catch (error) {
    return error;
  }
  return dataCloneError(`${path} could not be cloned.`);
}

/** @param {string} message */
function dataCloneError(message) {
  return new DOMException(message, 'DataCloneError');
}

/**
 * @param {string} path
 * @param {string} what
 * @param {string} way the way out, a sentence
 * @param {unknown} cause
 */
function refusal(path, what, way, cause) {
  return new SerializationError(`Cannot copy \`${path}\` to another thread: ${what}. ${way}.`, {
    path,
    cause,
  });
}

/**
 * @param {unknown} value
 * @param {string} path
 * @param {unknown} [cause]
 */
function refuseValue(value, path, cause = cloneError(value, path)) {
  return refusal(path, `it is ${describe(value)}`, advice(value), cause);
}

/**
 * More than fits into a message.
 *
 * @param {string} root
 * @param {unknown} cause
 */
function refuseLarge(root, cause) {
  return refusal(
    root,
    'besides its large buffers it takes more than 2 GiB',
    'Give parts of it to several tasks, or put it into a SharedArrayBuffer or a file',
    cause,
  );
}

/**
 * A getter, a proxy trap or a hook that threw while the value was read.
 *
 * @param {string} path
 * @param {unknown} thrown
 */
function refuseUnreadable(path, thrown) {
  let text = 'something';
  try {
    text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : describe(thrown);
  } catch {
    // An error whose message cannot be read: it is the cause of ours all the same.
  }
  return refusal(
    path,
    `reading it threw ${text.slice(0, 200)}`,
    'Pass a value that can be read without errors',
    thrown,
  );
}

module.exports = {
  cloneError,
  dataCloneError,
  keepSteps,
  pathText,
  refusal,
  refuseLarge,
  refuseUnreadable,
  refuseValue,
};
