'use strict';

/** A task under way in a worker, which has claimed it. */

/**
 * What a task asks of the worker that it is in.
 *
 * @typedef {object} Attending
 * @property {(task: Task) => string} describe what there is to know of it, as JSON
 * @property {() => void} look finds out who has been cancelled
 * @property {{ report(task: Task, fraction: number, detail: unknown): void }} progress
 * @property {(task: Task, child: Promise<unknown>) => void} adopt it has submitted another one, or waits for credit
 * @property {(task: Task, value: unknown) => number} yielded it has yielded a value: so many bytes
 * @property {(isStalled: boolean) => void} hurry sends what has been yielded
 */

/** @type {unknown[]} */
const NO_INPUTS = [];

class Task {
  /**
   * @param {Attending} attendant
   * @param {number} id
   * @param {number} owner the isolate that submitted it
   * @param {number} form
   * @param {number} definition
   */
  constructor(attendant, id, owner, form, definition) {
    this.attendant = attendant;
    this.id = id;
    this.owner = owner;
    this.form = form;
    this.definition = definition;
    /** What it calls. @type {any} */
    this.callable = undefined;
    this.cancelled = false;
    /** Whether it has limits of its own. */
    this.limited = false;
    /** Whether its function has given a promise that is not settled. */
    this.awaits = false;
    /** Tasks that it has submitted and that are not settled. */
    this.children = 0;
    /** When progress of it was sent last. */
    this.progressSent = 0;
    /** @type {import('./context').TaskContext | undefined} */
    this.context = undefined;
    /** @type {unknown} */
    this.metadata = undefined;
    /** Results of other tasks, which come before its arguments. @type {unknown[]} */
    this.inputs = NO_INPUTS;
    /** @type {import('./speaker').Speaker | undefined} */
    this.speaker = undefined;
  }
}

exports.NO_INPUTS = NO_INPUTS;
exports.Task = Task;
