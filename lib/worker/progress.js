'use strict';

/**
 * Progress on its way to the submitter: the newest value of each task, at most every few milliseconds,
 * the last one always, and always ahead of the outcome.
 */

const binding = require('../native');
const { performance, setTimeout } = require('../clock');
const { Encoder } = require('../codec');

/** Milliseconds between two reports of one task. */
const PAUSE = 10;

/** @typedef {import('./task').Task} Task */

class Progress {
  #isolate;
  #encoder = new Encoder();
  /** What has been reported and not been sent. @type {Map<Task, { fraction: number, detail: unknown }>} */
  #held = new Map();
  /** @type {NodeJS.Timeout | undefined} */
  // eslint-disable-next-line no-unused-private-class-members -- `??=` reads it
  #timer = undefined;

  /** @param {number} isolate */
  constructor(isolate) {
    this.#isolate = isolate;
  }

  /**
   * @param {Task} task
   * @param {number} fraction
   * @param {unknown} detail
   */
  report(task, fraction, detail) {
    const now = performance.now();
    if (now - task.progressSent >= PAUSE) {
      task.progressSent = now;
      this.#held.delete(task);
      this.#send(task, fraction, detail);
      return;
    }
    this.#held.set(task, { fraction, detail });
    this.#timer ??= setTimeout(() => this.#sendHeld(), PAUSE).unref();
  }

  #sendHeld() {
    this.#timer = undefined;
    for (const task of [...this.#held.keys()]) this.settle(task);
  }

  /**
   * Sends what is held of a task, because it has ended or its pause is over.
   *
   * @param {Task} task
   */
  settle(task) {
    const held = this.#held.get(task);
    if (held === undefined) return;
    this.#held.delete(task);
    task.progressSent = performance.now();
    try {
      this.#send(task, held.fraction, held.detail);
    } catch (error) {
      // The task has gone on since: the place where it could have been thrown is past.
      process.emitWarning(`The detail of a progress report was refused: ${error}`, 'TaskletsWarning');
    }
  }

  /**
   * @param {Task} task
   * @param {number} fraction
   * @param {unknown} detail
   */
  #send(task, fraction, detail) {
    const encoder = this.#encoder;
    encoder.position = 0;
    encoder.writeValue(detail, { root: 'detail' });
    binding.progress(this.#isolate, task.owner, task.id, fraction, encoder.bytes, encoder.position);
  }
}

module.exports = { Progress };
