'use strict';

/** What a task can know of itself and say of itself: `current()` and `reportProgress()`. */

const { inspect } = require('node:util');
const { CancelledError, TimeoutError, configError } = require('../errors');
const { PRIORITIES } = require('../options');
const { presentTask } = require('./present');

/** @typedef {import('./task').Task} Task */

/** `Date.now()` has whole milliseconds; the timeout strikes between them. */
const ROUNDING = 2;

/** What a task was given that was given none. */
const NO_METADATA = Object.freeze({});

class TaskContext {
  #task;
  #controller = new AbortController();
  #info;
  #deadline;

  /** @param {Task} task */
  constructor(task) {
    this.#task = task;
    /** @type {{ name: string, priority: number, attempt: number, timeout: number | null, elapsed: number }} */
    this.#info = JSON.parse(task.attendant.describe(task));
    const { timeout, elapsed } = this.#info;
    this.#deadline = timeout === null ? null : Date.now() - elapsed + timeout;
  }

  get id() {
    return this.#task.id;
  }

  get name() {
    return this.#info.name;
  }

  get attempt() {
    return this.#info.attempt;
  }

  get priority() {
    return PRIORITIES[this.#info.priority];
  }

  get metadata() {
    return this.#task.metadata ?? NO_METADATA;
  }

  /** When the time allowed is over, as `Date.now()` counts; `null` where there is no limit. */
  get deadline() {
    return this.#deadline;
  }

  get signal() {
    this.#look();
    return this.#controller.signal;
  }

  get cancelled() {
    return this.#look();
  }

  // Not methods: `const { reportProgress, throwIfCancelled } = current()` is to work.
  throwIfCancelled = () => {
    if (this.#look()) throw this.#controller.signal.reason;
  };

  /**
   * @param {number} fraction
   * @param {unknown} [detail]
   */
  reportProgress = (fraction, detail) => {
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction <= 1)) {
      throw configError('fraction', 'a number from 0 to 1', fraction);
    }
    this.#task.attendant.progress.report(this.#task, fraction, detail);
  };

  /** Asks the shared word, so that the answer is right also in a synchronous loop. */
  #look() {
    const task = this.#task;
    if (!task.cancelled) task.attendant.look();
    if (task.cancelled) this.abort();
    return task.cancelled;
  }

  /** The task has been cancelled: whoever listens is told. */
  abort() {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(this.#reason());
  }

  /** A worker is told that a task is to end, not why: a clock knows whether it is late. */
  #reason() {
    const { timeout } = this.#info;
    if (timeout !== null && Date.now() >= Number(this.#deadline) - ROUNDING) {
      const message = `The task \`${this.name}\` ran longer than its timeout of ${timeout} ms`;
      return new TimeoutError(message, { phase: 'run', timeout });
    }
    return new CancelledError(`The task \`${this.name}\` was cancelled`);
  }

  /**
   * What `console.log` shows.
   *
   * @param {number} depth
   * @param {import('node:util').InspectOptions & { stylize(text: string, styleType: 'special'): string }} options
   */
  [inspect.custom](depth, options) {
    if (depth < 0) return options.stylize('[TaskContext]', 'special');
    const { id, name, attempt, priority, metadata, deadline, cancelled } = this;
    const shown = { id, name, attempt, priority, metadata, deadline, cancelled };
    return `TaskContext ${inspect(shown, options)}`;
  }
}

/** The context of the task on whose behalf the code runs; `undefined` outside of tasks. */
function current() {
  const task = presentTask();
  if (task === undefined) return undefined;
  return (task.context ??= new TaskContext(task));
}

/**
 * Tells how far the task is; elsewhere it does nothing.
 *
 * @param {number} fraction
 * @param {unknown} [detail]
 */
function reportProgress(fraction, detail) {
  current()?.reportProgress(fraction, detail);
}

exports.TaskContext = TaskContext;
exports.current = current;
exports.reportProgress = reportProgress;
