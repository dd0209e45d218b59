'use strict';

/**
 * What a worker says of its tasks: the frames of its outbox, which go out with the next exchange.
 *
 * As a rule the outbox is memory that the scheduler can read. Then what is *published* can be collected, however
 * long the next task takes, and outlives the worker. A report that does not fit, or whose runtime shows no
 * such memory, stands in memory of the worker's own.
 */

const { Encoder, describeError } = require('../codec');
const { REPORT, WORDS, aligned } = require('../frames');
const { writeResult, writeThrown, writeYielded } = require('./results');

/** @typedef {import('./task').Task} Task */

const BYTES = 64 * 1024;
/** An outbox that had to grow beyond this is given back afterwards. */
const KEEP_BYTES = 4 * 1024 * 1024;
/** In the status of a report: the task has failed; it has yielded a value, and goes on. */
const REJECTED = 1;
const YIELDED = 2;

const { store } = Atomics;

class Reports {
  #tasks;
  #post;
  #nextId;
  #outbox = new Encoder(BYTES);
  /** Shared with the scheduler, where they can be. @type {Int32Array | null} */
  #words = null;
  /** The memory of the outbox that the scheduler can read, where there is any. @type {Uint8Array | null} */
  #shared = null;
  /** Where in the outbox the value stands that was yielded last. */
  #lastYield = 0;

  /**
   * @param {{ readonly id: number, nextId(): number }} isolate
   * @param {InstanceType<typeof import('./tasks').Tasks>} tasks
   * @param {import('node:worker_threads').MessagePort} port takes what bytes cannot carry
   */
  constructor(isolate, tasks, port) {
    this.#tasks = tasks;
    this.#nextId = () => isolate.nextId();
    /** @type {import('./results').Post} */
    this.#post = ({ id: of, owner }, id, content, transfer) =>
      port.postMessage({ id, of, isolate: owner, content, transfer }, transfer);
  }

  /**
   * @param {Int32Array | null} words those that this worker shares with the scheduler, from now on
   * @param {Uint8Array | null} memory
   */
  share(words, memory) {
    this.#words = words;
    if (memory === null) return;
    this.#outbox.writeInto(memory);
    this.#shared = this.#outbox.bytes;
  }

  /** Whether there are any that have not gone out. */
  get areWaiting() {
    return this.#outbox.position > 0;
  }

  /** Whether one is being written at this moment. */
  get isBusy() {
    return this.#outbox.busy;
  }

  get bytes() {
    return this.#outbox.bytes;
  }

  /** What there is goes out: that many bytes. What follows is written over it. */
  take() {
    const { position } = this.#outbox;
    this.#outbox.position = 0;
    return position;
  }

  /** It has gone out. Where it did not fit into the shared memory, what follows does, as a rule. */
  taken() {
    const outbox = this.#outbox;
    if (outbox.bytes === this.#shared) return;
    if (this.#shared !== null) outbox.writeInto(this.#shared);
    else if (outbox.bytes.length > KEEP_BYTES) this.#outbox = new Encoder(BYTES);
  }

  /** @returns {boolean} whether what has been written can be collected from now on */
  publish() {
    const { bytes, position } = this.#outbox;
    if (bytes !== this.#shared) return false;
    store(/** @type {Int32Array} */ (this.#words), WORDS.PUBLISHED, position);
    return true;
  }

  /**
   * A task has a result.
   *
   * @param {Task} task
   * @param {unknown} value
   * @param {number} run how long it ran
   */
  fulfilled(task, value, run) {
    const outbox = this.#outbox;
    const start = outbox.position;
    outbox.ensure(REPORT.HEADER);
    outbox.position = start + REPORT.HEADER;
    let form = 0;
    try {
      if (typeof value === 'object' && value !== null)
        form = writeResult(outbox, task, value, this.#tasks, this.#post);
      else outbox.writeValue(value);
    } catch (error) {
      // A result that cannot be sent fails its task.
      outbox.position = start;
      this.rejected(task, error, run);
      return;
    }
    finish(outbox, start, task.id, form << 8, run, outbox.position - start - REPORT.HEADER, 0);
    if (task.callable !== undefined) this.#tasks.finish(task.callable);
  }

  /**
   * A task has failed. Behind the error there is a note of it, for metrics.
   *
   * @param {Task} task
   * @param {unknown} error
   * @param {number} run how long it ran
   */
  rejected(task, error, run) {
    const outbox = this.#outbox;
    const start = outbox.position;
    outbox.ensure(REPORT.HEADER);
    outbox.position = start + REPORT.HEADER;
    writeThrown(outbox, error, this.#tasks);
    const body = outbox.position - start - REPORT.HEADER;
    const { name, message } = describeError(error);
    const note = Buffer.from(`${name}\0${message}`);
    outbox.ensure(note.length + 8);
    outbox.bytes.set(note, outbox.position);
    outbox.position += note.length;
    finish(outbox, start, task.id, REJECTED, run, body, note.length);
    if (task.callable !== undefined) this.#tasks.finish(task.callable);
  }

  /**
   * A task has yielded a value.
   *
   * @param {Task} task
   * @param {unknown} value
   * @returns {number} how many bytes it takes
   */
  yielded(task, value) {
    const outbox = this.#outbox;
    const start = outbox.position;
    outbox.ensure(REPORT.HEADER + 8);
    const body = start + REPORT.HEADER;
    outbox.position = body;
    let form;
    try {
      form = writeYielded(outbox, task, value, this.#tasks, this.#nextId, this.#post);
    } catch (error) {
      outbox.position = start;
      throw error;
    }
    const length = outbox.position - body;
    finish(outbox, start, task.id, YIELDED | (form << 8), 0, length, 0);
    this.#lastYield = start;
    return length;
  }

  /** After the value that was yielded last there is no more before some has been taken. */
  stall() {
    this.#outbox.bytes[this.#lastYield + REPORT.STATUS + 2] = 1;
  }
}

/**
 * Writes the header of a report.
 *
 * @param {Encoder} outbox
 * @param {number} start
 * @param {number} id
 * @param {number} status
 * @param {number} run
 * @param {number} body
 * @param {number} note
 */
function finish(outbox, start, id, status, run, body, note) {
  outbox.ensure(8);
  outbox.position = aligned(outbox.position);
  const { view } = outbox;
  view.setUint32(start + REPORT.LENGTH, outbox.position - start, true);
  view.setUint32(start + REPORT.STATUS, status, true);
  view.setFloat64(start + REPORT.ID, id, true);
  view.setFloat64(start + REPORT.RUN, run, true);
  view.setUint32(start + REPORT.BODY, body, true);
  view.setUint32(start + REPORT.NOTE, note, true);
}

exports.Reports = Reports;
