'use strict';

/**
 * The calling thread as a worker: it revives a task's function from its bytes, calls it with copies of its arguments,
 * and writes what comes of it as bytes again, all as a worker does.
 */

const { fetcher } = require('../attached-content');
const { Decoder, Encoder } = require('../codec');
const { FORM, KIND } = require('../frames');
const { begin, isThenable } = require('../worker/begin');
const { Payloads } = require('../worker/payloads');
const { writeResult, writeThrown, writeYielded } = require('../worker/results');
const { Task } = require('../worker/task');
const { Tasks } = require('../worker/tasks');
const { copyOf } = require('./entries');
const { letterOf } = require('./letters');

/**
 * @typedef {import('./scheduler').Entry} Entry
 * @typedef {import('../worker/payloads').Parcel} Parcel
 * @typedef {{ form: number, body: Uint8Array, failed: boolean, injected?: { error: unknown } }} Outcome
 */

class InlineWorker {
  #engine;
  #ended;
  #tasks = new Tasks();
  #payloads = new Payloads(this.#tasks);
  /** The value that was yielded last. @type {{ run: Task, body: Uint8Array, kind: number } | undefined} */
  #yielded = undefined;

  /**
   * @param {import('./engine').InlineEngine} engine
   * @param {(entry: Entry, run: Task, outcome: Outcome) => void} ended
   */
  constructor(engine, ended) {
    this.#engine = engine;
    this.#ended = ended;
  }

  /**
   * Begins a task. One that is synchronous has ended when this returns.
   *
   * @param {Entry} entry
   * @param {Parcel | undefined} parcel a copy of what bytes cannot carry
   */
  run(entry, parcel) {
    const run = new Task(this, entry.id, this.#engine.isolate.id, entry.form, entry.definition);
    entry.run = run;
    Object.assign(run, { entry });
    try {
      const module = entry.form & FORM.MODULE ? this.#tasks.module(entry.definition) : undefined;
      const result =
        module instanceof Promise
          ? module.then(() => this.#call(entry, run, parcel))
          : this.#call(entry, run, parcel);
      if (!isThenable(result)) {
        this.#fulfilled(entry, run, result);
        return;
      }
      run.awaits = true;
      Promise.resolve(result).then(
        (value) => this.#fulfilled(entry, run, value),
        (error) => this.#rejected(entry, run, error),
      );
    } catch (error) {
      this.#rejected(entry, run, error);
    }
  }

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {Parcel | undefined} parcel
   */
  #call({ id, inputs, payload }, run, parcel) {
    const decoder = new Decoder();
    run.inputs = inputs.map((body, index) => {
      decoder.reset(body, 0);
      return decoder.readValue({ extras: parcel?.inputs?.[index] ?? [] });
    });
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    this.#payloads.open(run, payload, view, 0, parcel);
    const detach = fetcher(() => id, false);
    return begin(run, this.#payloads.readArgs(run, { extras: parcel?.args ?? [], detach }));
  }

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {unknown} value
   */
  #fulfilled(entry, run, value) {
    const encoder = new Encoder();
    let form = 0;
    try {
      if (typeof value === 'object' && value !== null)
        form = writeResult(encoder, run, value, this.#tasks, this.#post);
      else encoder.writeValue(value);
    } catch (error) {
      this.#rejected(entry, run, error);
      return;
    }
    this.#end(entry, run, { form, body: copyOf(encoder.bytes, 0, encoder.position), failed: false });
  }

  /** @type {import('../worker/results').Post} */
  #post = ({ id: of }, id, content, transfer) => {
    const isolate = this.#engine.isolate.id;
    const copy = structuredClone(content, { transfer });
    this.#engine.parcels.deliver({ id, of, isolate, content: copy, transfer: [] });
  };

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {unknown} error
   */
  #rejected(entry, run, error) {
    const encoder = new Encoder();
    writeThrown(encoder, error, this.#tasks);
    this.#end(entry, run, { form: 0, body: copyOf(encoder.bytes, 0, encoder.position), failed: true });
  }

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {Outcome} outcome
   */
  #end(entry, run, outcome) {
    run.awaits = false;
    if (run.callable !== undefined) this.#tasks.finish(run.callable);
    this.#ended(entry, run, outcome);
  }

  get engine() {
    return this.#engine;
  }

  // What `current()`, `reportProgress()` and generators ask of the worker that they are in.

  /** @param {Task} run */
  describe(run) {
    const { handle, attempt, submitted } = entryOf(run);
    const { name, options } = handle;
    const timeout = handle.timeout > 0 && Number.isFinite(handle.timeout) ? handle.timeout : null;
    const elapsed = timeout === null ? performance.now() - submitted : performance.now() - entryOf(run).begun;
    return JSON.stringify({ name, priority: options.priority, attempt, timeout, elapsed });
  }

  /** Whoever is cancelled has been told already: there is one thread. */
  look() {}

  get progress() {
    return this;
  }

  /**
   * @param {Task} run
   * @param {number} fraction
   * @param {unknown} detail
   */
  report(run, fraction, detail) {
    const { id } = run;
    const encoder = new Encoder();
    encoder.writeValue(detail, { root: 'detail' });
    const body = copyOf(encoder.bytes, 0, encoder.position);
    if (entryOf(run).run === run)
      this.#engine.obey(KIND.PROGRESS, id, letterOf({ id, queue: fraction }, body));
  }

  /**
   * A task has submitted another one: while it awaits that, others may begin.
   *
   * @param {Task} run
   * @param {Promise<unknown>} child
   */
  adopt(run, child) {
    run.children++;
    const settled = () => run.children--;
    child.then(settled, settled);
  }

  /**
   * @param {Task} run
   * @param {unknown} value
   * @returns {number} how many bytes it takes
   */
  yielded(run, value) {
    const encoder = new Encoder();
    const form = writeYielded(
      encoder,
      run,
      value,
      this.#tasks,
      () => this.#engine.isolate.nextId(),
      this.#post,
    );
    const body = copyOf(encoder.bytes, 0, encoder.position);
    this.#yielded = { run, body, kind: KIND.YIELDED | (form << 8) };
    return body.length;
  }

  /**
   * The value that was yielded last is handed over.
   *
   * @param {boolean} isStalled there is no more before some has been taken
   */
  hurry(isStalled) {
    if (this.#yielded === undefined) return;
    const { run, body, kind } = this.#yielded;
    this.#yielded = undefined;
    if (entryOf(run).run !== run) return;
    const letter = letterOf({ id: run.id, attempt: Number(isStalled) }, body, kind);
    this.#engine.obey(KIND.YIELDED, run.id, letter);
  }
}

/**
 * @param {Task} run
 * @returns {Entry}
 */
function entryOf(run) {
  return /** @type {any} */ (run).entry;
}

exports.InlineWorker = InlineWorker;
