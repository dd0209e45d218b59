'use strict';

/**
 * What a task calls, and with what, out of its payload: results of other tasks and metadata ahead, if it has them,
 * then captured values, then arguments.
 */

const { Decoder } = require('../codec');
const { FORM } = require('../frames');
const { AHEAD, HAS_INPUTS } = require('./forms');

/** @typedef {import('./task').Task} Task */

/**
 * What is not among the bytes: the parts of a task's parcel, and the way to its large contents.
 *
 * @typedef {{ section: unknown[], args: unknown[], inputs?: unknown[][] }} Parcel
 * @typedef {(number: number, length: number) => ArrayBuffer | null} Detach
 */

/** @type {Parcel} */
const NO_PARCEL = Object.freeze({ section: [], args: [] });

class Payloads {
  #tasks;
  #decoder = new Decoder();

  /** @param {InstanceType<typeof import('./tasks').Tasks>} tasks */
  constructor(tasks) {
    this.#tasks = tasks;
  }

  /**
   * Finds the function of a task, whose module has been loaded if it is of one. Its arguments are to be read next.
   *
   * @param {Task} task
   * @param {Uint8Array} bytes
   * @param {DataView} view of the same
   * @param {number} start
   * @param {Parcel | undefined} parcel
   */
  open(task, bytes, view, start, parcel) {
    const { form, definition } = task;
    let body = start;
    let section = null;
    if (form & AHEAD) body = this.#readAhead(task, bytes, view, body, parcel);
    if (form & FORM.SECTION) {
      const length = view.getUint32(body, true);
      section = bytes.subarray(body + 4, body + 4 + length);
      body += 4 + length;
    }
    task.callable =
      form & FORM.MODULE
        ? this.#tasks.loaded(definition)
        : this.#tasks.revive(definition, section, parcel === undefined ? null : parcel.section);
    this.#decoder.reset(bytes, body);
  }

  /**
   * The arguments of the task that was opened last.
   *
   * @param {Task} task
   * @param {{ extras?: unknown[], detach: Detach }} context
   * @returns {any[]}
   */
  readArgs(task, context) {
    return task.callable.args ?? this.#decoder.readArgs(context);
  }

  /**
   * @param {Task} task
   * @param {Uint8Array} bytes
   * @param {DataView} view
   * @param {number} start
   * @param {Parcel | undefined} parcel
   * @returns {number} where that ends
   */
  #readAhead(task, bytes, view, start, parcel) {
    const decoder = this.#decoder;
    let at = start;
    const next = (/** @type {any} */ context) => {
      decoder.reset(bytes, at + 4);
      at += 4 + view.getUint32(at, true);
      return decoder.readValue(context);
    };
    if (task.form & HAS_INPUTS) {
      const count = view.getUint32(at, true);
      at += 4;
      task.inputs = [];
      for (let i = 0; i < count; i++) task.inputs.push(next({ extras: parcel?.inputs?.[i] ?? [] }));
    }
    if (task.form & FORM.METADATA) task.metadata = next(undefined);
    return at;
  }
}

exports.NO_PARCEL = NO_PARCEL;
exports.Payloads = Payloads;
