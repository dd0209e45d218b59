'use strict';

/**
 * A task that is a generator: its values go to its owner as they come, and no faster than they are taken.
 *
 * So many values, or so many bytes of them, may be on their way; then the generator is not asked for more
 * until the owner says how many it has taken. While it waits for that, its place in the worker is free. When
 * nobody wants more, or the task is cancelled, the generator is ended as a loop would end it that is left
 * early: its `finally` blocks run.
 */

const { InvalidTaskError, describe } = require('../errors');
const { MOST_BYTES, WINDOW } = require('../frames').FLOW;
const { callFor } = require('./present');

/** @typedef {import('./task').Task} Task */

class Speaker {
  #task;
  /** The sizes of the values on their way. @type {number[]} */
  #sizes = [];
  #bytes = 0;
  #taken = 0;
  #stopped = false;
  /** @type {(() => void) | undefined} */
  #resume = undefined;

  /** @param {Task} task */
  constructor(task) {
    this.#task = task;
  }

  /**
   * Sends what a generator yields; gives what it returns.
   *
   * @param {unknown} given what the task's function has given
   */
  async run(given) {
    const { next, iterator, isAsync } = open(await given);
    for (;;) {
      if (this.#stopped) {
        await this.#close(iterator);
        return undefined;
      }
      let step = callFor(this.#task, next, iterator, []);
      if (isAsync) step = await step;
      const { done, value } = step;
      if (done) return value;
      await this.#send(iterator, isThenable(value) ? await value : value);
    }
  }

  /**
   * @param {any} iterator
   * @param {unknown} value
   * @returns {Promise<unknown> | undefined} what to wait for
   */
  #send(iterator, value) {
    const task = this.#task;
    let size;
    try {
      size = task.attendant.yielded(task, value);
    } catch (error) {
      // What cannot be sent ends the generator, as what a loop's body throws would.
      return this.#fail(iterator, error);
    }
    this.#sizes.push(size);
    this.#bytes += size;
    // At once, whatever the generator does next: it may well block until the value has been seen.
    task.attendant.hurry(!this.#hasRoom());
    // With that, word of values taken may have come, or that no more are wanted.
    if (this.#hasRoom() || this.#stopped) return undefined;
    const credit = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      this.#resume = resolve;
    });
    task.attendant.adopt(task, credit);
    return credit;
  }

  #hasRoom() {
    return this.#sizes.length < WINDOW && this.#bytes < MOST_BYTES;
  }

  /**
   * @param {any} iterator
   * @param {unknown} error
   */
  async #fail(iterator, error) {
    try {
      await this.#close(iterator);
    } catch {
      // The first error is the one that counts, as in a loop.
    }
    throw error;
  }

  /** @param {any} iterator */
  #close(iterator) {
    const end = iterator.return;
    return end === undefined || end === null ? undefined : callFor(this.#task, end, iterator, []);
  }

  /** @param {number} taken how many values the owner has taken in all; -1: it wants no more */
  answer(taken) {
    if (taken < 0) {
      this.stop();
      return;
    }
    const count = taken - this.#taken;
    if (count <= 0) return;
    this.#taken = taken;
    for (const size of this.#sizes.splice(0, count)) this.#bytes -= size;
    if (this.#hasRoom()) this.#go();
  }

  /** Nobody wants more. */
  stop() {
    this.#stopped = true;
    this.#go();
  }

  #go() {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}

/** @param {any} value */
function isThenable(value) {
  return value !== null && typeof value === 'object' && typeof value.then === 'function';
}

/**
 * How what a function has given is iterated.
 *
 * @param {any} given
 */
function open(given) {
  const isObject = given !== null && typeof given === 'object';
  const begin = isObject ? (given[Symbol.asyncIterator] ?? given[Symbol.iterator]) : undefined;
  if (typeof begin !== 'function') {
    throw new InvalidTaskError(
      `Expected the task of \`stream\` to be a generator function, got a function that gives ${describe(given)}; ` +
        'give a source as well, as in `stream(task, items)`, or use `run`',
    );
  }
  const iterator = Reflect.apply(begin, given, []);
  return { next: iterator.next, iterator, isAsync: typeof given[Symbol.asyncIterator] === 'function' };
}

/**
 * Begins a task whose values go out one by one.
 *
 * @param {Task} task
 * @param {unknown[]} args
 */
function speak(task, args) {
  const { fn, thisValue } = task.callable;
  task.speaker = new Speaker(task);
  // It may have been cancelled while its module was loaded.
  if (task.cancelled) task.speaker.stop();
  return task.speaker.run(callFor(task, fn, thisValue, args));
}

exports.Speaker = Speaker;
exports.speak = speak;
